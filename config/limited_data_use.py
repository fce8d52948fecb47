"""Meta's Limited Data Use: for whose events a client asks for it, and where its people live.

https://developers.facebook.com/docs/marketing-apis/data-processing-options
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from config.types import Settings

GEOLOCATION: Final = 0
USA: Final = 1

LIMITED_DATA_USE_STATES = {
    1000: "CA", 1001: "CO", 1002: "CT", 1003: "FL", 1004: "OR", 1005: "TX", 1006: "MT", 1007: "DE", 1008: "NE",
    1009: "NH", 1010: "NJ", 1011: "MN", 1012: "MD", 1013: "RI",
}  # fmt: skip
"""The states whose people Meta grants it to, by Meta's code."""

_CODES = (
    f"{GEOLOCATION} for Meta to find out, or Meta's code of a state: "
    + ", ".join(f"{code} {state}" for code, state in LIMITED_DATA_USE_STATES.items())
)  # fmt: skip


def _number(value: Any) -> Any:
    """A code as a number: of a YAML file every scalar comes as text, and a choice of numbers takes none."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


class LimitedDataUseSettings(Settings):
    """Whose events ask Meta to limit its use of the data.

    ``country`` and ``state`` are those of people of whose address the country, or the state within the USA, is not
    known.
    """

    when: Annotated[
        Literal["always", "denied", "denied_or_unspecified"],
        Field(
            description="always, or the ad_personalization that asks for it: denied or denied_or_unspecified"
        ),
    ]
    country: Annotated[
        Literal[0, 1],
        BeforeValidator(_number),
        Field(description="0 for Meta to find out, or 1 for the USA"),
    ] = GEOLOCATION
    state: Annotated[
        Literal[0, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013],
        BeforeValidator(_number),
        Field(description=_CODES),
    ] = GEOLOCATION

    @model_validator(mode="after")
    def _country_and_state_go_together(self) -> Self:
        if (self.country == USA) != (self.state != GEOLOCATION):
            raise ValueError("country 1 together with the code of a state, or neither")
        return self
