"""What every platform's audiences are: made where they are missing, told who joins, told who leaves.

A member is one person. Members come as a Polars frame with the columns ``member`` (our own key of the person),
``identifiers`` (the text that :meth:`AudienceUploader.identifiers` made when the person joined), ``value`` (what the
person is worth; null for all members of an audience that is not value-based), ``ad_user_data`` and
``ad_personalization`` (``granted``, ``denied`` or ``unspecified``). Adding or removing somebody a second time changes
nothing at either platform, so that what is not known to have arrived is told again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import polars as pl

from uploads.base import Check, Outcome
from uploads.errors import PlatformError


@dataclass(frozen=True)
class Lookalike:
    """People who resemble an audience's members, found by the platform.

    Attributes:
        name: as the platform shows it.
        countries: ISO 3166-1 alpha-2, where to look for them; at least one.
        ratio: the share of the countries' people, from 0.01 (most alike) to 0.2, in steps of 0.01.
    """

    name: str
    countries: Sequence[str]
    ratio: float


@dataclass(frozen=True)
class AudienceSpec:
    """An audience that is to exist at a platform.

    Attributes:
        key: our own name of it, by which it is found again at the platform: no other audience of the same ad
            account may have it, so it names the client too.
        name: as the platform shows it.
        value_based: whether each member comes with a value (Meta); other platforms ignore it.
        membership_days: after how many days the platform forgets a member who was not added again (Google);
            other platforms keep members until they are removed.
        lookalike: what is to be made of it (Meta); other platforms ignore it.
    """

    key: str
    name: str
    value_based: bool
    membership_days: int
    lookalike: Lookalike | None = None

    @property
    def mark(self) -> str:
        """What Closedwon writes on an audience that it makes, by which it is found again; nobody else writes it."""
        return f"closedwon:{self.key}"


class NoSuchAudienceError(PlatformError):
    """The platform has no such audience or account, or none that the credentials may see."""


@runtime_checkable
class AudienceUploader(Protocol):
    """One client's audiences at one platform.

    Attributes:
        platform: which of the platforms' readings of a person :mod:`matching` must prepare.
        batch_size: the most members that the platform takes in one request.
    """

    @property
    def platform(self) -> Literal["meta", "google"]: ...  # noqa: D102 (see Attributes)

    @property
    def batch_size(self) -> int: ...  # noqa: D102

    def identifiers(self) -> pl.Expr:
        """What the platform's audience can know a person by, as a JSON object; null where it could not.

        An expression over the columns ``id.<name>`` and ``more.<name>`` of the platform, which must be there; see
        :mod:`uploads.base`. It holds hashes, and of an address the country and postal code that Google wants plain.
        """
        ...

    def ensure(self, spec: AudienceSpec, audience_id: str | None) -> str:
        """The platform's id of the audience, which is made unless it is there.

        Args:
            spec: what is to exist. A name or length of membership that has changed is changed at the platform.
            audience_id: what an earlier call returned or the user gave; None looks for an audience that an earlier
                call made for the same ``spec.key``.

        Raises:
            uploads.errors.PlatformError: the platform refused.
            NoSuchAudienceError: there is no audience ``audience_id`` any more.
        """
        ...

    def exists(self, audience_id: str) -> bool:
        """Whether there is still such an audience.

        Raises:
            uploads.errors.PlatformError: the platform did not say, or the account's audiences cannot be seen at all.
        """
        ...

    def add(self, audience_id: str, members: pl.DataFrame) -> Iterator[Outcome]:
        """Tell the platform who is in the audience, and with what value; those who are in already stay in.

        Any number of members may come at once: they are split into requests. Yields outcomes, whose ``event_ids``
        are members, as soon as they are certain, as :meth:`uploads.base.Uploader.send` does. Nothing more is told
        once all members of a request have to wait: whoever has no outcome was not told of.
        """
        ...

    def remove(self, audience_id: str, members: pl.DataFrame) -> Iterator[Outcome]:
        """Tell the platform who is in the audience no longer, by the ``identifiers`` they were added with.

        ``value`` and the consent columns are ignored and may be absent. Outcomes as those of :meth:`add`.
        """
        ...

    def check(self) -> list[Check]:
        """Try access to the account's audiences without changing anything."""
        ...


@runtime_checkable
class Resembling(Protocol):
    """A platform that makes an audience of people who are like another audience's members.

    Attributes:
        smallest_seed: how many members an audience must have before that can be asked.
    """

    @property
    def smallest_seed(self) -> int: ...  # noqa: D102 (see Attributes)

    def ensure_lookalike(self, spec: AudienceSpec, audience_id: str) -> str:
        """The platform's id of ``spec.lookalike``, made of the audience ``audience_id`` unless it is there.

        Raises:
            uploads.errors.PlatformError: the platform refused.
            ValueError: ``spec`` names no lookalike.
        """
        ...
