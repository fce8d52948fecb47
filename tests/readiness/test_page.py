"""docs/readiness.md names every requirement with what passes and its source, and every setting of a new action."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from closedwon.readiness.actions import SUITABLE
from closedwon.readiness.requirements import REQUIREMENTS, Goal

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "readiness.md").read_text(encoding="utf-8")
ROWS = {
    (goal, name): cells
    for goal, table in re.findall(r"^### (.*)\n\n\|.*\n\|.*\n((?:\|.*\n)+)", PAGE, flags=re.MULTILINE)
    for name, *cells in ([cell.strip(" `") for cell in row.split("|")[1:-1]] for row in table.splitlines())
}


def test_the_tables_have_every_requirement_and_no_other() -> None:
    assert ROWS.keys() == {(str(one.goal), one.name) for one in REQUIREMENTS}


@pytest.mark.parametrize("one", REQUIREMENTS, ids=lambda one: f"{one.goal.name} {one.name}")
def test_a_row_says_what_the_requirement_says(one) -> None:  # type: ignore[no-untyped-def]
    says, passes, _, source = ROWS[str(one.goal), one.name]
    assert says == one.says
    assert one.source in source
    if not callable(one.threshold):
        assert passes == one.threshold.words(one.unit)


def test_every_goal_has_a_table_and_every_category_is_told() -> None:
    assert {goal for goal, _ in ROWS} == {str(goal) for goal in Goal}
    assert [category for category in SUITABLE if f"`{category}`" not in PAGE] == []
