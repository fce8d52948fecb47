"""SumUp: the sales report; a row a line item, dates day first (``15.03.23``), headers in the merchant's language.

There is no customer in it. ``Account`` is the merchant's own e-mail, the same in every row: it is never mapped, and
:mod:`config.sources.pos_agreement` refuses a client's file that maps it to a shopper.
"""

from __future__ import annotations

from config.sources.pos_files import PurchaseRule, RefundRule
from connectors.pos_files.presets.preset import Preset

SUMUP = Preset(
    export="SumUp: Reports > Sales report > CSV",
    columns={
        "order_id": "Transaction ID | Transaktionsnummer",
        "entered_at": "Date + Time | Date | Datum + Uhrzeit | Datum",
        "amount": "Price (Gross) | Preis (brutto)",
        "currency": "Currency | Währung",
        "items": "Quantity | Menge",
    },
    purchases=PurchaseRule(column="Type | Typ", values=["Sales", "Sale", "Verkauf"]),
    refunds=RefundRule(
        column="Type | Typ",
        values=["Refund", "Refunds", "Rückerstattung", "Erstattung"],
        order_column="Transaction refunded",
    ),
    rows="line_items",
    amount_of="line",
    date_order="day_first",
    nameless="SumUp's reports hold no customer; the address in Account is the merchant's",
)
