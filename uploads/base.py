"""What every destination is: gates that a conversion must pass, a payload made of its columns, and a way to send.

Conversions come as a Polars frame with the columns ``event_id``, ``kind`` (``crm`` or ``pos``), ``system``
(``Salesforce``, …), ``stage``, ``name`` (event name or conversion action), ``event_time`` and ``lead_created_at``
(UTC), ``value``, ``currency``, ``order_id``, ``event_source``, ``ad_user_data`` and ``ad_personalization``
(``granted``, ``denied`` or ``unspecified``), the platform's identifiers as ``id.<name>``, further values of those
that an event may have several of as lists, ``more.<name>``, and ``clicked_at``: when the click happened of which
another record's id was taken, else null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import polars as pl

Drops = Callable[[str, int, Any], bool]
"""Whether an identifier is to be taken out of an event, by its name, its place among those of the name, its value."""


@dataclass(frozen=True)
class Gate:
    """A named rule: conversions for which ``blocks`` is true are skipped, for the reason ``name``."""

    name: str
    blocks: pl.Expr


def names_of(present: Mapping[str, pl.Expr]) -> pl.Expr:
    """The names whose expression is true, in their order, as text with spaces between."""
    import polars as pl

    named = [pl.when(there).then(pl.lit(name)) for name, there in present.items()]
    return pl.concat_str(named, separator=" ", ignore_nulls=True)


class Verdict(StrEnum):
    """What became of deliveries: done, refused for good, to be tried later, or waiting for mended configuration."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    LATER = "later"
    HOLD = "hold"


@dataclass(frozen=True)
class Outcome:
    """The platform's verdict on some deliveries of a batch.

    Attributes:
        reason: the platform's own code or reason, such as ``2804003``; None when accepted.
        message: what it means and what to do, without personal data.
        platform_request_id: the platform's name for the request.
        answer: what the platform said, as JSON without personal data.
        lane_goes_on: of a verdict of later or hold, that it concerns these deliveries and no others.
    """

    event_ids: Sequence[str]
    verdict: Verdict
    reason: str | None = None
    message: str | None = None
    platform_request_id: str | None = None
    answer: str | None = None
    lane_goes_on: bool = False

    @property
    def ends_lane(self) -> bool:
        """Whether nothing more should be sent to the destination in this run."""
        return self.verdict in {Verdict.LATER, Verdict.HOLD} and not self.lane_goes_on


@dataclass(frozen=True)
class Check:
    """One thing that ``closedwon check`` looked at: ``ok``, or a ``message`` that says what to do."""

    name: str
    ok: bool
    message: str


@runtime_checkable
class Uploader(Protocol):
    """A destination.

    Attributes:
        batch_size: the most conversions that the platform takes in one request.
        keeps_payloads: whether an accepted delivery may be restated, so that its identifiers are still needed.
        platform: which of the platforms' readings of a person :mod:`matching` must prepare.
    """

    @property
    def batch_size(self) -> int: ...  # noqa: D102 (see Attributes)

    @property
    def keeps_payloads(self) -> bool: ...  # noqa: D102

    @property
    def platform(self) -> Literal["meta", "google"]: ...  # noqa: D102

    def expires_at(self) -> pl.Expr:
        """When the platform stops taking a conversion, as a UTC datetime."""
        ...

    def gates(self) -> Sequence[Gate]:
        """The platform's own rules on a conversion, in the order in which a user should hear of them."""
        ...

    def payload(self) -> pl.Expr:
        """The part of the event that does not change after queueing, as a JSON object: hashes, ids, consent."""
        ...

    def without(self, payload: Mapping[str, Any], drops: Drops) -> dict[str, Any] | None:
        """``payload`` without the identifiers of which ``drops`` says so.

        None where nothing is left that the platform could match.
        """
        ...

    def named(self, payload: Mapping[str, Any]) -> list[str]:
        """The names of the identifiers in ``payload``."""
        ...

    def identifiers(self) -> pl.Expr:
        """The same of a conversion's columns, as text with spaces between."""
        ...

    def send(self, batch: pl.DataFrame) -> Iterator[Outcome]:
        """Send deliveries (event_id, name, event_time in microseconds, value, currency, payload).

        Yields outcomes as soon as they are certain, so that each can be committed before the next request.
        Together they cover every row of the batch, unless one of them ends the lane: it is then the last, and
        rows without an outcome were not accepted.
        """
        ...

    def check(self) -> list[Check]:
        """Try credentials and access without sending anything that counts."""
        ...


