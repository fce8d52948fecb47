"""A till's settings: presets fill in what is left out, and what contradicts them is named where it is written."""

from __future__ import annotations

import pytest

from config import json_schema, load_client
from config.sources import PosFilesSettings
from tests.config.conftest import Folder

COLUMNS = "columns: {order_id: Ticket, entered_at: Date, amount: Total, email: Email}"


def shops(folder: Folder) -> PosFilesSettings:
    settings = load_client(folder.client).settings.sources["shops"]
    assert isinstance(settings, PosFilesSettings)
    return settings


def test_a_preset_needs_no_columns(acme: Folder) -> None:
    assert shops(acme.edit((COLUMNS, "preset: shopify"))).columns == {}


def test_a_preset_may_have_columns_beside_it(acme: Folder) -> None:
    settings = shops(
        acme.edit((COLUMNS, "preset: stripe\n    columns: {order_id: Order, full_name: Cardholder}"))
    )
    assert settings.preset == "stripe"
    assert settings.mapped_columns() == {"order_id", "first_name", "last_name"}


def test_a_second_export_of_customers_is_found_beside_the_clients_file(acme: Folder) -> None:
    acme.edit((COLUMNS, "preset: square\n    customers: {path: data/customers*.csv}"))
    customers = shops(acme).customers
    assert customers is not None
    assert customers.path == acme.path / "data/customers*.csv"


@pytest.mark.parametrize(
    ("new", "key", "words"),
    [
        (
            "preset: squar",
            "preset",
            "square, shopify, toast, stripe or sumup, got 'squar'; did you mean square?",
        ),
        (
            "stage: purchase",
            "columns",
            "or a preset that knows them; missing: order_id, entered_at, amount",
        ),
        (f"{COLUMNS}\n    refunds: {{column: Type}}", "refunds", "both column and values, or neither"),
        (f"{COLUMNS}\n    refunds: {{values: [Refund]}}", "refunds", "both column and values, or neither"),
        (f"{COLUMNS}\n    refunds: {{}}", "refunds", "column and values, order_column or amount_column"),
        (f"{COLUMNS}\n    refunds: {{colum: Type}}", "refunds.colum", "did you mean column?"),
        (f"{COLUMNS}\n    refunds: {{column: Type, values: []}}", "refunds.values", "at least one"),
        (f"{COLUMNS}\n    purchases: {{column: State}}", "purchases.values", "at least one, got nothing"),
        (
            f"{COLUMNS}\n    rows: lines",
            "rows",
            "orders or line_items, got 'lines'; did you mean line_items?",
        ),
        (f"{COLUMNS}\n    amount_of: line", "amount_of", "rows: line_items beside it"),
        ("preset: toast\n    amount_of: order", "amount_of", "rows: line_items beside it"),
        ("preset: stripe\n    timezone: Europe/Paris", "timezone", "UTC or nothing: stripe writes UTC"),
        ("preset: sumup\n    columns: {email: Account}", "columns.email", "the merchant's own address"),
        ("preset: sumup\n    columns: {email: Konto}", "columns.email", "the merchant's own address"),
        (
            f"{COLUMNS}\n    customers: {{path: c.csv, key: Id}}",
            "customers",
            "which only preset: square knows by itself; missing: order_key, columns",
        ),
        (
            "preset: square\n    customers: {path: c.csv, columns: {amount: Total}}",
            "customers.columns.amount",
            "a column of the person",
        ),
        ("preset: square\n    customers: {key: Id}", "customers.path", "files of customers to read"),
        ("preset: square\n    columns: {fullname: Name}", "columns.fullname", "did you mean full_name?"),
    ],
)
def test_a_mistake_is_named_where_it_is_written(acme: Folder, new: str, key: str, words: str) -> None:
    problems = {one.key: str(one) for one in acme.edit((COLUMNS, new)).problems()}
    assert words in problems[f"sources.shops.{key}"]
    assert len(problems) == 1


@pytest.mark.parametrize(
    "new",
    [
        "preset: sumup\n    amount_of: line",
        "preset: sumup\n    columns: {email: Receipt e-mail}",
        "preset: stripe\n    timezone: UTC",
        "preset: stripe\n    timezone: Europe/Paris\n    columns: {entered_at: Created (Europe/Paris)}",
        "preset: toast\n    rows: line_items\n    amount_of: line",
        f"{COLUMNS}\n    refunds: {{amount_column: Refunded}}",
        f"{COLUMNS}\n    refunds: {{order_column: Original}}",
        f"{COLUMNS}\n    rows: line_items\n    amount_of: order",
        f"{COLUMNS}\n    customers: {{path: c.csv, order_key: Card, key: Number, columns: {{email: Mail}}}}",
    ],
)
def test_what_fits_together_is_accepted(acme: Folder, new: str) -> None:
    assert shops(acme.edit((COLUMNS, new)))


def test_an_editor_knows_the_columns_of_a_till() -> None:
    text = str(json_schema()["$defs"]["PosFilesSettings"])
    for word in ("full_name", "shopify", "line_items", "meta_lead_id"):
        assert word in text
