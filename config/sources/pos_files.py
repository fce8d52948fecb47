"""Settings of a till's exports: where the files lie, and which header feeds which column."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from config.types import Column, Currency, FilePath, Settings, StageName, Text, TimeZone


class RefundRule(Settings):
    """How the till marks a refund, besides a negative amount."""

    column: Annotated[Text, Field(description="the header of the column that marks refunds")]
    values: Annotated[list[str], Field(min_length=1, description="the values that mean refund, at least one")]


REQUIRED_POS_COLUMNS = ("order_id", "entered_at", "amount")


def _required_columns(columns: dict[str, str]) -> dict[str, str]:
    missing = [name for name in REQUIRED_POS_COLUMNS if name not in columns]
    if missing:
        raise ValueError(
            f"headers for order_id, entered_at and amount at least; missing: {', '.join(missing)}"
        )
    return columns


class PosFilesSettings(Settings):
    """Exports of a till: CSV or TSV files matched by a glob."""

    kind: ClassVar[Literal["crm", "pos"]] = "pos"
    system: ClassVar[str] = "POS"

    type: Literal["pos_files"]
    path: Annotated[FilePath, Field(description="files to read, such as data/pos/*.csv")]
    columns: Annotated[
        dict[Column, Text],
        AfterValidator(_required_columns),
        Field(description="stage-entry columns and the header of the column that holds each"),
    ]
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
    refunds: RefundRule | None = None
    batch_rows: Annotated[
        int, Field(ge=1, le=1_000_000, description="a whole number from 1 to 1,000,000")
    ] = 20_000

    def stage_names(self) -> set[str]:
        """Funnel stages that this source can yield."""
        return {self.stage}

    def mapped_columns(self) -> set[str]:
        """Stage-entry columns that the client's file fills from fields of its own."""
        return set(self.columns)
