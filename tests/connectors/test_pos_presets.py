"""Each system's export is read by its name, with the traps that it has."""

from __future__ import annotations

from typing import get_args

import pytest

from config.sources.pos_agreement import contradictions
from config.sources.pos_files import Preset
from connectors.pos_files.presets import PRESETS
from connectors.pos_files.values.zone_names import zone_named
from tests.connectors.pos_till import Till

SQUARE = (
    "Date,Time,Time Zone,Gross Sales,Discounts,Service Charges,Net Sales,Gift Card Sales,Tax,Tip,Partial Refunds,"
    "Total Collected,Source,Card,Card Entry Methods,Cash,Fees,Net Total,Transaction ID,Payment ID,Card Brand,"
    "PAN Suffix,Device Name,Staff Name,Staff ID,Details,Description,Event Type,Location,Dining Option,Customer ID,"
    "Customer Name,Customer Reference ID\n"
)
SQUARE_CUSTOMERS = (
    "Reference ID,First Name,Last Name,Email Address,Phone Number,Nickname,Company Name,Street Address 1,"
    "Street Address 2,City,State,Postal Code,Birthday,Memo,Square Customer ID,Creation Source\n"
)
SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Total,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Billing Name,Billing Address1,Billing City,Billing Zip,Billing Province,"
    "Billing Country,Billing Phone,Cancelled at,Refunded Amount,Location,Id,Source,Phone\n"
)
TOAST = (
    "Location Code,Opened Date,Opened Time,Item Description,Server,Tax,Tender,Check Id,Check #,Total,Customer Family,"
    "Table Size,Discount,Reason of Discount,Link,Customer Id,Customer,Customer Phone,Customer Email\n"
)
STRIPE = (
    "id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Status,Customer ID,Customer Email,Card Name,"
    "Card Address Line1,Card Address City,Card Address State,Card Address Country,Card Address Zip\n"
)
SUMUP = (
    "Account,Date,Time,Type,Transaction ID,Receipt Number,Payment Method,Quantity,Description,Currency,Price (Gross),"
    "Price (Net),Tax,Tax rate,Transaction refunded\n"
)


def square(
    order: str,
    *,
    day: str = "2026-10-05",
    hour: str = "14:30:00",
    zone: str = "Eastern Time (US & Canada)",
    total: str = "$70.00",
    event: str = "Payment",
    customer: str = "",
    name: str = "",
) -> str:
    cells = {
        "Date": day,
        "Time": hour,
        "Time Zone": zone,
        "Total Collected": f'"{total}"',
        "Transaction ID": order,
        "Payment ID": f"P-{order}",
        "Event Type": event,
        "Location": "Main Street",
        "Customer ID": customer,
        "Customer Name": name,
    }
    return ",".join(cells.get(header, "") for header in SQUARE.strip().split(",")) + "\n"


def shopify(name: str, **cells: str) -> str:
    return ",".join([name, *(cells.get(header, "") for header in _keys(SHOPIFY)[1:])]) + "\n"


def stripe(payment: str, **cells: str) -> str:
    known = {
        "created_date_(utc)": "2026-07-10 18:37:41",
        "amount": "10.00",
        "currency": "usd",
        "status": "Paid",
    }
    known |= {"captured": "true"} | cells
    return ",".join([payment, *(known.get(header, "") for header in _keys(STRIPE)[1:])]) + "\n"


def _keys(headers: str) -> list[str]:
    return [header.lower().replace(" ", "_") for header in headers.strip().split(",")]


def order(name: str, **cells: str) -> str:
    """The first row of a Shopify order, which alone has the order's own fields."""
    known = {
        "financial_status": "paid",
        "paid_at": "2026-05-01 10:00:00 +0200",
        "created_at": "2026-05-01 09:59:00 +0200",
        "currency": "EUR",
        "total": "65.00",
        "lineitem_quantity": "1",
        "refunded_amount": "0.00",
    }
    return shopify(name, **{**known, **cells})