@dataclass(frozen=True)
class Processing:
    """What a platform says later of a request that it had accepted.

    Attributes:
        state: the platform's own word in lower case; ``processing`` until it has one.
        final: whether it will say no more.
        failed: events, or members of an audience, that it did not count, by its own reason.
        warnings: those that it counted with a remark, by its own reason.
        verdict: what becomes of all that the request told of, since it does not say which failed: where it counted none
            of them, and where some failed for a reason that passes (later; sent again under their ids, those that
            it counted are not counted twice). None where all are left as they are.
        message: what that means and what to do.
        leaves_open: whether something may not have been done that should be: not all was counted, for whatever reason,
            or the platform does not know. Not where what failed is in order, such as a person whom it does not know.
    """

    state: str
    final: bool
    failed: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    verdict: Verdict | None = None
    message: str | None = None
    leaves_open: bool = False


@runtime_checkable
class Attributing(Protocol):
    """A destination that says which events belong to no ad click: they are in order, and nothing is to be mended."""

    def unmatched(self, reason: str) -> bool:
        """Whether that is what one of its reasons says."""
        ...


@runtime_checkable
class Polled(Protocol):
    """A platform that accepts requests first and says later what became of them.

    Attributes:
        ready_after: how long after its acceptance a request is worth asking for.
        asked_until: how long after its acceptance the platform still answers for it.
    """

    @property
    def ready_after(self) -> timedelta: ...  # noqa: D102 (see Attributes)

    @property
    def asked_until(self) -> timedelta: ...  # noqa: D102

    def processing(self, platform_request_id: str) -> Processing:
        """What became of a request.

        Raises:
            uploads.errors.PlatformError: the platform did not say.
        """
        ...


@runtime_checkable
class Diagnosing(Polled, Attributing, Protocol):
    """A destination that says later how many conversions it counted, and why not the others.

    Attributes:
        least_processed, least_matched: shares from 0 to 1 of what it was sent, below which the user is warned.
    """

    @property
    def least_processed(self) -> float: ...  # noqa: D102 (see Attributes)

    @property
    def least_matched(self) -> float: ...  # noqa: D102

    def counted_before(self, reason: str) -> bool:
        """Whether one of its reasons says that it has counted the same event from an earlier request."""
        ...

    def meaning(self, reason: str) -> str:
        """What a reason of :attr:`Processing.failed` or :attr:`Processing.warnings` means, and what to do."""
        ...


@runtime_checkable
class Unchanging(Protocol):
    """A destination that keeps what it was told first.

    Attributes:
        cannot_restate: why, and what to do instead, for the user.
    """

    @property
    def cannot_restate(self) -> str: ...  # noqa: D102 (see Attributes)


@runtime_checkable
class Restating(Protocol):
    """A destination that can be told of another value for a conversion that it has accepted.

    Attributes:
        restated_for: how long after the conversion's own time the platform takes a new value.
        restated_after: how long after its acceptance it does so at the earliest.
    """

    @property
    def restated_for(self) -> timedelta: ...  # noqa: D102 (see Attributes)

    @property
    def restated_after(self) -> timedelta: ...  # noqa: D102

    def restate(self, batch: pl.DataFrame) -> Iterator[Outcome]:
        """Tell the platform of new values, as :meth:`Uploader.send` tells it of conversions.

        ``batch`` has the columns of :meth:`Uploader.send`, with the new ``value``, and ``changed_at``, when it changed,
        in microseconds. A value of 0 is an order that was given back altogether: it is retracted where the platform
        knows retraction, else restated to 0.
        """
        ...
