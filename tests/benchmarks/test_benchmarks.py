"""The benchmarks run and count what they claim to count; how fast is for `make bench` to say."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import polars as pl
import pytest
from rich.console import Console

from benchmarks import by_field, people_rows
from benchmarks.__main__ import main
from benchmarks.case import Case, Contender, Part
from benchmarks.cases import CASES, matching_memory, reading_pos
from benchmarks.measuring import Figure, MeasuringError, lap, measure
from benchmarks.peers import facebook, plain
from benchmarks.report import WIDTH, table
from benchmarks.serving import served

ROWS = 400


Given = dict[str, Any]
"""What each case's ``provide`` gave, by the case's name."""


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    folder = tmp_path_factory.mktemp("rows")
    with ExitStack() as stack:
        yield {case.name: stack.enter_context(case.provide(folder, ROWS)) for case in CASES}


@pytest.fixture(scope="module")
def people(given: Given) -> pl.DataFrame:
    return people_of(given["matching.meta"])


def people_of(written: Path) -> pl.DataFrame:
    frames: list[pl.DataFrame] = [part.data for part in people_rows.parts(written)]
    return pl.concat(frames)


def outputs(name: str, given: Given) -> dict[str, Any]:
    """Contender to what its work gives for the first part."""
    case = next(case for case in CASES if case.name == name)
    part = next(case.parts(given[name]))
    return {
        contender.name: contender.work(contender.prepare(part.data))
        for contender in case.contenders
        if not contender.missing()
    }


@pytest.mark.parametrize(
    ("case", "contender"),
    [
        pytest.param(case, contender, id=f"{case.name}: {contender.name}")
        for case in CASES
        for contender in case.contenders
    ],
)
def test_each_contender_takes_every_row_and_gives_a_figure(
    case: Case, contender: Contender, given: Given
) -> None:
    if contender.missing():
        pytest.skip(f"{contender.distribution} is not installed")
    parts = list(contender.taken(case.parts(given[case.name])))
    done = lap(contender, parts)
    assert done.seconds > 0
    assert done.rows == sum(part.rows for part in parts) > 0
    assert done.rows >= ROWS or contender.only_part is not None
    assert 0.5 * done.rows < done.rows_out <= done.rows


def test_the_rows_are_the_same_each_time(people: pl.DataFrame, tmp_path: Path) -> None:
    with people_rows.written(tmp_path, ROWS) as written:
        assert people_of(written).equals(people)


def test_about_a_third_of_the_rows_are_people_who_came_before(people: pl.DataFrame) -> None:
    numbers = people["prepared.phone"].drop_nulls()
    assert 0.15 < 1 - numbers.n_unique() / len(numbers) < 0.5


def test_our_events_and_the_sdk_s_are_the_same_purchases_of_the_same_people(given: Given) -> None:
    found = outputs("payloads", given)
    ours, sdk = (
        [json.loads(event) for event in found[name]]
        for name in ("Closedwon", "facebook-business, rows put right")
    )
    assert found["Closedwon"] == found["Closedwon, people hashed already"]
    for key in ("event_name", "event_time", "event_id", "action_source"):
        assert [event[key] for event in ours] == [event[key] for event in sdk]
    compared = 0
    for mine, theirs in zip(ours, sdk, strict=True):
        # The SDK writes currencies in lower case, which Meta reads alike.
        theirs["custom_data"]["currency"] = theirs["custom_data"]["currency"].upper()
        assert mine["custom_data"] == theirs["custom_data"]
        # Without a country, ours can only read a foreigner's national number as one of the client's own.
        if "ph" in mine["user_data"] and "country" in theirs["user_data"]:
            assert mine["user_data"]["ph"] == theirs["user_data"]["ph"]
            compared += 1
    assert compared > ROWS / 2


def test_rows_as_written_are_lost_on_the_sdk_and_put_right_they_are_not(
    given: Given, people: pl.DataFrame
) -> None:
    found = outputs("matching.meta", given)
    whole = people.height
    assert len(found["facebook-business, rows as written"]) < whole
    assert len(found["facebook-business, rows put right"]) == whole


def test_only_ours_reads_most_numbers_as_written_to_the_number_that_rings(
    given: Given, people: pl.DataFrame
) -> None:
    numbers = people["prepared.phone"].drop_nulls().str.strip_chars_start("+")
    truth = {hashlib.sha256(number.encode()).hexdigest() for number in numbers}
    found = outputs("matching.meta", given)
    ours = found["Closedwon"]["id.ph"].drop_nulls()
    sdk = [event["user_data"].get("ph", [None])[0] for event in found["facebook-business, rows as written"]]
    assert ours.is_in(truth).sum() > 0.9 * len(numbers)
    assert sum(number in truth for number in sdk) < 0.5 * len(numbers)


def test_a_value_that_the_sdk_refuses_costs_the_row_and_not_the_run() -> None:
    row = dict.fromkeys(people_rows.META_COLUMNS) | {"event_time": 1_767_225_600}
    assert facebook.normalized({**row, "email": "n/a"}) is None
    assert facebook.normalized({**row, "email": "ada@posta.example"})


def test_the_floor_is_the_hash_of_every_cell_as_it_stands() -> None:
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert plain.sha256_alone(pl.DataFrame({"email": ["abc", None]})).rows() == [(digest,), (None,)]


def test_each_contender_is_measured_in_a_process_of_its_own_and_in_turn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["reading.pos", "--rows", "100", "--repeat", "2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    ours, *others = document["cases"]["reading.pos"]
    assert ours["name"] == "Closedwon"
    assert ours["ours_is"] == 1
    assert others
    for figure in (ours, *others):
        assert figure["rows_per_second"] > 0
        assert figure["peak_mb"] > 5
    assert document["machine"]["cores"] >= 1


def test_the_table_fits_into_a_hundred_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reading.pos", "--rows", "100", "--repeat", "1"]) == 0
    shown = capsys.readouterr().out
    assert "Closedwon" in shown
    assert "ours is" in shown
    assert max(len(line) for line in shown.splitlines()) <= 100


def test_a_case_that_does_not_exist_is_named_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["reading.poss"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "reading.poss" in said
    assert "matching.meta" in said


def test_a_case_has_rows_and_laps_of_its_own_unless_told_otherwise(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Case("small", "Small", numbers, one_part, (Contender("Closedwon", list),), rows=7, laps=2)
    monkeypatch.setattr("benchmarks.__main__.CASES", (small,))
    figures = []
    for asked in ([], ["--rows", "3", "--repeat", "1"]):
        assert main([*asked, "--json"]) == 0
        (figure,) = json.loads(capsys.readouterr().out)["cases"]["small"]
        figures.append((figure["rows"], figure["laps"]))
    assert figures == [(7, 2), (3, 1)]


@pytest.mark.parametrize("name", ["reading.pos", "reading.salesforce", "reading.hubspot"])
def test_a_contender_warms_up_on_a_small_source_and_is_measured_on_all_rows(name: str, given: Given) -> None:
    case = next(case for case in CASES if case.name == name)
    warm_up, whole = case.parts(given[name])
    assert whole.rows >= ROWS > 10 * warm_up.rows


def test_more_people_than_are_invented_have_addresses_and_numbers_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching_memory, "_INVENTED", 100)
    with matching_memory.CASE.provide(tmp_path, 300) as given:
        first, *others = (part.data for part in matching_memory.CASE.parts(given))
    assert len(others) == 2
    for column, sign in (("email", "@"), ("phone", r"\d$")):
        cells = pl.concat([frame[column] for frame in (first, *others)]).drop_nulls()
        own = first[column].drop_nulls()
        own = own.filter(own.str.contains(sign))
        assert cells.filter(cells.str.contains(sign)).n_unique() == 3 * own.n_unique()


def test_a_till_of_more_receipts_than_are_invented_has_every_order_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_pos, "_INVENTED", 50)
    with reading_pos.CASE.provide(tmp_path, 150) as (_, whole), whole.open(encoding="cp1252") as file:
        rows = [line.split(";") for line in file]
    sold = [order for order, _, _, kind, *_ in rows if kind == "Sale" and order[:1] in set("CNS")]
    assert len(sold) == len(set(sold)) == 150


def test_a_sandbox_that_cannot_be_made_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MeasuringError, match="sandbox"), served(fails, 1):
        pass


def test_a_contender_may_take_the_first_parts_alone() -> None:
    taken: list[int] = []
    few = Contender("few", taken.extend, count=lambda _: 0, rows=3)
    done = lap(few, [Part([1, 2], 2), Part([3, 4], 2), Part([5, 6], 2)])
    assert (done.rows, taken) == (4, [1, 2, 3, 4])


def test_the_table_says_how_many_rows_each_contender_took() -> None:
    small = Case("small", "Small", numbers, one_part, (Contender("Closedwon", list),))
    rows = {"hundreds": 400, "thousands": 20_200, "millions": 1_032_830, "ten millions": 10_000_000}
    figures = [Figure(name, 5, count, count - 1, 1.0, 1.0, 0.0, 1.0) for name, count in rows.items()]
    console = Console(width=WIDTH)
    with console.capture() as shown:
        console.print(table({small: figures}))
    for name, told in {"hundreds": "400", "thousands": "20.2 k", "millions": "1.03 M", "ten": "10 M"}.items():
        (line,) = (line for line in shown.get().splitlines() if f"  {name} " in line)
        assert re.search(rf" {told} +(99.8|100.0)%", line), line


def test_where_our_time_goes_is_told_field_by_field(people: pl.DataFrame) -> None:
    times = by_field.measured(people, laps=1)
    assert {name for who, name in times if who == "meta"} == {*people_rows.META_COLUMNS, "all of these"}
    assert ("google", "phone") in times
    assert ("google", "gender") not in times
    assert times["meta", "all of these"] > times["meta", "gender"]
    console = Console(width=100)
    with console.capture() as shown:
        console.print(by_field.table(times))
    assert "date_of_birth" in shown.get()


@contextmanager
def numbers(folder: Path, rows: int) -> Iterator[list[int]]:
    yield list(range(rows))


def one_part(given: list[int]) -> Iterator[Part]:
    yield Part(given, len(given))


def fails(data: object) -> NoReturn:
    sys.exit(1)


def test_a_contender_that_fails_is_named() -> None:
    case = Case("broken", "Broken", numbers, one_part, (Contender("the broken one", fails),), laps=1)
    with pytest.raises(MeasuringError, match="the broken one"):
        measure(case, [1])


def test_a_contender_that_is_not_installed_is_left_out() -> None:
    absent = Contender("absent", fails, distribution="no-such-distribution")
    assert absent.missing()
    assert measure(Case("absent", "Absent", numbers, one_part, (absent,)), [1]) == []
