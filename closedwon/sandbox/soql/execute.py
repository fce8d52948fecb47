"""Runs a parsed query over a database: filter, order, cut, and records in the shape of the REST API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from closedwon.sandbox.soql.comparing import FAMILIES
from closedwon.sandbox.soql.conditions import Conditions
from closedwon.sandbox.soql.errors import SoqlError, fault
from closedwon.sandbox.soql.nodes import Count, Name, Ordering, Query
from closedwon.sandbox.soql.paths import Database, Path, Reader, Resolver
from closedwon.sandbox.soql.plan import Planner
from closedwon.sandbox.soql.schema import Field
from closedwon.sandbox.world import Record

__all__ = ["Column", "Database", "Result", "execute"]

_FEW = 1_000
"""So many records are rather looked at and sorted than met in order."""

Project = Callable[[Record], Record]


@dataclass(frozen=True, slots=True)
class Column:
    """One selected field: its path as ``Contact.Email``, its type, and how to read it from a row."""

    name: str
    type: str
    read: Reader


@dataclass(frozen=True, slots=True)
class Result:
    """What a query found.

    Attributes:
        total: the answer's ``totalSize``.
        entity: name of the object that was read.
        rows: whole records in their order, none for ``COUNT()``.
        project: makes the REST answer's form of a row: ``attributes`` and the selected fields only.
        columns: the selected fields in their order, for answers in columns; none for counts.
    """

    total: int
    entity: str
    rows: Sequence[Record]
    project: Project
    columns: tuple[Column, ...] = ()


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
        return Result(len(rows), resolver.entity.name, rows, project, _columns(paths, resolver))
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


def _columns(paths: list[Path], resolver: Resolver) -> tuple[Column, ...]:
    return tuple(Column(".".join(path.names), path.field.type, resolver.reader(path)) for path in paths)


def _rows(
    query: Query, database: Database, resolver: Resolver, now: datetime, include_deleted: bool
) -> list[Record]:
    @cache
    def values_of(inner: Query) -> set[Any]:
        return _inner_values(inner, database, now)

    conditions = Conditions(query.source, resolver, now, values_of)
    conditions.accept(query.where)
    orderings = [(ordering, _sortable(ordering, query, resolver)) for ordering in query.order_by]
    table = database.table(resolver.entity.name, with_deleted=include_deleted)
    end = None if query.limit is None else query.offset + query.limit
    rows = _found(query, Planner(resolver, table, now), conditions, end)
    for ordering, path in reversed(orderings):
        _sort(rows, ordering, path, resolver)
    return rows[query.offset : end]


def _found(query: Query, planner: Planner, conditions: Conditions, end: int | None) -> list[Record]:
    """What fulfils the query's condition, or as much of it as stands before ``end`` in the query's order."""
    plan = planner.best(query.where)
    if end and query.order_by and (plan is None or plan.size > _FEW):
        first = query.order_by[0]
        in_order = planner.by_order(first, query.where)
        if in_order is not None:
            return in_order.first_rows(first, end, conditions.accept(in_order.rest))
    rows = planner.table.rows if plan is None else plan.rows()
    accept = conditions.accept(query.where if plan is None else plan.rest)
    return [row for row in rows if accept is None or accept(row)]


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


def _sortable(ordering: Ordering, query: Query, resolver: Resolver) -> Path:
    path = resolver.path(ordering.name)
    if not path.field.filterable:
        text = f"field '{path.field.name}' can not be sorted in a query call"
        raise fault("INVALID_FIELD", query.source, ordering.name.position, text)
    return path


def _sort(rows: list[Record], ordering: Ordering, path: Path, resolver: Resolver) -> None:
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