def test_the_names_that_a_client_may_write_are_those_that_are_known() -> None:
    assert set(get_args(Preset)) == set(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_knows_what_every_till_must_say(name: str) -> None:
    assert {"order_id", "entered_at", "amount"} <= set(PRESETS[name].columns)


@pytest.mark.parametrize("name", PRESETS)
def test_the_settings_know_which_presets_have_line_items_and_customers(name: str) -> None:
    """Two tables, of which the one that judges a client's file must not import the other."""
    amount_of = [one.path for one in contradictions({"preset": name, "amount_of": "line"})]
    customers = [one.path for one in contradictions({"preset": name, "customers": {"path": "x.csv"}})]
    assert (("amount_of",) not in amount_of) == (PRESETS[name].rows == "line_items")
    assert (("customers",) not in customers) == (PRESETS[name].customers is not None)


# Square


def test_square_date_time_and_zone_of_three_columns_are_one_moment(till: Till) -> None:
    till.write(SQUARE + square("A") + square("B", zone="Pacific Time (US & Canada)") + square("C", zone=""))
    result = till.read(preset="square", timezone="America/Chicago", currency="USD")
    assert [time.isoformat() for time in result.column("entered_at")] == [
        "2026-10-05T18:30:00+00:00",
        "2026-10-05T21:30:00+00:00",
        "2026-10-05T19:30:00+00:00",
    ]


def test_square_money_with_signs_and_thousands_is_read(till: Till) -> None:
    till.write(SQUARE + square("A", total="$1,240.00") + square("B", total="$12.50"))
    assert till.read(preset="square", currency="USD").column("amount") == [1240.0, 12.5]


def test_square_refunds_belong_to_the_transaction_that_they_take_back(till: Till) -> None:
    till.write(SQUARE + square("A") + square("A", day="2026-10-09", event="Refund", total="-$45.00"))
    bought, refunded = till.read(preset="square", currency="USD").rows
    assert (bought["stage"], bought["record_id"]) == ("purchase", "A")
    assert (refunded["stage"], refunded["order_id"], refunded["amount"]) == ("refund", "A", -45.0)
    assert refunded["record_id"] != "A"


def test_square_rows_that_are_neither_payment_nor_refund_are_counted_by_name(till: Till) -> None:
    till.write(SQUARE + square("A") + square("B", event="Adjustment"))
    result = till.read(preset="square", currency="USD")
    assert (result.column("order_id"), result.rejects) == (["A"], [])
    assert "orders.csv: 1 row left out as no purchase: 1 Adjustment" in result.notes


def test_square_payments_that_are_not_complete_are_left_out_where_the_file_says_so(till: Till) -> None:
    head = SQUARE.strip() + ",Transaction Status\n"
    rows = square("A").strip() + ",Complete\n" + square("B").strip() + ",Pending\n"
    till.write(head + rows)
    result = till.read(preset="square", currency="USD")
    assert result.column("order_id") == ["A"]
    assert "1 Payment Pending" in result.notes[-1]


def test_square_columns_may_come_in_any_order_and_number(till: Till) -> None:
    till.write(
        "Event Type,Total Collected,Transaction ID,Time Zone,Date,Time\n"
        "Payment,$5.00,A,Eastern Time (US & Canada),10/13/2026,2:30:00 PM\n"
    )
    result = till.read(preset="square", currency="USD")
    assert result.error is None
    assert result.column("entered_at")[0].isoformat() == "2026-10-13T18:30:00+00:00"


def test_square_customers_are_joined_by_their_number(till: Till) -> None:
    till.write(
        SQUARE + square("A", customer="C2", name="Robin Sample") + square("B", customer="C9") + square("C")
    )
    till.write(
        SQUARE_CUSTOMERS
        + ",Quinn,Example,quinn@example.com,+12025550101,,,1 Test St,,Sampleton,NY,10001,,,C1,Import\n"
        + ",Robin,Sample,robin@example.com,'+12025550102,,,,,,,,,,C2,Import\n",
        "customers/may.csv",
    )
    result = till.read(
        preset="square",
        currency="USD",
        pattern="*.csv",
        customers={"path": str(till.folder / "customers/*.csv")},
    )
    assert result.column("email") == ["robin@example.com", None, None]
    assert result.column("phone") == ["+12025550102", None, None]
    assert result.column("last_name") == ["Sample", None, None]


def test_a_customer_who_is_exported_twice_is_taken_as_last_written(till: Till) -> None:
    till.write(SQUARE + square("A", customer="C1"))
    till.write(SQUARE_CUSTOMERS + ",,,old@example.com,,,,,,,,,,,C1,\n", "customers/2026-05.csv")
    till.write(SQUARE_CUSTOMERS + ",,,new@example.com,,,,,,,,,,,C1,\n", "customers/2026-06.csv")
    customers = {"path": str(till.folder / "customers/*.csv")}
    assert till.read(preset="square", currency="USD", pattern="*.csv", customers=customers).column(
        "email"
    ) == ["new@example.com"]


def test_new_customers_reach_the_orders_that_were_read_before_them(till: Till) -> None:
    till.write(SQUARE + square("A", customer="C1"))
    customers = {"path": str(till.folder / "customers/*.csv")}
    till.write(SQUARE_CUSTOMERS, "customers/c.csv")
    first = till.read(preset="square", currency="USD", pattern="*.csv", customers=customers)
    assert first.column("email") == [None]
    assert (
        till.read(first.cursor, preset="square", currency="USD", pattern="*.csv", customers=customers).rows
        == []
    )
    till.write(SQUARE_CUSTOMERS + ",,,quinn@example.com,,,,,,,,,,,C1,\n", "customers/c.csv")
    again = till.read(first.cursor, preset="square", currency="USD", pattern="*.csv", customers=customers)
    assert again.column("email") == ["quinn@example.com"]


def test_customers_that_are_not_there_stop_the_source(till: Till) -> None:
    till.write(SQUARE + square("A"))
    result = till.read(
        preset="square",
        currency="USD",
        pattern="*.csv",
        customers={"path": str(till.folder / "customers/*.csv")},
    )
    assert result.rows == []
    assert "customers" in str(result.error)


def test_square_without_customers_says_that_nobody_can_be_matched(till: Till) -> None:
    till.write(SQUARE + square("A", customer="C1", name="Quinn Example"))
    (_, check) = till.connector(preset="square", currency="USD").check()
    assert check.ok
    assert "0% with e-mail or phone" in check.message
    assert "name it under customers" in check.message


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("Hawaii", "Pacific/Honolulu"),
        ("London", "Europe/London"),
        ("Europe/Paris", "Europe/Paris"),
        ("CST", None),
        ("EST", None),
        ("Middle Earth", None),
        ("../etc/passwd", None),
    ],
)
def test_a_zone_is_known_by_its_name_or_not_at_all(name: str, zone: str | None) -> None:
    assert zone_named(name) == zone


