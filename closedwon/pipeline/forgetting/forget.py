"""Forgets a person: erases what the ledger has of them, and has later runs leave out whatever is theirs."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from closedwon.ledger import Ledger
from closedwon.ledger.incoming.rejects import rejects_path, write_rejects_file
from closedwon.ledger.people.forgetting import Erased, erase, records_named
from closedwon.ledger.people.identities import RECORDS
from closedwon.ledger.people.keeping_out import digest_key
from closedwon.pipeline.forgetting.keeping_out import EMAIL, PHONE, heads
from closedwon.pipeline.forgetting.memberships import end_memberships, members_of
from closedwon.pipeline.forgetting.persons import (
    Keys,
    Person,
    SharedError,
    kept_out_of,
    person_of,
    traces_of,
    unknown_record,
)
from closedwon.pipeline.forgetting.receipts import Preview, Receipt, Told
from config.settings import ClientSettings
from matching import PLATFORMS, identifiers_of

_FORMS = {EMAIL: (("google", "email"), ("meta", "em")), PHONE: (("google", "phone"), ("meta", "ph"))}
_EXPECTED = {
    EMAIL: "no e-mail address that a platform matches on: expected one such as name@example.com",
    PHONE: "no phone number that a platform matches on: expected one with its country, such as +33 6 12 34 56 78,"
    " or as it is dialled in the client's country or in --country",
}


class NotForgottenError(ValueError):
    """The person cannot be told: ``option`` is what to mend, and the text says how, without what it held."""

    def __init__(self, option: str, message: str) -> None:
        super().__init__(message)
        self.option = option


class NotAgreedError(Exception):
    """Nothing was erased, since nobody agreed to it; ``preview`` says what would have been."""

    def __init__(self, preview: Preview) -> None:
        super().__init__(preview.words)
        self.preview = preview


@dataclass(frozen=True)
class Asked:
    """Whom to forget; each may be None, but not all.

    Attributes:
        source: where ``record`` is of; None for any.
        country: of the phone number, ISO 3166-1 alpha-2; None for the client's.
    """

    email: str | None = None
    phone: str | None = None
    record: str | None = None
    source: str | None = None
    country: str | None = None

    @property
    def kinds(self) -> list[str]:
        """The names of what is given."""
        return [name for name in ("email", "phone", "record") if getattr(self, name) is not None]


def keys_of(asked: Asked, settings: ClientSettings) -> Keys:
    """The keys of the address and the number, in each platform's form.

    Raises:
        NotForgottenError: one is given, and is none; or the client has no such source.
    """
    if asked.source is not None and asked.source not in settings.sources:
        known = ", ".join(sorted(settings.sources))
        raise NotForgottenError(
            "source", f"client {settings.client} has no source of that name; there are {known}"
        )
    schema = {"email": pl.String, "phone": pl.String}
    row = pl.DataFrame({"email": [asked.email], "phone": [asked.phone]}, schema=schema)
    ids = identifiers_of(row, PLATFORMS, asked.country or settings.country)
    keys: dict[str, set[str]] = {}
    for kind, forms in _FORMS.items():
        found = [ids[platform][f"id.{name}"].item() for platform, name in forms]  # type: ignore[index]
        keys[kind] = heads(one for one in found if one is not None)
        if getattr(asked, kind) is not None and not keys[kind]:
            raise NotForgottenError(kind, _EXPECTED[kind])
    return keys


def forget(
    settings: ClientSettings,
    ledger: Ledger,
    asked: Asked,
    *,
    now: datetime,
    agreed: Callable[[Preview], bool] = lambda _: True,
) -> Receipt:
    """Erase the person from the client's part of ``ledger``, and keep them out from now on.

    ``agreed`` is asked before anything is erased where that may concern more than one person.

    Raises:
        NotAgreedError: it said no, and nothing was erased.
        NotForgottenError: what was asked for is nobody's, or several people's.
        RunInProgressError: the client is running.
        LedgerError: nothing was erased; or it was, and could not be listed.
    """
    keys = keys_of(asked, settings)
    with ledger.lease(settings.client):
        erased, kept_out, person = _forget(settings, ledger, asked, keys, now, agreed)
        memberships = end_memberships(settings, ledger, erased.members, now)
        # A forget that died may have erased rows that a file still shows.
        shown = {one for one in settings.sources if rejects_path(ledger, settings.client, one).exists()}
        files = [
            str(write_rejects_file(ledger, settings.client, one)) for one in sorted({*erased.sources, *shown})
        ]
        scrubbed = ledger.scrub()
    named = settings.destinations.configured()
    return Receipt(
        id=secrets.token_hex(8),
        client=settings.client,
        at=now,
        asked_by=asked.kinds,
        erased={
            name: getattr(erased, name)
            for name in ("identities", "stage_entries", "deliveries", "merges", "rejects", "audiences")
        },
        destinations={
            name: Told.of(
                named[name].transport if name in named else None,
                withdrawn=erased.withdrawn.get(name, 0),
                accepted=erased.told.get(name, 0),
                tried=erased.tried.get(name, 0),
            )
            for name in sorted(erased.withdrawn.keys() | erased.told.keys() | erased.tried.keys())
        },
        kept_out=kept_out,
        memberships=memberships,
        of_several=person.of_several,
        scrubbed=scrubbed,
        rejects_files=files,
    )


def _forget(
    settings: ClientSettings,
    ledger: Ledger,
    asked: Asked,
    keys: Keys,
    now: datetime,
    agreed: Callable[[Preview], bool],
) -> tuple[Erased, dict[str, int], Person]:
    client = settings.client
    records = _records(settings, ledger, asked)
    try:
        person = person_of(ledger, client, keys, records, settings.identity.max_people)
    except SharedError:
        raise NotForgottenError(
            "record",
            "the address or number stands for more people than identity.max_people allows, and forgetting it would"
            " erase them all: list it under identity.not_customers, and forget the person by --record",
        ) from None
    texts = [text for text in (asked.email, asked.phone, asked.record) if text is not None]
    traces, entries = traces_of(ledger, client, person, texts)
    preview = Preview(
        client,
        person.told_apart,
        records=traces.records.height,
        stage_entries=entries.height,
        conversions=len(traces.events),
        identities=len(traces.identities),
    )
    if preview.doubtful and not agreed(preview):
        raise NotAgreedError(preview)
    kept_out = kept_out_of(person, traces, entries)
    if asked.record is not None and records.is_empty():
        kept_out |= unknown_record(asked.record, [asked.source] if asked.source else settings.sources)
    erased = erase(
        ledger,
        client,
        traces,
        key=digest_key(ledger, now),
        kept_out=kept_out,
        members=members_of(ledger, client, person, traces),
        now=now,
    )
    counts = {kind: len(values) for kind, values in kept_out.items() if values}
    return erased, counts, person


def _records(settings: ClientSettings, ledger: Ledger, asked: Asked) -> pl.DataFrame:
    """The records that are asked for; refunds of an order are not told from it."""
    if asked.record is None:
        return pl.DataFrame(schema=RECORDS)
    found = records_named(ledger, settings.client, asked.record)
    if asked.source is not None:
        return found.filter(source=asked.source)
    sources = found["source"].unique().sort().to_list()
    if len(sources) > 1:
        raise NotForgottenError(
            "source", f"the record's id is one of several sources: name one of {', '.join(sources)}"
        )
    return found
