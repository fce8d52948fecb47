"""What a preset is: all that can be known beforehand of one system's export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from config.sources.pos_files import PurchaseRule, RefundRule


@dataclass(frozen=True)
class CustomerExport:
    """How a system's export of customers is joined to its orders; headers as in :class:`Preset`."""

    order_key: str
    key: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Preset:
    """One system's export of orders.

    Headers are written as in a client's file: ``Date + Time`` joins two, and of ``Phone | Billing Phone`` the first
    that is filled counts. Exports vary by plan, year and language, so that only ``order_id``, ``entered_at``,
    ``amount`` and what tells purchases from the rest have to be there.

    Attributes:
        export: where the system writes this file, for advice.
        columns: stage-entry columns (and ``full_name``), and the header of each.
        purchases: which rows are purchases; None where all are.
        refunds: how refunds are written, besides negative amounts.
        rows, amount_of: as in the client's file.
        date_order: where the system always writes dates alike.
        timezone: where the system always writes times in one zone.
        customers: where the orders only number their customers.
        nameless: why its rows name nobody, and what to do, where they never have an e-mail or a phone number.
    """

    export: str
    columns: Mapping[str, str]
    purchases: PurchaseRule | None = None
    refunds: RefundRule | None = None
    rows: Literal["orders", "line_items"] = "orders"
    amount_of: Literal["order", "line"] = "line"
    date_order: Literal["day_first", "month_first", "year_first"] | None = None
    timezone: str | None = None
    customers: CustomerExport | None = None
    nameless: str = ""
