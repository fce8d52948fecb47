"""What a source's columns and rows mean: the client's settings, completed by the preset of the system that writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.sources import PosFilesSettings
from config.sources.pos_files import REQUIRED_POS_COLUMNS, PurchaseRule, RefundRule
from connectors.base import SourceContext
from connectors.pos_files.headers import Asked
from connectors.pos_files.presets import PRESETS, CustomerExport, Preset
from connectors.pos_files.values.money import Decimal
from connectors.pos_files.values.times import DateOrder

STATUS = "status"
"""The column of the cells that tell purchases from other rows."""

REFUND_MARK = "refund_mark"
"""The column of the cells that mark a refund."""

REFUNDED_ORDER = "refunded_order"
"""The column of the cells that name the order which a refund belongs to."""

REFUNDED_AMOUNT = "refunded_amount"
"""The column of the cells that say what of an order was refunded so far."""

CUSTOMER = "customer"
"""The column of the cells that number the customer whom another export knows."""

_NOTHING_KNOWN = Preset(export="", columns={})


@dataclass(frozen=True)
class Meaning:
    """How the rows of a source's files are to be understood.

    Attributes:
        asked: the headers that are looked for.
        purchases, refunds: values of :data:`STATUS` and :data:`REFUND_MARK` in lower case; ``purchases`` is None
            where every row is one.
        line_items: whether a row is one of the lines that make an order.
        adds_up: whether the amount of such an order is the sum of its lines' amounts.
        timezone: where a time does not name one itself.
        currency: where an amount does not name one itself.
        customers: how another export is joined; None where none is named.
        advice: what the user can do about a header that is missing.
        nameless: why no row can have an e-mail or a phone number, where that is known beforehand.
    """

    asked: tuple[Asked, ...]
    purchases: tuple[str, ...] | None
    refunds: tuple[str, ...]
    line_items: bool
    adds_up: bool
    stage: str
    decimal: Decimal | None
    date_order: DateOrder | None
    timezone: str
    currency: str | None
    customers: CustomerExport | None
    advice: str
    nameless: str


def meaning_of(settings: PosFilesSettings, context: SourceContext) -> Meaning:
    """The meaning that ``settings`` give; where they say nothing their preset does, and last the client's defaults."""
    preset = PRESETS[settings.preset] if settings.preset else _NOTHING_KNOWN
    purchases = settings.purchases or preset.purchases
    refunds = settings.refunds or preset.refunds
    customers = _customers(settings, preset)
    rows = settings.rows or preset.rows
    amount_of = settings.amount_of or preset.amount_of
    # A column that the client's file maps may hold other times than those that the preset knows.
    zone = None if "entered_at" in settings.columns else preset.timezone
    return Meaning(
        asked=(
            *_columns(settings, preset),
            *_purchases(settings, purchases),
            *_refunds(settings, refunds),
            *_customer(settings, customers),
            *_consent(settings, context),
        ),
        purchases=_folded(purchases.values) if purchases else None,
        refunds=_folded(refunds.values or []) if refunds else (),
        line_items=rows == "line_items",
        adds_up=rows == "line_items" and amount_of == "line",
        stage=settings.stage,
        decimal=settings.decimal,
        date_order=settings.date_order or preset.date_order,
        timezone=zone or settings.timezone or context.timezone,
        currency=settings.currency or context.currency,
        customers=customers,
        advice=_advice(settings, preset),
        nameless="" if customers or _maps_people(settings) else preset.nameless,
    )


def _folded(values: list[str]) -> tuple[str, ...]:
    return tuple(value.strip().lower() for value in values)


def _columns(settings: PosFilesSettings, preset: Preset) -> list[Asked]:
    own = [Asked(f"columns.{column}", column, header) for column, header in settings.columns.items()]
    known = [
        Asked(f"preset {settings.preset}, {column}", column, header, needed=column in REQUIRED_POS_COLUMNS)
        for column, header in preset.columns.items()
        if column not in settings.columns
    ]
    return own + known


def _purchases(settings: PosFilesSettings, rule: PurchaseRule | None) -> list[Asked]:
    if rule is None:
        return []
    own = settings.purchases is not None
    key = "purchases.column" if own else f"preset {settings.preset}, purchases"
    return [Asked(key, STATUS, rule.column)]


def _refunds(settings: PosFilesSettings, rule: RefundRule | None) -> list[Asked]:
    if rule is None:
        return []
    own = settings.refunds is not None
    headers: Mapping[tuple[str, str], str | None] = {
        ("column", REFUND_MARK): rule.column,
        ("order_column", REFUNDED_ORDER): rule.order_column,
        ("amount_column", REFUNDED_AMOUNT): rule.amount_column,
    }
    return [
        Asked(
            f"refunds.{key}" if own else f"preset {settings.preset}, refunds",
            column,
            header,
            needed=own,
            missed=not own and column == REFUNDED_AMOUNT,
        )
        for (key, column), header in headers.items()
        if header is not None
    ]


def _customer(settings: PosFilesSettings, customers: CustomerExport | None) -> list[Asked]:
    if customers is None:
        return []
    own = settings.customers is not None and settings.customers.order_key is not None
    key = "customers.order_key" if own else f"preset {settings.preset}, customers"
    return [Asked(key, CUSTOMER, customers.order_key)]


def _consent(settings: PosFilesSettings, context: SourceContext) -> list[Asked]:
    """The headers of consents that the source does not map itself."""
    return [
        Asked(f"consent.fields.{column}", column, header, needed=context.consent_required, missed=True)
        for column, header in context.consent_fields.items()
        if column not in settings.columns
    ]


def _customers(settings: PosFilesSettings, preset: Preset) -> CustomerExport | None:
    own, known = settings.customers, preset.customers
    if own is None:
        return None
    return CustomerExport(
        order_key=own.order_key or (known.order_key if known else ""),
        key=own.key or (known.key if known else ""),
        columns={**(known.columns if known else {}), **own.columns},
    )


def _maps_people(settings: PosFilesSettings) -> bool:
    return bool({"email", "phone"} & set(settings.columns))


def _advice(settings: PosFilesSettings, preset: Preset) -> str:
    if settings.preset is None:
        return "Name the header as the file writes it."
    return f"Export it anew ({preset.export}), or name the header as the file writes it under columns."
