"""Mistakes between the keys of one till: each is fine by itself, and with its preset or its neighbour it is not.

The checks read plain data, valid or not, as those of :mod:`config.agreement` do; paths start below the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from config.columns import PERSON_COLUMNS
from config.plain_data import mapping_at
from config.problems import Mistake
from config.sources.pos_files import FULL_NAME
from config.sources.storage import options_out_of_place

_MERCHANTS_OWN = {"sumup": ("account", "konto")}
"""Headers of a preset's export whose cells are the merchant's, never the shopper's."""

_ZONE_IN_HEADER = {"stripe": "UTC"}
"""Presets whose export says in the header itself in which zone its times are."""

_PRESETS_WITH_CUSTOMERS = {"square"}
"""Presets that know how the system's customers are joined."""

_LINE_ITEM_PRESETS = {"shopify", "sumup"}


def contradictions(source: Mapping[str, Any]) -> Iterator[Mistake]:
    """Every key of a till's part of a client's file that its preset or another of its keys contradicts."""
    yield from _merchants_as_shoppers(source)
    yield from _zones(source)
    yield from _amounts_of_lines(source)
    yield from _customers(source)
    yield from options_out_of_place(source)


def _merchants_as_shoppers(source: Mapping[str, Any]) -> Iterator[Mistake]:
    own = _MERCHANTS_OWN.get(str(source.get("preset")), ())
    for column, header in mapping_at(source, "columns").items():
        if column in {*PERSON_COLUMNS, FULL_NAME} and str(header).strip().lower() in own:
            yield Mistake(
                ("columns", column),
                f"a header of the shopper: what {header} holds is the merchant's own address, the same in every row",
                got=repr(header),
            )


def _zones(source: Mapping[str, Any]) -> Iterator[Mistake]:
    zone, preset = source.get("timezone"), str(source.get("preset"))
    said = _ZONE_IN_HEADER.get(preset)
    if said and zone not in {None, said} and "entered_at" not in mapping_at(source, "columns"):
        yield Mistake(
            ("timezone",), f"{said} or nothing: {preset} writes {said}, as its header says", got=repr(zone)
        )


def _amounts_of_lines(source: Mapping[str, Any]) -> Iterator[Mistake]:
    rows = source.get("rows")
    lines = rows == "line_items" or (rows is None and source.get("preset") in _LINE_ITEM_PRESETS)
    if source.get("amount_of") is not None and not lines:
        yield Mistake(
            ("amount_of",), "rows: line_items beside it: where a row is an order, its amount is too"
        )


def _customers(source: Mapping[str, Any]) -> Iterator[Mistake]:
    customers = source.get("customers")
    if not isinstance(customers, Mapping) or source.get("preset") in _PRESETS_WITH_CUSTOMERS:
        return
    missing = [key for key in ("order_key", "key", "columns") if not customers.get(key)]
    if missing:
        yield Mistake(
            ("customers",),
            "order_key, key and columns, which only preset: square knows by itself; "
            f"missing: {', '.join(missing)}",
        )
