"""One batch of a source: identified, judged for every destination, and stored together with its cursor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property

import polars as pl

from closedwon.ledger import Ledger
from closedwon.ledger.audiences.candidates import Candidates
from closedwon.ledger.incoming.intake import DELIVERY_COLUMNS, ENTRY_COLUMNS, Effects, Intake, Stored
from closedwon.ledger.states import State
from closedwon.pipeline.audiences.candidates import Nominating
from closedwon.pipeline.audiences.rules import terms_of
from closedwon.pipeline.forgetting.keeping_out import Exclusion
from closedwon.pipeline.incoming.changes import Changes, changes_of
from closedwon.pipeline.incoming.descriptions import described
from closedwon.pipeline.incoming.gone import Disappearance
from closedwon.pipeline.incoming.refunds import (
    Refunds,
    orders_of,
    refunded_in_other_currency,
    refunds_in,
    with_kept_share,
)
from closedwon.pipeline.incoming.rehearsal import Rehearsal
from closedwon.pipeline.incoming.repeats import (
    Contradictions,
    contradictions,
    first_entries,
    with_known_times,
)
from closedwon.pipeline.judging.funnel import Funnel, identify
from closedwon.pipeline.judging.gates import judge
from closedwon.pipeline.opening import open_audience_uploader
from closedwon.pipeline.people.acquaintance import Acquaintance
from closedwon.pipeline.people.people import People
from closedwon.pipeline.people.takebacks import lightened
from closedwon.pipeline.report import DestinationReport, SourceReport
from config.settings import ClientSettings
from connectors.base import Batch
from uploads.base import Uploader

_SPOILED = (
    (
        pl.col("record_id").str.contains("@", literal=True),
        "an e-mail address stands where the record's id should: such rows are left out; map another column",
    ),
    (
        pl.any_horizontal(pl.col("record_id", "entered_at").is_null()),
        "a stage without a record's id or without a time cannot be told from others: such rows are left out",
    ),
)
"""What spoils an entry, and what the user should know of it: ids are stored and sent in clear."""


@dataclass(frozen=True)
class Taker:
    """What taking a batch needs, besides the batch.

    Attributes:
        name: the source.
        rules: digest of what the client's file asks of it.
        complete_at: when the last reading began that reached the source's end; None before the first.
        report: where what is read is counted; ``reports`` those of the destinations.
        dry_run: judge and count, but store nothing.
    """

    settings: ClientSettings
    ledger: Ledger
    funnel: Funnel
    uploaders: Mapping[str, Uploader]
    clock: Callable[[], datetime]
    name: str
    rules: str
    complete_at: datetime | None
    report: SourceReport
    reports: Mapping[str, DestinationReport]
    dry_run: bool

    def take(self, batch: Batch) -> None:
        """Judge the batch's stage entries, and commit them, what follows from them, and the cursor at once."""
        report, intake = self.report, Intake(self.ledger, self.settings.client)
        identified = identify(_usable(pl.from_pandas(batch.entries), report), self.settings.client)
        allowed = self._exclusion.rest(identified)
        remembered = intake.remembered(allowed["event_id"].unique())
        every = _not_erased(allowed, remembered)
        report.forgotten += identified.height - allowed.height
        report.retired += allowed.height - every.height
        entries = with_known_times(first_entries(every), remembered, self.complete_at)
        report.read += batch.rows_read
        report.set_aside += len(batch.rejects)
        report.entries.update(dict(entries.group_by("stage").len().iter_rows()))
        report.note(*batch.notes)
        contradicted = contradictions(every, remembered, of_till=self._is_till)
        report.collisions += contradicted.collided.len()
        report.amended += contradicted.amended.len()
        refunds = None
        if self._is_till:
            refunds = refunds_in(entries, intake, self.name)
            refunded = entries.filter(pl.col("order_id").is_in(refunds.fresh.implode()))["event_id"]
            contradicted = replace(contradicted, amended=pl.concat([contradicted.amended, refunded]).unique())
            self._note_foreign(entries, refunds)
        entries = with_kept_share(entries, refunds)
        effects = Disappearance.of(
            self._exclusion.rest_of_gone(batch.gone),
            client=self.settings.client,
            source=self.name,
            stages=self.settings.sources[self.name].stage_names(),
            destinations=self.uploaders,
        ).effects(entries["record_id"].unique(), intake)
        # Of several purchases under one number the first stays as it is.
        collided = pl.col("event_id").is_in(contradicted.collided.implode())
        # Nothing is queued of what was never read.
        again = entries["event_id"].filter(entries["event_id"].is_in(remembered["event_id"].implode()))
        before = self._rehearsal.known(intake.known(again), entries["event_id"])
        known = before.with_columns(settled=pl.col("settled") | collided)
        people = self._acquaintance.meet(
            entries, seen=remembered["event_id"], effects=effects, now=self.clock()
        )
        lanes = [
            self._lane(destination, entries, people, known, effects.heard, contradicted)
            for destination in self.uploaders
        ]
        queued = pl.concat(queue for queue, _ in lanes)
        judged = queued.select("destination", "event_id")
        effects = replace(
            effects,
            lightened=lightened(people, intake, self.uploaders, judged=judged),
            changed=pl.concat(changes.values for _, changes in lanes),
            refused=pl.concat(changes.refused for _, changes in lanes).unique(),
        )
        if refunds is not None:
            effects = self._with_refunds(effects, refunds, intake, judged=entries["event_id"])
        report.gone += len(batch.gone)
        self._count_people(people)
        if self.dry_run:
            self._rehearsal.judged(queued, known)
            return
        stored = Stored(
            entries=_in_microseconds(described(entries, of_till=self._is_till)).select(ENTRY_COLUMNS),
            queue=_in_microseconds(queued),
            cursor=batch.cursor,
            rules=self.rules,
            rejects=[asdict(reject) for reject in batch.rejects],
            restarted=batch.restarted,
            amended=contradicted.amended,
            effects=effects,
            learned=people.new,
            candidates=self._candidates(entries, people),
        )
        report.withdrawn += intake.store(self.name, stored, known=known, now=self.clock())

    def _count_people(self, people: People) -> None:
        self.report.shared.update(people.shared)
        self.report.conflicts += people.links.conflicts
        self.report.unresolved += people.links.unresolved
        self.report.unusable.update(people.unusable)
        self.report.note(*people.notes)

    @cached_property
    def _acquaintance(self) -> Acquaintance:
        return Acquaintance(self.settings, self.name, Intake(self.ledger, self.settings.client))

    def _candidates(self, entries: pl.DataFrame, people: People) -> Candidates | None:
        if not self.settings.audiences:
            return None
        return self._nominating.candidates(entries, people, now=self.clock())

    @cached_property
    def _nominating(self) -> Nominating:
        destinations = {destination for destination, _ in terms_of(self.settings)}
        uploaders = {name: open_audience_uploader(self.settings, name) for name in sorted(destinations)}
        return Nominating(self.settings, self.name, uploaders)

    @cached_property
    def _rehearsal(self) -> Rehearsal:
        return Rehearsal()

    @cached_property
    def _exclusion(self) -> Exclusion:
        return Exclusion(self.settings, self.name, self.ledger)

    @property
    def _is_till(self) -> bool:
        return self.settings.sources[self.name].kind == "pos"

    def _with_refunds(self, effects: Effects, refunds: Refunds, intake: Intake, judged: pl.Series) -> Effects:
        """``effects``, and what refunds that are news do to orders of earlier batches.

        Orders among ``judged`` are valued by what this batch says of them, which may be another amount.
        """
        if refunds.fresh.is_empty():
            return effects
        orders = orders_of(
            refunds,
            self.settings.sources[self.name].stage_names(),
            client=self.settings.client,
            source=self.name,
        )
        remembered = intake.remembered(orders["event_id"]).select("event_id", "amount", "currency")
        before = orders.join(remembered, on="event_id")
        self._note_foreign(before, refunds)
        revalued = with_kept_share(before, refunds)
        accepted = intake.known(revalued["event_id"]).filter("accepted")
        self.report.refunded_after_sending += accepted["event_id"].n_unique()
        earlier = revalued.filter(~pl.col("event_id").is_in(judged.to_list()))
        return replace(effects, revalued=earlier.select("event_id", "kept"), scaled=self.funnel.scaled_stages)

    def _note_foreign(self, entries: pl.DataFrame, refunds: Refunds) -> None:
        if refunded_in_other_currency(entries, refunds):
            self.report.note(
                "an order was refunded in another currency than it was paid in:"
                " such refunds are not taken off what it is worth"
            )

    def _lane(
        self,
        destination: str,
        entries: pl.DataFrame,
        people: People,
        known: pl.DataFrame,
        heard: pl.DataFrame,
        contradicted: Contradictions,
    ) -> tuple[pl.DataFrame, Changes]:
        """The conversions of ``entries`` for a destination: those to be stored, and what changed of those it knows."""
        source = self.settings.sources[self.name]
        found = self.funnel.conversions(entries, destination, kind=source.kind, system=source.system)
        own = known.filter(pl.col("destination") == destination)
        changes = changes_of(
            found,
            own,
            destination=destination,
            amended=contradicted.amended,
            collided=contradicted.collided,
        )
        fresh = found.join(own.filter("settled"), on="event_id", how="anti", maintain_order="left")
        told = heard.filter(pl.col("destination") == destination)["event_id"]
        queue = self._queue_for(destination, fresh, people, told)
        _count(self.reports[destination], found, queue, own)
        self.reports[destination].changed += changes.values.height
        return queue, changes

    def _queue_for(
        self, destination: str, fresh: pl.DataFrame, people: People, told: pl.Series
    ) -> pl.DataFrame:
        """``fresh`` conversions, judged, as deliveries; of ``told`` the platform heard under another id."""
        uploader = self.uploaders[destination]
        matchable = people.matchable(fresh, uploader.platform).with_columns(
            sent_before_merge=pl.col("event_id").is_in(told.implode())
        )
        judged = judge(
            matchable,
            platform_gates=uploader.gates(),
            expires_at=uploader.expires_at(),
            needs_value=pl.col("needs_value"),
            now=self.clock(),
        )
        passed = pl.col("reason").is_null()
        return judged.with_columns(
            pl.lit(destination).alias("destination"),
            pl.when(passed)
            .then(pl.lit(State.QUEUED.value))
            .otherwise(pl.lit(State.SKIPPED.value))
            .alias("state"),
            pl.when(passed).then(uploader.payload()).alias("payload"),
            pl.when(passed).then(uploader.identifiers()).alias("identifiers"),
            pl.when(passed).then("carried").alias("carried"),
            pl.col("value", "full_value").round(6),
        ).select(DELIVERY_COLUMNS)


