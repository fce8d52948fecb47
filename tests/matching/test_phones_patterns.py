"""Patterns of numbering plans mean to our machines what they mean to a regular expression engine."""

from __future__ import annotations

import random
import re

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata

from matching.phones import drawing, plans
from matching.phones.machines import Sketch
from matching.phones.patterns import branches, parse

METADATA = [
    PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
    for region in regions
]
KINDS = (
    "general_desc",
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "uan",
    "voicemail",
)


def patterns():
    """Every fifth pattern of the metadata."""
    described = (getattr(metadata, kind) for metadata in METADATA for kind in KINDS)
    found = {one.national_number_pattern for one in described if one and one.national_number_pattern}
    return sorted(found)[::5]


def digits_near(pattern, chance):
    """Rows of digits of which some match ``pattern``, and the others fail at one digit."""
    way = next(branches(parse(re.sub(r"\{(\d+),\d+\}", r"{\1}", pattern)))).digits
    for _ in range(20):
        row = "".join(map(chance.choice, map(_digits, way)))
        yield row
        wrong = chance.randrange(len(row))
        yield row[:wrong] + chance.choice("0123456789") + row[wrong + 1 :]
        yield row + chance.choice("0123456789")
        yield row[:-1]


def ends_in(machine, row):
    state = 0
    for digit in row:
        state = machine.steps[state][int(digit)]
    return machine.markers[state]


def test_a_machine_matches_what_its_pattern_matches():
    chance = random.Random(20261122)
    checked = {True: 0, False: 0}
    for pattern in patterns():
        sketch = Sketch()
        machine = sketch.machine(sketch.before(parse(pattern), sketch.marker(("found",))))
        for row in digits_near(pattern, chance):
            matches = re.fullmatch(pattern, row) is not None
            assert (("found",) in ends_in(machine, row)) == matches, (pattern, row)
            checked[matches] += 1
    assert min(checked.values()) > 2_000


def test_the_first_way_through_a_trunk_prefix_is_the_one_that_a_matcher_takes():
    chance = random.Random(20261122)
    taken = set()
    for prefix in sorted({metadata.national_prefix_for_parsing for metadata in METADATA} - {None}):
        ways = list(branches(parse(prefix)))
        for _ in range(300):
            start = "".join(map(chance.choice, map(_digits, chance.choice(ways).digits)))
            rest = "".join(chance.choices("0123456789", k=chance.randrange(6, 14)))
            row = chance.choice([start, start[:-1], start[1:], ""]) + rest
            found = re.match(prefix, row)
            way = next((way for way in ways if _begins(row, way)), None)
            assert (found is None) == (way is None), (prefix, row)
            if found and way:
                assert found.end() == len(way.digits), (prefix, row)
                assert way.captures == bool(found.groups() and any(found.groups())), (prefix, row)
                taken.add((prefix, way.captures))
    assert {captures for _, captures in taken} == {True, False}


def _digits(one):
    return [digit for digit in "0123456789" if one.allowed >> int(digit) & 1]


def _begins(row, way):
    fits = len(row) == len(way.digits) if way.ends else len(row) >= len(way.digits)
    return fits and all(one.allowed >> int(digit) & 1 for one, digit in zip(way.digits, row, strict=False))


@pytest.mark.parametrize("pattern", [r"\d+", r"(?=1)2", "1*", "[^0]", "a", "1(2", "1)2", "?1", r"\d{2,}"])
def test_a_pattern_of_another_kind_is_refused(pattern):
    with pytest.raises(ValueError, match=r"."):
        parse(pattern)


def test_a_plan_that_cannot_be_drawn_decides_nothing(monkeypatch):
    def unknown(pattern):
        raise ValueError(pattern)

    monkeypatch.setattr(drawing, "parse", unknown)

    plan = plans.plan("FR")

    assert {plans.Verdict(verdict) for verdict, *_ in plan.readings} == {plans.Verdict.UNDECIDED}
    assert plan.exits == []
