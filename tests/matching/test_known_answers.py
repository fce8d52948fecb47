"""The platforms' own examples come out as the platforms say, in explanations and in a run's frames alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from matching import FIELDS, Platform, explain_row, identifiers


def _vectors(platform: str) -> list[dict[str, Any]]:
    vectors = json.loads(Path(__file__).with_name(f"vectors_{platform}.json").read_text(encoding="utf-8"))
    return [{**vector, "platform": platform} for vector in vectors]


VECTORS = _vectors("meta") + _vectors("google")


def _name(vector: dict[str, Any]) -> str:
    return f"{vector['platform']}-{vector['field']}-{vector['input']!r}"


@pytest.mark.parametrize("vector", VECTORS, ids=_name)
def test_explaining_gives_the_documented_normal_form_and_hash(vector: dict[str, Any]) -> None:
    answer = explain_row({vector["field"]: vector["input"], **vector["context"]}, vector["platform"])[
        vector["field"]
    ]

    if vector["normalized"] is None:
        assert set(answer) == {"rejected"}
    elif vector["sha256"] is None:
        assert answer == {"normalized": vector["normalized"], "plain": vector["normalized"]}
    else:
        assert answer == {"normalized": vector["normalized"], "sha256": vector["sha256"]}


@pytest.mark.parametrize("platform", ["meta", "google"])
def test_a_frame_of_all_examples_gives_the_documented_identifiers(platform: Platform) -> None:
    vectors = _vectors(platform)
    outputs = {rule.column: rule.output for rule in FIELDS if rule.platform == platform}
    rows = [{vector["field"]: vector["input"], **vector["context"]} for vector in vectors]
    columns = {name for row in rows for name in row}
    frame = pl.DataFrame(
        {name: [row.get(name) for row in rows] for name in columns}, schema=dict.fromkeys(columns, pl.String)
    )

    found = identifiers(frame, platform, "ZZ")

    for number, vector in enumerate(vectors):
        sent = found[f"id.{outputs[vector['field']]}"][number]
        assert sent == (vector["sha256"] or vector["normalized"]), _name(vector)