def test_an_unknown_zone_sets_the_row_aside_instead_of_shifting_it(till: Till) -> None:
    till.write(SQUARE + square("A", zone="Middle Earth Time"))
    result = till.read(preset="square", currency="USD")
    assert result.rows == []
    assert "unreadable date" in result.rejects[0].reason


# Shopify


def test_shopify_order_fields_stand_on_the_first_line_item_only(till: Till) -> None:
    till.write(
        SHOPIFY
        + order("#1001", email="quinn@example.com", lineitem_quantity="2")
        + shopify("#1001", lineitem_quantity="3", lineitem_price="9.00")
        + order("#1002", total="20.00")
    )
    result = till.read(preset="shopify")
    assert result.error is None
    assert result.rejects == []
    assert result.column("order_id") == ["#1001", "#1002"]
    assert result.column("amount") == [65.0, 20.0]
    assert result.column("items") == ["5", "1"]
    assert result.column("email") == ["quinn@example.com", None]


def test_shopify_times_have_their_own_offset(till: Till) -> None:
    till.write(SHOPIFY + order("#1001", paid_at="2026-05-01 10:00:00 +0200"))
    result = till.read(preset="shopify", timezone="America/New_York")
    assert result.column("entered_at")[0].isoformat() == "2026-05-01T08:00:00+00:00"


def test_shopify_phones_lose_the_apostrophe_that_a_spreadsheet_needs(till: Till) -> None:
    till.write(SHOPIFY + order("#1001", phone="'+31612345678", billing_zip="'01000"))
    row = till.read(preset="shopify").rows[0]
    assert (row["phone"], row["postal_code"]) == ("+31612345678", "01000")


def test_shopify_billing_phone_is_taken_where_the_order_has_none(till: Till) -> None:
    till.write(
        SHOPIFY
        + order("#1001", billing_phone="'+31612345678")
        + order("#1002", phone="'+31687654321", billing_phone="'+31612345678")
    )
    assert till.read(preset="shopify").column("phone") == ["+31612345678", "+31687654321"]


def test_shopify_orders_that_are_not_paid_are_no_purchases(till: Till) -> None:
    till.write(
        SHOPIFY
        + order("#1001")
        + order("#1002", financial_status="pending", paid_at="")
        + order("#1003", financial_status="voided", paid_at="")
        + shopify("#1003", lineitem_quantity="1")
        + order("#1004", financial_status="pending", paid_at="")
    )
    result = till.read(preset="shopify")
    assert result.column("order_id") == ["#1001"]
    assert result.rejects == []
    assert "orders.csv: 3 rows left out as no purchase: 2 pending, 1 voided" in result.notes


