"""Audiences as a client's file declares them: who joins, who leaves, for how long, and what platforms call them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from config.types import Country, Settings, StageName, Text, number_if_it_reads_as_one

LONGEST_MEMBERSHIP = 540
"""In days: Google forgets a member of a customer list after so many at the latest."""

AudienceName = Annotated[
    Text, Field(max_length=100, description="the audience's name, as the platform shows it")
]
AudienceId = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{1,20}$",
        description="the numeric id of an audience that is there already; without it one is made",
    ),
]


class LookalikeSettings(Settings):
    """People who are like the members of an audience, whom Meta looks for."""

    name: Annotated[AudienceName | None, Field(description="its name, as Meta shows it")] = None
    countries: Annotated[
        list[Country], Field(min_length=1, description="the countries in which Meta looks for people")
    ]
    ratio: Annotated[
        float,
        Field(
            ge=0.01,
            le=0.2,
            description="the share of the countries' people, from 0.01 (those most alike) to 0.2",
        ),
    ] = 0.01


class MetaAudienceSettings(Settings):
    """The audience at Meta: a custom audience of the ad account."""

    name: AudienceName
    id: AudienceId | None = None
    value_based: Annotated[
        bool, Field(description="true to tell Meta what each member is worth, else false")
    ] = False
    lookalike: LookalikeSettings | None = None


class GoogleAudienceSettings(Settings):
    """The audience at Google: a customer list of the account."""

    name: AudienceName
    id: AudienceId | None = None


class AudienceSettings(Settings):
    """Who belongs to an audience.

    Who entered one of ``stages`` joins, and who entered one of ``leave`` later leaves. ``value`` is that of a
    conversion, and a member's is the sum of it over the entries of the last ``days``.
    """

    stages: Annotated[
        list[StageName], Field(min_length=1, description="at least one funnel stage: who enters it joins")
    ]
    leave: Annotated[
        list[StageName], Field(description="funnel stages: who enters one of them afterwards leaves")
    ] = Field(default_factory=list)
    where: Annotated[
        Text | None,
        Field(description="a condition over the stage entry in SQL syntax, such as amount > 500"),
    ] = None
    days: Annotated[
        int,
        Field(
            ge=1,
            le=3_650,
            description="how many days somebody stays after the newest entry;"
            f" Google takes {LONGEST_MEMBERSHIP} at most",
        ),
    ] = 180
    value: Annotated[
        Annotated[float, Field(ge=0, allow_inf_nan=False)] | Text | None,
        BeforeValidator(number_if_it_reads_as_one),
        Field(
            description="a number from 0 up, a column such as amount, or an expression such as amount * 0.35"
        ),
    ] = None
    min_value: Annotated[
        Annotated[float, Field(ge=0, allow_inf_nan=False)] | None,
        Field(description="a number from 0 up: who is worth less stays out"),
    ] = None
    meta: MetaAudienceSettings | None = None
    google: GoogleAudienceSettings | None = None
