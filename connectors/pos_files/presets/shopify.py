"""Shopify: Orders > Export; a row a line item, with the order's own fields on its first row only.

``Total`` stays what it was when something is refunded; ``Refunded Amount`` says how much was, so far. An order counts
once it is paid. Numbers that a spreadsheet could spoil have an apostrophe in front (``'+31612345678``).

Statuses: https://shopify.dev/docs/api/admin-graphql/latest/enums/OrderDisplayFinancialStatus
"""

from __future__ import annotations

from config.sources.pos_files import PurchaseRule, RefundRule
from connectors.pos_files.presets.preset import Preset

SHOPIFY = Preset(
    export="Shopify admin: Orders > Export > Plain CSV file",
    columns={
        # The number in Id is the order's too, but stands on its first row only.
        "order_id": "Name",
        "entered_at": "Paid at | Created at",
        "amount": "Total",
        "currency": "Currency",
        "items": "Lineitem quantity",
        "email": "Email",
        "phone": "Phone | Billing Phone | Shipping Phone",
        "full_name": "Billing Name | Shipping Name",
        "street": "Billing Address1 | Billing Street | Shipping Address1 | Shipping Street",
        "city": "Billing City | Shipping City",
        "state": "Billing Province | Shipping Province",
        "postal_code": "Billing Zip | Shipping Zip",
        "country": "Billing Country | Shipping Country",
        "store": "Location",
    },
    purchases=PurchaseRule(column="Financial Status", values=["paid", "partially_refunded", "refunded"]),
    refunds=RefundRule(amount_column="Refunded Amount"),
    rows="line_items",
    amount_of="order",
)
