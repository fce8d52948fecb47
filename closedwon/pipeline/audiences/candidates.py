"""What a batch says of memberships: who may join, as what each platform would know them, and who left or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import polars as pl

from closedwon.ledger.audiences.candidates import CANDIDATES, RELENTING, Candidates
from closedwon.pipeline.audiences.persons import persons_of
from closedwon.pipeline.audiences.rules import AudienceRules
from closedwon.pipeline.judging.consent import read_consent, read_refusals
from closedwon.pipeline.people.people import People
from config.settings import ClientSettings
from uploads.audiences.base import AudienceUploader

_FURTHER_ADDRESSES = r"^more\.(em|email)$"
"""Another address of the person's is a member of its own: to take one out must not take out the other."""


class Nominating:
    """Reads memberships out of the batches of one source.

    Args:
        uploaders: by destination; how each platform's audiences know a person.

    Raises:
        AudienceExpressionError: an expression of the client's audiences cannot be computed.
    """

    def __init__(
        self, settings: ClientSettings, source: str, uploaders: Mapping[str, AudienceUploader]
    ) -> None:
        self._settings = settings
        self._source = source
        self._uploaders = uploaders
        self._rules = AudienceRules(settings)

    def candidates(self, entries: pl.DataFrame, people: People, *, now: datetime) -> Candidates:
        """What identified ``entries`` with their ``kept`` share say of memberships.

        Nobody joins whose consent for ``ad_user_data`` is not granted, or who refused personalised ads: that is what an
        audience is. Who refused anything leaves every audience, by whichever record they were in; their other records
        are kept without what a platform would know them by, until the refusal is taken back.
        """
        refused = read_refusals(entries, self._settings)["refused"]
        whose = persons_of(people, entries, refused, source=self._source)
        refusing = whose.filter("refuses")["person"].drop_nulls().unique()
        consent = read_consent(entries, self._settings)
        read = entries.with_columns(
            consent.get_column(name) for name in ("ad_user_data", "ad_personalization")
        )
        told = read.join(whose, on="event_id", how="left", maintain_order="left").with_columns(
            may_join=(pl.col("ad_user_data") == "granted") & (pl.col("ad_personalization") != "denied"),
            refusing=pl.col("person").is_in(refusing.implode()).fill_null(value=False),
        )
        spoken = self._rules.spoken(told.drop_nulls("person"), now)
        about = told.select("event_id", "person", "refusing", "ad_personalization")
        known = spoken.join(about, on="event_id", how="left", maintain_order="left")
        lanes = [self._lane(destination, known, people) for destination in self._uploaders]
        return Candidates(
            entries=pl.concat([pl.DataFrame(schema=CANDIDATES), *lanes]),
            judged=entries["event_id"],
            refusing=refusing,
            relenting=pl.concat([pl.DataFrame(schema=RELENTING), *self._relenting(told, people)]),
            aliases=whose.drop_nulls(["alias", "person"]).select("alias", "person").unique(),
        )

    def _lane(self, destination: str, known: pl.DataFrame, people: People) -> pl.DataFrame:
        """The candidates for a destination; nobody joins whom its platform could not know."""
        here = [
            name
            for name, audience in self._settings.audiences.items()
            if getattr(audience, destination) is not None
        ]
        rows = known.filter(pl.col("audience").is_in(here))
        named = rows.join(
            self._known_by(destination, rows.filter("joins"), people),
            on="event_id",
            how="left",
            maintain_order="left",
        )
        speaks = pl.col("joins") & ~pl.col("refusing")
        return (
            named.with_columns(
                identifiers=pl.when(speaks).then("identifiers"),
                ad_personalization=pl.when(speaks).then("ad_personalization"),
                destination=pl.lit(destination),
                entered_at=pl.col("entered_at").dt.epoch("us"),
            )
            .filter(~speaks | pl.col("identifiers").is_not_null())
            .select(*CANDIDATES)
        )

    def _relenting(self, told: pl.DataFrame, people: People) -> Iterator[pl.DataFrame]:
        """What each platform knows persons by who take their refusal back, a frame of :data:`RELENTING` each."""
        again = told.filter(
            pl.col("event_id").is_in(people.relenting.implode()), pl.col("may_join"), ~pl.col("refusing")
        ).drop_nulls("person")
        for destination in self._uploaders if again.height else ():
            named = again.join(self._known_by(destination, again, people), on="event_id")
            yield (
                named.drop_nulls("identifiers")
                .unique("person", keep="last", maintain_order=True)
                .select(pl.lit(destination).alias("destination"), *list(RELENTING)[1:])
            )

    def _known_by(self, destination: str, entries: pl.DataFrame, people: People) -> pl.DataFrame:
        """``event_id`` and ``identifiers``: what a destination's platform knows the person of each entry by."""
        uploader = self._uploaders[destination]
        return (
            people.matchable(entries.select("event_id").unique(maintain_order=True), uploader.platform)
            .with_columns(pl.when(pl.lit(value=False)).then(pl.col(_FURTHER_ADDRESSES)).name.keep())
            .select("event_id", identifiers=uploader.identifiers())
        )
