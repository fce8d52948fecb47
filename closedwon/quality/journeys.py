"""Puts together what became of each lead: records of one person, cut into journeys, with each stage's first entry.

Records are of one person where the CRM says so (a converted lead and its opportunity, a contact and its deals), where
one was merged into the other, and where the identity map knows them by the same e-mail address, or by the same phone
number and no address. What the map has forgotten is not joined: a purchase at a till finds its lead for as long as
``identity.keep_days`` allow.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from closedwon.quality.numbers import DAY
from matching.identity import crowded


def journeys(
    entries: pl.DataFrame, people: pl.DataFrame, merges: pl.DataFrame, *, horizon_days: int, max_people: int
) -> pl.DataFrame:
    """The first entry of each journey into each stage.

    A person's entries that lie more than ``horizon_days`` apart are journeys of their own: who comes back after a year
    is a new lead.

    Args:
        entries, people, merges: as :mod:`closedwon.ledger.quality.histories` gives them.
        horizon_days: of the client's file; ``max_people``: how many people a key may stand for before it joins nobody.

    Returns:
        The columns of ``entries`` without ``record`` and ``person``, and ``journey``, a number.
    """
    owners = _owners(entries.select("record", "person").unique(), people, merges, max_people)
    is_new = (pl.col("owner") != pl.col("owner").shift()) | (pl.col("entered_at").diff() > horizon_days * DAY)
    return (
        entries.join(owners, on="record", how="left")
        .sort("owner", "entered_at")
        .with_columns(journey=is_new.fill_null(value=False).cum_sum())
        .unique(["journey", "stage"], keep="first", maintain_order=True)
        .drop("record", "person", "owner")
    )


def _owners(
    records: pl.DataFrame, people: pl.DataFrame, merges: pl.DataFrame, max_people: int
) -> pl.DataFrame:
    """``record`` and ``owner``, a number that all records of a person share: the components of a graph."""
    edges = _edges(records, people, merges, max_people)
    every = records.select("record").unique().sort("record")
    if edges.is_empty():
        return every.with_columns(owner=pl.col("record"))
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes = pl.concat([every["record"], edges["one"], edges["other"]]).unique().sort()
    one, other = (nodes.search_sorted(edges[name]).to_numpy() for name in ("one", "other"))
    size = nodes.len()
    graph = coo_array((np.ones(one.size, dtype=np.int8), (one, other)), shape=(size, size))
    _, components = connected_components(graph, directed=False)
    at = nodes.search_sorted(every["record"]).to_numpy()
    return every.with_columns(owner=pl.Series(components[at].astype(np.uint64)))


def _edges(
    records: pl.DataFrame, people: pl.DataFrame, merges: pl.DataFrame, max_people: int
) -> pl.DataFrame:
    """What belongs together, ``one`` and ``other``: records, and the keys by which they are known."""
    crowd = crowded(people.with_columns(card=pl.lit(None, dtype=pl.String)), max_people)
    known = people.select("record", email="email", phone=pl.when(pl.col("email").is_null()).then("phone"))
    by_key = [
        known.select("record", by=pl.lit(kind), key=kind)
        .drop_nulls()
        .join(crowd, on=["by", "key"], how="anti")
        .select(one="record", other=pl.concat_str("by", "key").hash(seed=1))
        for kind in ("email", "phone")
    ]
    # Numbers of people are hashes as those of records are: a seed keeps the two apart.
    by_person = records.drop_nulls("person").select(one="record", other=pl.struct("person").hash(seed=2))
    return pl.concat([*by_key, by_person, merges.select(one="record", other="winner")])


def outcomes(
    first: pl.DataFrame, stage: str, *, won: str, lost: frozenset[str], until: int, horizon_days: int
) -> pl.DataFrame:
    """What became, by ``until`` (microseconds), of each journey that entered ``stage``.

    A lead that was lost and won after all was won. Entries whose time nobody recorded begin nothing, nor do those of
    who was won before.

    Returns:
        A row for each, with the columns of ``first``, ``followed`` (whole days since its entry, the horizon at most),
        ``days`` (to the outcome, else as ``followed``), ``is_won`` and ``is_lost`` within the horizon, and
        ``won_amount`` and ``won_currency``.
    """
    starts = first.filter(pl.col("stage") == stage, pl.col("entered_at") <= until)
    wins = first.filter(pl.col("stage") == won, pl.col("entered_at") <= until).select(
        "journey", won_at="entered_at", won_amount="amount", won_currency="currency"
    )
    losses = (
        first.filter(pl.col("stage").cast(pl.String).is_in(list(lost)), pl.col("entered_at") <= until)
        .join(starts.select("journey", since="entered_at"), on="journey")
        .filter(pl.col("entered_at") >= pl.col("since"))
        .group_by("journey")
        .agg(lost_at=pl.col("entered_at").min())
    )
    to_win, to_loss, followed = (
        (end - pl.col("entered_at")) // DAY for end in (pl.col("won_at"), pl.col("lost_at"), pl.lit(until))
    )
    is_won = (to_win <= horizon_days).fill_null(value=False)
    is_lost = (pl.col("won_at").is_null() & (to_loss <= horizon_days)).fill_null(value=False)
    return (
        starts.join(wins, on="journey", how="left")
        .join(losses, on="journey", how="left")
        .filter("time_known", (pl.col("won_at") >= pl.col("entered_at")).fill_null(value=True))
        .with_columns(
            is_won=is_won, is_lost=is_lost, followed=pl.min_horizontal(followed, horizon_days).cast(pl.Int32)
        )
        .with_columns(
            days=pl.when("is_won")
            .then(to_win)
            .when("is_lost")
            .then(to_loss)
            .otherwise("followed")
            .cast(pl.Int32)
        )
        .drop("won_at", "lost_at")
    )
