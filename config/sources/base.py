"""What every source may say of its data, whatever system it is read from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.types import Settings


class SourceBase(Settings):
    """Base of every source's settings."""

    birth_dates: Annotated[
        Literal["day_first", "month_first", "year_first"] | None,
        Field(
            description="how birth dates are written: day_first, month_first or year_first; where left out, dates"
            " that could mean two days are not sent"
        ),
    ] = None
