"""Runs a parsed query over a database: filter, order, cut, and records in the shape of the REST API."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from closedwon.sandbox.soql.comparing import FAMILIES
from closedwon.sandbox.soql.conditions import Conditions
from closedwon.sandbox.soql.errors import SoqlError, fault
from closedwon.sandbox.soql.nodes import Count, Name, Ordering, Query
from closedwon.sandbox.soql.paths import Database, Path, Resolver
from closedwon.sandbox.soql.schema import Field
from closedwon.sandbox.world import Record

__all__ = ["Database", "Result", "execute"]

Project = Callable[[Record], Record]


@dataclass(frozen=True, slots=True)
class Result:
    """What a query found.

    Attributes:
        total: the answer's ``totalSize``.
        entity: name of the object that was read.
        rows: whole records in their order, none for ``COUNT()``.
        project: makes the answer's form of a row: ``attributes`` and the selected fields only.
    """

    total: int
    entity: str
    rows: Sequence[Record]
    project: Project


def execute(
    query: Query, database: Database, *, now: datetime, base: str, include_deleted: bool = False
) -> Result:
    """Run ``query``; ``base`` is the path under which records have their addresses (``…/sobjects``).

    ``now`` is what date literals are relative to. Deleted records are seen only with ``include_deleted``.

    Raises:
        SoqlError: the query names or compares what it may not.
    """
    resolver = Resolver(query, database)
    counts = [item for item in query.selected if isinstance(item, Count)]
    names = [item for item in query.selected if isinstance(item, Name)]
    paths = _paths(names, resolver)
    rows = _rows(query, database, resolver, now, include_deleted)
    if not counts:
        project = _projection(resolver.entity.name, paths, resolver, base)
        return Result(len(rows), resolver.entity.name, rows, project)
    if names:
        text = f"Field must be grouped or aggregated: {names[0].text}"
        raise fault("MALFORMED_QUERY", query.source, names[0].position, text)
    return _counted(counts, resolver, rows)


def _paths(names: list[Name], resolver: Resolver) -> list[Path]:
    paths: dict[tuple[str, ...], Path] = {}
    for name in names:
        path = resolver.path(name)
        if path.names in paths:
            raise SoqlError("INVALID_FIELD", f"duplicate field selected: {name.text}")
        paths[path.names] = path
    return list(paths.values())


def _rows(
    query: Query, database: Database, resolver: Resolver, now: datetime, include_deleted: bool
) -> list[Record]:
    def values_of(inner: Query) -> set[Any]:
        return _inner_values(inner, database, now)

    rows: list[Record] = list(database.records(resolver.entity.name).values())
    if not include_deleted:
        rows = [row for row in rows if not row.get("IsDeleted")]
    if query.where is not None:
        predicate = Conditions(query.source, resolver, now, values_of).predicate(query.where)
        rows = [row for row in rows if predicate(row)]
    # The order of rows that ORDER BY leaves open is nobody's promise: shuffled, so that reliance on it shows.
    rows.sort(key=lambda row: zlib.crc32(row["Id"].encode()))
    for ordering in reversed(query.order_by):
        _sort(rows, ordering, query, resolver)
    end = None if query.limit is None else query.offset + query.limit
    return rows[query.offset : end]


def _inner_values(query: Query, database: Database, now: datetime) -> set[Any]:
    resolver = Resolver(query, database)
    selected = query.selected[0]
    path = resolver.path(selected) if isinstance(selected, Name) else None
    if path is None or len(query.selected) != 1 or path.field.type not in {"id", "reference"}:
        text = "The inner select of a semi join must have exactly one ID or reference field"
        raise fault("MALFORMED_QUERY", query.source, query.entity.position, text)
    read = resolver.reader(path)
    found = (read(row) for row in _rows(query, database, resolver, now, include_deleted=False))
    return {value for value in found if value}


def _sort(rows: list[Record], ordering: Ordering, query: Query, resolver: Resolver) -> None:
    path = resolver.path(ordering.name)
    if not path.field.filterable:
        text = f"field '{path.field.name}' can not be sorted in a query call"
        raise fault("INVALID_FIELD", query.source, ordering.name.position, text)
    read, key = resolver.reader(path), FAMILIES[path.field.type].key
    nulls_low = ordering.nulls_first is not ordering.descending

    def rank(row: Record) -> tuple[bool, Any]:
        value = read(row)
        return (not nulls_low, 0) if value is None else (nulls_low, key(value))

    rows.sort(key=rank, reverse=ordering.descending)


def _counted(counts: list[Count], resolver: Resolver, rows: list[Record]) -> Result:
    if counts[0].name is None:
        if len(counts) > 1:
            raise SoqlError("MALFORMED_QUERY", "COUNT() must be the only element of the SELECT list")
        return Result(len(rows), resolver.entity.name, (), lambda row: row)
    answer: Record = {"attributes": {"type": "AggregateResult"}}
    for index, count in enumerate(counts):
        if count.name is None:
            raise SoqlError("MALFORMED_QUERY", "COUNT() must be the only element of the SELECT list")
        read = resolver.reader(resolver.path(count.name))
        answer[count.alias or f"expr{index}"] = sum(read(row) is not None for row in rows)
    return Result(1, "AggregateResult", [answer], lambda row: row)


def _projection(entity: str, paths: list[Path], resolver: Resolver, base: str) -> Project:
    own = [(path.field.name, path.field.type == "boolean") for path in paths if not path.steps]
    below: dict[Field, list[Path]] = {}
    for path in paths:
        if path.steps:
            below.setdefault(path.steps[0], []).append(Path(path.steps[1:], path.field))
    parents = [
        (step, _projection(str(step.references), further, resolver, base)) for step, further in below.items()
    ]

    def project(record: Record) -> Record:
        answer: Record = {"attributes": {"type": entity, "url": f"{base}/{entity}/{record['Id']}"}}
        for name, boolean in own:
            answer[name] = bool(record.get(name)) if boolean else record.get(name)
        for step, project_parent in parents:
            parent = resolver.parent(record, (step,))
            answer[str(step.relationship)] = None if parent is None else project_parent(parent)
        return answer

    return project
