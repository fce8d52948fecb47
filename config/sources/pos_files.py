"""Settings of a till's exports: where the files lie, and what their rows and columns mean."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from config.columns import EXTRA_PREFIX, MAPPABLE_COLUMNS, PERSON_COLUMNS
from config.sources.base import SourceBase
from config.sources.storage import StorageOptions
from config.types import Currency, FilePath, Settings, StageName, Text, TimeZone, stage_entry_column

FULL_NAME = "full_name"
"""A whole name in one cell: its first word is the first name, the rest the last name; ``Last, First`` is turned."""

Preset = Literal["square", "shopify", "toast", "stripe", "sumup"]
"""Systems whose exports are known: :mod:`connectors.pos_files.presets` has a module for each."""

_MISTAKEN = object()

REQUIRED_POS_COLUMNS = ("order_id", "entered_at", "amount")


def _pos_column(value: str) -> str:
    return value if value == FULL_NAME else stage_entry_column(value)


def _person_column(value: str) -> str:
    if value not in {*PERSON_COLUMNS, FULL_NAME}:
        raise ValueError(f"a column of the person: {', '.join(PERSON_COLUMNS)} or {FULL_NAME}")
    return value


PersonColumn = Annotated[
    str,
    AfterValidator(_person_column),
    WithJsonSchema({"type": "string", "enum": [*PERSON_COLUMNS, FULL_NAME]}),
]
PosColumn = Annotated[
    str,
    AfterValidator(_pos_column),
    WithJsonSchema(
        {
            "type": "string",
            "anyOf": [
                {"enum": [*MAPPABLE_COLUMNS, FULL_NAME]},
                {"pattern": rf"^{re.escape(EXTRA_PREFIX)}."},
            ],
        }
    ),
]
Header = Annotated[
    Text,
    Field(
        description="a header of the file; Date + Time joins the cells of two, and of Mobile | Phone the first that"
        " is filled counts"
    ),
]


class RefundRule(Settings):
    """How the till writes refunds, besides rows with a negative amount."""

    column: Annotated[Header | None, Field(description="the header of the column that marks refunds")] = None
    values: Annotated[
        list[str] | None,
        Field(min_length=1, description="the values of that column that mean refund, at least one"),
    ] = None
    order_column: Annotated[
        Header | None,
        Field(description="the header of the column that names the order which a refund belongs to"),
    ] = None
    amount_column: Annotated[
        Header | None, Field(description="the header of the column with what was refunded of an order so far")
    ] = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.column is None) != (self.values is None):
            raise ValueError(
                "both column and values, or neither: the values that mark a refund, and where they stand"
            )
        if not any((self.column, self.order_column, self.amount_column)):
            raise ValueError("column and values, order_column or amount_column")
        return self


class PurchaseRule(Settings):
    """Which rows are purchases: others, such as unpaid or cancelled orders, are counted and left out."""

    column: Annotated[Header, Field(description="the header of the column with the order's status")]
    values: Annotated[
        list[str], Field(min_length=1, description="the values that mean a purchase, at least one")
    ]


class CustomersSettings(Settings):
    """A second export that knows the customers whom the orders only number."""

    path: Annotated[FilePath, Field(description="files of customers to read, such as data/customers*.csv")]
    order_key: Annotated[
        Header | None, Field(description="the header of the customer's number in the files of orders")
    ] = None
    key: Annotated[
        Header | None, Field(description="the header of the customer's number in the files of customers")
    ] = None
    columns: Annotated[
        dict[PersonColumn, Header],
        Field(description="columns of the person, and the header in the files of customers that holds each"),
    ] = Field(default_factory=dict)


def _required_columns(columns: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    missing = [name for name in REQUIRED_POS_COLUMNS if name not in columns]
    # A preset that is itself a mistake is not judged again here.
    if not missing or info.data.get("preset", _MISTAKEN) is not None:
        return columns
    expected = ValueError(
        "headers for order_id, entered_at and amount at least, or a preset that knows them; "
        f"missing: {', '.join(missing)}"
    )
    # Of pydantic's own type, since the key itself may be missing: a mistake is told at the key that should be there.
    raise PydanticCustomError("missing", "{error}", {"error": expected})


class PosFilesSettings(SourceBase):
    """Exports of a till: files matched by a glob.

    A ``preset`` fills what is left out: ``columns``, ``rows``, ``amount_of``, ``purchases``, ``refunds``, the order of
    day and month. What the client's file says itself wins, column by column.
    """

    kind: ClassVar[Literal["crm", "pos"]] = "pos"
    system: ClassVar[str] = "POS"

    type: Literal["pos_files"]
    path: Annotated[
        FilePath,
        Field(
            description="files to read, such as data/pos/*.csv, s3://bucket/pos/*.csv or sftp://user@host/pos/*"
        ),
    ]
    storage_options: StorageOptions | None = None
    sheet: Annotated[
        Text | None, Field(description="the sheet of a workbook to read; the first that is shown if left out")
    ] = None
    max_unpacked_mb: Annotated[
        int,
        Field(
            ge=1, le=1_000_000, description="how many MB an archive or workbook may unpack to, 1 to 1,000,000"
        ),
    ] = 2_048
    preset: Annotated[
        Preset | None, Field(description="the system that writes the files, where it is known")
    ] = None
    columns: Annotated[
        dict[PosColumn, Header],
        AfterValidator(_required_columns),
        Field(
            description="stage-entry columns and the header of the column that holds each",
            validate_default=True,
        ),
    ] = Field(default_factory=dict)
    rows: Annotated[
        Literal["orders", "line_items"] | None,
        Field(
            description="what a row is: orders (if left out) or line_items, several of which make an order"
        ),
    ] = None
    amount_of: Annotated[
        Literal["order", "line"] | None,
        Field(
            description="what the amount of a line item is: that of the line (if left out; lines are added up), or"
            " that of the order, on its first line or on each"
        ),
    ] = None
    purchases: PurchaseRule | None = None
    refunds: RefundRule | None = None
    customers: CustomersSettings | None = None
    stage: StageName = "purchase"
    timezone: TimeZone | None = None
    currency: Currency | None = None
    delimiter: Annotated[
        Literal[",", ";", "\t", "|"] | None, Field(description="what separates cells; guessed where left out")
    ] = None
    encoding: Annotated[
        Literal["utf-8", "utf-8-sig", "cp1252"] | None, Field(description="guessed where left out")
    ] = None
    decimal: Annotated[
        Literal[".", ","] | None,
        Field(description="the decimal mark of amounts; read from the file where left out"),
    ] = None
    date_order: Annotated[
        Literal["day_first", "month_first", "year_first"] | None,
        Field(description="how dates are written; read from the file where left out"),
    ] = None
    batch_rows: Annotated[
        int, Field(ge=1, le=1_000_000, description="a whole number from 1 to 1,000,000")
    ] = 20_000

    def stage_names(self) -> set[str]:
        """Funnel stages that this source can yield."""
        return {self.stage}

    def mapped_columns(self) -> set[str]:
        """Stage-entry columns that the client's file fills from fields of its own."""
        named = set(self.columns)
        return named - {FULL_NAME} | {"first_name", "last_name"} if FULL_NAME in named else named
