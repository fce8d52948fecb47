"""Toast: CheckDetails.csv of the data exports; a row a check, dates month first (``10/8/26``), times without a zone.

Check ids have 19 digits: a spreadsheet that has opened and saved the file has cut them, and such rows are refused.
Fields: https://doc.toasttab.com/doc/platformguide/adminDataExportFieldReference.html
"""

from __future__ import annotations

from connectors.pos_files.presets.preset import Preset

TOAST = Preset(
    export="Toast Web: Reports > Settings > Data exports, the file CheckDetails.csv",
    columns={
        "order_id": "Check Id",
        "entered_at": "Opened Date + Opened Time | Opened Date/Time | Opened Date",
        "amount": "Total",
        "email": "Customer Email",
        "phone": "Customer Phone",
        "full_name": "Customer",
        "store": "Location Code | Location",
    },
    date_order="month_first",
)