def test_shopify_says_what_was_refunded_so_far_on_the_order_itself(till: Till) -> None:
    till.write(
        SHOPIFY
        + order("#1001", financial_status="partially_refunded", refunded_amount="15.00")
        + order("#1002", financial_status="refunded", refunded_amount="65.00")
    )
    result = till.read(preset="shopify")
    found = [(row["record_id"], row["stage"], row["order_id"], row["amount"]) for row in result.rows]
    assert found == [
        ("#1001", "purchase", "#1001", 65.0),
        ("#1002", "purchase", "#1002", 65.0),
        ("#1001:refunded", "refund", "#1001", -15.0),
        ("#1002:refunded", "refund", "#1002", -65.0),
    ]


def test_shopify_names_and_address_are_those_of_the_bill(till: Till) -> None:
    till.write(SHOPIFY + order("#1001", billing_name="Quinn van den Example", billing_country="NL"))
    row = till.read(preset="shopify").rows[0]
    assert (row["first_name"], row["last_name"], row["country"]) == ("Quinn", "van den Example", "NL")


# Toast


def test_toast_check_ids_of_19_digits_stay_whole(till: Till) -> None:
    till.write(
        TOAST
        + "Main,10/8/26,5:17 PM,Tea,Sam,0.5,Cash,1234567890123456789,12,9.50,,2,0,,,,Quinn Example,2025550101,\n"
        + "Main,10/8/26,5:18 PM,Tea,Sam,0.5,Cash,1234567890123456790,13,9.50,,2,0,,,,,,robin@example.com\n"
    )
    result = till.read(preset="toast", timezone="America/New_York", currency="USD")
    assert result.column("order_id") == ["1234567890123456789", "1234567890123456790"]
    assert result.column("phone") == ["2025550101", None]
    assert result.column("email") == [None, "robin@example.com"]


def test_toast_check_ids_that_a_spreadsheet_rounded_are_refused(till: Till) -> None:
    till.write(TOAST + "Main,10/8/26,5:17 PM,Tea,Sam,0.5,Cash,1.23457E+18,12,9.50,,2,0,,,,,,\n")
    result = till.read(preset="toast")
    assert result.rows == []
    assert "rounded" in result.rejects[0].reason


def test_toast_dates_are_month_first_even_where_no_day_says_so(till: Till) -> None:
    till.write(TOAST + "Main,10/8/26,5:17 PM,Tea,Sam,0.5,Cash,1,12,9.50,,2,0,,,,,,\n")
    result = till.read(preset="toast", timezone="America/New_York")
    assert result.error is None
    assert result.column("entered_at")[0].isoformat() == "2026-10-08T21:17:00+00:00"


# Stripe


def test_stripe_times_are_utc_whatever_the_clients_zone(till: Till) -> None:
    till.write(STRIPE + stripe("ch_1"))
    result = till.read(preset="stripe", client_timezone="America/New_York")
    assert result.column("entered_at")[0].isoformat() == "2026-07-10T18:37:41+00:00"


def test_stripe_currencies_are_in_lower_case(till: Till) -> None:
    till.write(STRIPE + stripe("ch_1", currency="usd") + stripe("ch_2", currency="eur"))
    assert till.read(preset="stripe").column("currency") == ["USD", "EUR"]


def test_stripe_amounts_with_a_decimal_comma_are_read(till: Till) -> None:
    till.write(STRIPE + stripe("ch_1", amount='"399,00"', amount_refunded='"0,00"'))
    result = till.read(preset="stripe")
    assert (result.column("amount"), result.column("stage")) == ([399.0], ["purchase"])


def test_stripe_payments_that_failed_or_were_never_captured_are_no_purchases(till: Till) -> None:
    till.write(
        STRIPE
        + stripe("ch_1")
        + stripe("ch_2", status="Failed", captured="false")
        + stripe("ch_3", captured="false")
        + stripe("ch_4", status="requires_payment_method", captured="")
    )
    result = till.read(preset="stripe")
    assert result.column("order_id") == ["ch_1"]
    assert "3 rows left out as no purchase" in result.notes[-1]


@pytest.mark.parametrize("true", ["TRUE", "WAHR", "VRAI", "VERDADERO"])
def test_stripe_payments_count_in_the_language_of_the_spreadsheet_that_saved_them(
    till: Till, true: str
) -> None:
    till.write(STRIPE + stripe("ch_1", captured=true))
    assert till.read(preset="stripe").column("order_id") == ["ch_1"]


def test_stripe_refunds_stand_on_the_payment_and_grow(till: Till) -> None:
    till.write(STRIPE + stripe("ch_1", amount_refunded="3.00"))
    first = till.read(preset="stripe")
    till.write(STRIPE + stripe("ch_1", amount_refunded="10.00", status="Refunded"))
    second = till.read(first.cursor, preset="stripe")
    assert [(row["record_id"], row["amount"]) for row in first.rows] == [
        ("ch_1", 10.0),
        ("ch_1:refunded", -3.0),
    ]
    assert [(row["record_id"], row["amount"]) for row in second.rows] == [
        ("ch_1", 10.0),
        ("ch_1:refunded", -10.0),
    ]