def _usable(entries: pl.DataFrame, report: SourceReport) -> pl.DataFrame:
    """``entries`` that can be stored and sent; each rule of :data:`_SPOILED` is told of once."""
    for spoils, note in _SPOILED:
        kept = entries.filter(~spoils.fill_null(value=False))
        if left_out := entries.height - kept.height:
            report.set_aside += left_out
            report.note(note)
        entries = kept
    return entries


def _not_erased(entries: pl.DataFrame, remembered: pl.DataFrame) -> pl.DataFrame:
    """``entries`` without those of which no more than the id is left: what was to be told of them has been."""
    erased = remembered.filter("erased")["event_id"]
    return entries if erased.is_empty() else entries.filter(~pl.col("event_id").is_in(erased.implode()))


def _count(report: DestinationReport, found: pl.DataFrame, queue: pl.DataFrame, known: pl.DataFrame) -> None:
    """Count each of ``found`` once: newly queued, newly skipped by a gate, or judged alike before."""
    passed, blocked = pl.col("reason").is_null(), pl.col("reason").is_not_null()
    queued = queue.filter(passed).join(known.filter(~pl.col("skipped")), on="event_id", how="anti")
    skipped = queue.filter(blocked).join(known.filter("skipped"), on="event_id", how="anti")
    report.conversions.update(dict(found.group_by("stage").len().iter_rows()))
    report.queued += queued.height
    report.stitched += queued.height - queued["carried"].null_count()
    report.skipped.update(dict(skipped.group_by("reason").len().iter_rows()))
    if already_known := found.height - queued.height - skipped.height:
        report.skipped["already_known"] += already_known


def _in_microseconds(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.selectors.datetime().dt.epoch("us"))
