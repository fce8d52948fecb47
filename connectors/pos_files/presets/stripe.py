"""Stripe: Payments > Export; a row a payment, times in UTC as their header says, currencies in lower case.

``Amount`` stays what was paid; ``Amount Refunded`` says how much was given back, so far. Payments that failed, or that
were authorised and never captured, are in the file too.
"""

from __future__ import annotations

from config.sources.pos_files import PurchaseRule, RefundRule
from connectors.pos_files.presets.preset import Preset

_PAID = ("Paid", "Succeeded", "Refunded", "Partially refunded", "Partial refund")

# A spreadsheet that saves the file says it in its own language.
_TRUE = ("true", "wahr", "vrai", "vero", "verdadero", "verdadeiro", "waar")

STRIPE = Preset(
    export="Stripe Dashboard: Payments > Export, all columns",
    columns={
        "order_id": "id",
        "entered_at": "Created date (UTC) | Created (UTC)",
        "amount": "Amount",
        "currency": "Currency",
        "email": "Customer Email",
        "phone": "Customer Phone",
        "full_name": "Card Name",
        "street": "Card Address Line1",
        "city": "Card Address City",
        "state": "Card Address State",
        "postal_code": "Card Address Zip",
        "country": "Card Address Country",
    },
    purchases=PurchaseRule(
        column="Status + Captured | Status",
        values=[*_PAID, *(f"{status} {true}" for status in _PAID for true in _TRUE)],
    ),
    refunds=RefundRule(amount_column="Amount Refunded"),
    timezone="UTC",
)
