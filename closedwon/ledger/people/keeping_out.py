"""Who is kept out: keyed digests, by which somebody who was forgotten is known again, and by nothing else.

Without the key a digest says nothing of anybody: whoever has the ledger cannot try addresses on it. The key lies in
the ledger, or in the environment, where it is apart from the digests.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import cast

import polars as pl
import polars_hash as _polars_hash  # noqa: F401  # registers the `chash` namespace on Polars expressions
from sqlalchemy import Connection, select

from closedwon.ledger.bulk import frame, insert_rows, upsert
from closedwon.ledger.errors import LedgerError
from closedwon.ledger.ledger import Ledger, microseconds
from closedwon.ledger.schema import digest_keys, forgotten
from config.redaction import register_secret

KEY_VARIABLE = "CLOSEDWON_FORGET_KEY"
"""The environment's name for a key that is not to lie in the ledger."""

_KEY, _PROOF = "forgotten", "forgotten.proof"
_PROVEN = "closedwon"
_SHORTEST_KEY = 32
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class KeptOut:
    """The people of one client who are kept out: digests, by what they are digests of."""

    client: str
    key: str
    digests: Mapping[str, pl.Series]

    def has(self, kind: str, value: pl.Expr) -> pl.Expr:
        """Whether ``value`` is one of ``kind`` that is kept out; false where it is null."""
        found = self.digests.get(kind)
        if found is None:
            return pl.lit(value=False)
        return digest(self.key, self.client, kind, value).is_in(found.implode()).fill_null(value=False)


def digest(key: str, client: str, kind: str, value: pl.Expr) -> pl.Expr:
    """HMAC-SHA256 of client, kind and ``value``, in hex; null stays null."""
    told = pl.concat_str(pl.lit(client), pl.lit(kind), value, separator=_SEPARATOR)
    return cast("pl.Expr", told.chash.hmac_sha256(key=key))  # type: ignore[attr-defined]


def kept_out(ledger: Ledger, client: str) -> KeptOut | None:
    """Who is kept out of the runs of ``client``; None where nobody is, which costs one look.

    Raises:
        LedgerError: the key of the digests is not there.
    """
    query = select(forgotten.c.kind, forgotten.c.digest).where(forgotten.c.client == client)
    with ledger.reading() as connection:
        rows = connection.execute(query).all()
        if not rows:
            return None
        key = _proven(_stored(connection), ledger.place)
    digests = frame(rows, {"kind": pl.String, "digest": pl.String})
    return KeptOut(client, key, {str(kind): part["digest"] for (kind,), part in digests.group_by("kind")})


def keep_out(
    connection: Connection, client: str, key: str, values: Mapping[str, Collection[str]], stamp: int
) -> None:
    """Keep ``values``, by kind, out from now on."""
    statement = upsert(connection, forgotten).on_conflict_do_nothing()
    for kind, of_kind in values.items():
        rows = pl.DataFrame({"value": sorted(of_kind)}, schema={"value": pl.String}).select(
            digest=digest(key, client, kind, pl.col("value"))
        )
        insert_rows(connection, statement, rows, client=client, kind=kind, forgotten_at=stamp)


def digest_key(ledger: Ledger, now: datetime) -> str:
    """The key of the digests; the first who asks settles it for good, of the environment or made up.

    Raises:
        LedgerError: the key is not the one that the ledger's digests were made with.
    """
    given = os.environ.get(KEY_VARIABLE)
    if given is not None and len(given) < _SHORTEST_KEY:
        raise LedgerError(
            f"{KEY_VARIABLE} is too short: it takes {_SHORTEST_KEY} characters that nobody can guess,"
            " such as those of openssl rand -hex 32"
        )
    key = given or secrets.token_hex(32)
    made = {_PROOF: _proof(key)} if given else {_PROOF: _proof(key), _KEY: key}
    with ledger.writing() as connection:
        if not _stored(connection):
            first = upsert(connection, digest_keys).on_conflict_do_nothing()
            names = pl.DataFrame({"name": list(made), "value": list(made.values())})
            insert_rows(connection, first, names, made_at=microseconds(now))
        return _proven(_stored(connection), ledger.place)


def _stored(connection: Connection) -> dict[str, str]:
    query = select(digest_keys.c.name, digest_keys.c.value).where(digest_keys.c.name.in_([_KEY, _PROOF]))
    return {row.name: row.value for row in connection.execute(query)}


def _proven(stored: Mapping[str, str], place: str) -> str:
    key = os.environ.get(KEY_VARIABLE) or stored.get(_KEY)
    if key is None or not hmac.compare_digest(_proof(key), stored.get(_PROOF, "")):
        raise LedgerError(
            f"ledger {place}: the people who were forgotten cannot be known again: {KEY_VARIABLE}"
            + (" is not set" if key is None else " is another")
            + ", and must be what it was when the first of them was forgotten"
        )
    register_secret(key)
    return key


def _proof(key: str) -> str:
    return hmac.new(key.encode(), _PROVEN.encode(), sha256).hexdigest()
