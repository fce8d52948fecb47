"""Square: Dashboard > Transactions > Export > Transactions CSV; a row a payment or refund.

It has a customer's number and name but neither e-mail nor phone: those stand in the export of the customer directory
(Customers > Export). Money is written ``"$1,240.00"`` and ``-$45.00``; the time zone has a column of its own, under
its name in Rails (``Eastern Time (US & Canada)``). Columns come and go from year to year.

A refund's row has the transaction that it takes back, as a refund of Square's API does
(https://developer.squareup.com/reference/square/objects/Refund).
"""

from __future__ import annotations

from config.sources.pos_files import PurchaseRule, RefundRule
from connectors.pos_files.presets.preset import CustomerExport, Preset

SQUARE = Preset(
    export="Square Dashboard: Transactions > Export > Transactions CSV",
    columns={
        "order_id": "Transaction ID",
        "entered_at": "Date + Time + Time Zone | Date + Time",
        "amount": "Total Collected | Collected",
        "full_name": "Customer Name",
        "store": "Location",
    },
    # Files of recent years also say whether a transaction is complete.
    purchases=PurchaseRule(
        column="Event Type + Transaction Status | Event Type",
        values=["Payment", "Payment Complete", "Payment Completed"],
    ),
    refunds=RefundRule(column="Event Type", values=["Refund"]),
    customers=CustomerExport(
        order_key="Customer ID",
        key="Square Customer ID",
        columns={
            "email": "Email Address",
            "phone": "Phone Number",
            "first_name": "First Name",
            "last_name": "Last Name | Surname",
            "date_of_birth": "Birthday",
            "street": "Street Address 1",
            "city": "City",
            "state": "State",
            "postal_code": "Postal Code",
        },
    ),
    nameless="Square's transactions have neither: export the customer directory too, and name it under customers",
)