def test_stripe_exports_without_the_refunds_say_so(till: Till) -> None:
    till.write("id,Created (UTC),Amount,Currency,Status\nch_1,2026-07-10 18:37,10.00,usd,Paid\n")
    result = till.read(preset="stripe")
    assert result.column("order_id") == ["ch_1"]
    assert any('files without the header "Amount Refunded"' in note for note in result.notes)


# SumUp


def test_sumup_lines_of_one_transaction_are_one_purchase(till: Till) -> None:
    till.write(
        SUMUP
        + "owner@shop.example,15.03.23,11:53,Sales,TD4K,S1,Cash,2,Tea,CHF,7.00,7.00,0.00,0%,\n"
        + "owner@shop.example,15.03.23,11:53,Sales,TD4K,S1,Cash,1,Cake,CHF,4.50,4.50,0.00,0%,\n"
        + "owner@shop.example,02.04.23,09:00,Sales,TD4L,S2,Card,1,Tea,CHF,3.50,3.50,0.00,0%,\n"
    )
    result = till.read(preset="sumup", timezone="Europe/Zurich")
    assert result.column("order_id") == ["TD4K", "TD4L"]
    assert result.column("amount") == [11.5, 3.5]
    assert result.column("items") == ["3", "1"]
    assert result.column("currency") == ["CHF", "CHF"]
    assert [time.isoformat() for time in result.column("entered_at")] == [
        "2023-03-15T10:53:00+00:00",
        "2023-04-02T07:00:00+00:00",
    ]


def test_sumup_account_is_the_merchants_own_address_and_never_read(till: Till) -> None:
    till.write(SUMUP + "owner@shop.example,15.03.23,11:53,Sales,TD4K,S1,Cash,2,Tea,CHF,7.00,7.00,0.00,0%,\n")
    row = till.read(preset="sumup").rows[0]
    assert "owner@shop.example" not in row.values()


def test_sumup_refunds_point_at_the_transaction_that_was_refunded(till: Till) -> None:
    till.write(
        SUMUP
        + "owner@shop.example,15.03.23,11:53,Sales,TD4K,S1,Cash,2,Tea,CHF,7.00,7.00,0.00,0%,\n"
        + "owner@shop.example,16.03.23,09:00,Refund,TD9Z,S3,Cash,2,Tea,CHF,7.00,7.00,0.00,0%,TD4K\n"
    )
    bought, refunded = till.read(preset="sumup").rows
    assert (bought["order_id"], bought["amount"]) == ("TD4K", 7.0)
    assert (refunded["stage"], refunded["order_id"], refunded["amount"]) == ("refund", "TD4K", -7.0)


def test_sumup_writes_its_headers_in_the_merchants_language(till: Till) -> None:
    till.write(
        "Konto;Datum;Typ;Transaktionsnummer;Menge;Beschreibung;Währung;Preis (brutto)\n"
        'owner@shop.example;"15.03.2023, 11:53";Verkauf;TD4K;2;Tee;CHF;7.00\n'
    )
    result = till.read(preset="sumup", timezone="Europe/Zurich")
    assert result.column("entered_at")[0].isoformat() == "2023-03-15T10:53:00+00:00"


# What all presets have in common


def test_a_header_of_the_clients_own_wins_over_the_presets(till: Till) -> None:
    till.write(STRIPE.strip() + ",Order (metadata)\n" + stripe("ch_1").strip() + ",T-17\n")
    result = till.read(columns={"order_id": "Order (metadata)"}, preset="stripe")
    assert result.column("order_id") == ["T-17"]


def test_another_systems_file_is_refused_with_all_that_is_missing_and_where_to_export_it(till: Till) -> None:
    till.write("Transaction,Date,Net Sales\nA,2026-10-05,5\n")
    result = till.read(preset="square")
    assert result.error is not None
    assert str(result.error) == (
        'orders.csv: preset square, order_id: no header "Transaction ID"; closest: "Transaction"; '
        'preset square, entered_at: no header "Date + Time + Time Zone" or "Date + Time"; closest: "Date"; '
        'preset square, amount: no header "Total Collected" or "Collected"; '
        'preset square, purchases: no header "Event Type + Transaction Status" or "Event Type"; '
        'closest: "Transaction"; headers there: "Transaction", "Date", "Net Sales"'
    )
    assert "Transactions CSV" in result.error.advice
