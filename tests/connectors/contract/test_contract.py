"""What every connector promises, held against each of them alike."""

from __future__ import annotations

import copy
import json
import logging

import pandas as pd
import pytest

from config.columns import EXTRA_PREFIX
from connectors.base import Connector
from connectors.entries import STAGE_ENTRY_SCHEMA
from tests.connectors.contract.case import Case, as_stored, entries, read_until_it_fails


def everything(case: Case) -> list[tuple[object, ...]]:
    return entries(*case.connector().read(None))


def test_it_is_a_connector(case: Case) -> None:
    assert isinstance(case.connector(), Connector)


def test_its_batches_are_frames_of_stage_entries(case: Case) -> None:
    batches = list(case.connector().read(None))
    assert len(batches) > 2, "too few for the promises below to mean anything"
    for batch in batches:
        columns = {name: dtype for name, dtype in batch.entries.dtypes.items() if name in STAGE_ENTRY_SCHEMA}
        assert columns == STAGE_ENTRY_SCHEMA
        assert all(
            name in STAGE_ENTRY_SCHEMA or str(name).startswith(EXTRA_PREFIX) for name in batch.entries.columns
        )


def test_every_entry_says_where_it_is_from_and_when_it_was_entered(case: Case) -> None:
    frame = pd.concat(batch.entries for batch in case.connector().read(None))
    assert set(frame["source"]) == {case.source}
    assert set(frame["stage"]) <= case.stages
    assert not frame[["object", "record_id", "stage", "entered_at"]].isna().any(axis=None)


def test_no_entry_comes_twice_in_one_reading(case: Case) -> None:
    read = everything(case)
    assert len(read) == len(set(read))


def test_the_same_reading_twice_gives_the_same(case: Case) -> None:
    assert everything(case) == everything(case)


def test_its_rows_are_as_many_as_it_announced(case: Case) -> None:
    connector = case.connector()
    announced = connector.total(None)
    assert announced in {None, sum(batch.rows_read for batch in connector.read(None))}


def test_every_cursor_is_json_and_stays_as_it_was(case: Case) -> None:
    given = [(batch.cursor, copy.deepcopy(batch.cursor)) for batch in case.connector().read(None)]
    for cursor, then in given:
        assert cursor == then
        assert as_stored(cursor) == cursor


def test_a_reading_can_go_on_from_every_batch(case: Case) -> None:
    batches = list(case.connector().read(None))
    whole = set(entries(*batches))
    for reached in range(1, len(batches)):
        cursor = as_stored(batches[reached - 1].cursor)
        rest = entries(*case.connector().read(cursor))
        assert set(entries(*batches[:reached])) | set(rest) == whole, f"after batch {reached}"


def test_a_reading_that_is_given_up_leaves_nothing_behind_that_matters(case: Case) -> None:
    reading = case.connector().read(None)
    first = next(reading)
    reading.close()  # type: ignore[attr-defined]
    rest = entries(*case.connector().read(as_stored(first.cursor)))
    assert set(entries(first)) | set(rest) == set(everything(case))


def test_after_a_whole_reading_only_what_is_new_is_missing(case: Case) -> None:
    batches = list(case.connector().read(None))
    added = case.add_record()
    cursor = as_stored(batches[-1].cursor)
    news = set(entries(*case.connector().read(cursor))) - set(entries(*batches))
    assert {record for _, record, _, _ in news} == {added}


def test_an_empty_source_is_read_to_its_end(case: Case) -> None:
    case.empty()
    batches, error = read_until_it_fails(case.connector())
    assert error is None
    assert entries(*batches) == []


def test_a_source_that_was_empty_shows_what_comes_later(case: Case) -> None:
    case.empty()
    batches = list(case.connector().read(None))
    added = case.add_record()
    cursor = as_stored(batches[-1].cursor) if batches else None
    assert {record for _, record, _, _ in entries(*case.connector().read(cursor))} == {added}


def test_one_unusable_record_is_told_of_and_takes_no_other_with_it(case: Case) -> None:
    before = everything(case)
    case.add_unusable_record()
    batches, error = read_until_it_fails(case.connector())
    assert error is None
    assert set(entries(*batches)) == set(before)
    assert any(batch.rejects or batch.notes for batch in batches)


def test_a_session_that_ends_in_the_middle_is_renewed_once(remote: Case) -> None:
    whole = set(everything(remote))
    remote.expire_session(after=3)
    batches, error = read_until_it_fails(remote.connector())
    assert error is None
    assert set(entries(*batches)) == whole


def test_refused_credentials_are_a_matter_of_configuration(case: Case) -> None:
    with case.refusing():
        batches, error = read_until_it_fails(case.connector())
        assert batches == []
        assert error is not None
        assert error.configuration
        assert error.advice
        assert not all(check.ok for check in case.connector().check())
    assert everything(case)


@pytest.mark.parametrize("harm", ["throttle", "cut"])
def test_what_passes_by_itself_is_waited_for(remote: Case, harm: str) -> None:
    whole = everything(remote)
    getattr(remote, harm)(times=2, after=2)
    batches, error = read_until_it_fails(remote.connector())
    assert error is None
    assert entries(*batches) == whole


@pytest.mark.parametrize("harm", ["throttle", "cut"])
@pytest.mark.parametrize("after", [2, 6])
def test_what_stays_ends_the_reading_and_the_next_one_goes_on(remote: Case, harm: str, after: int) -> None:
    whole = set(everything(remote))
    getattr(remote, harm)(times=None, after=after)
    batches, error = read_until_it_fails(remote.connector())
    assert error is not None, "a reading that was cut short must not end green"
    assert not error.configuration
    remote.recover()
    cursor = as_stored(batches[-1].cursor) if batches else None
    rest, error = read_until_it_fails(remote.connector(), cursor)
    assert error is None
    assert set(entries(*batches, *rest)) == whole


def test_its_check_is_green_and_shows_nobody(case: Case) -> None:
    checks = case.connector().check()
    assert checks
    assert [check.message for check in checks if not check.ok] == []
    told = json.dumps(
        [(check.name, check.message, [table.rows for table in check.details]) for check in checks]
    )
    assert not [text for text in (*case.personal, *case.secrets) if text in told]


def test_logs_and_errors_show_no_person_and_no_secret(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    if case.is_remote:
        case.throttle(times=1, after=2)
    told += [note for batch in case.connector().read(None) for note in batch.notes]
    if case.is_remote:
        case.cut(times=None, after=3)
        told += [str(error) for _, error in [read_until_it_fails(case.connector())] if error]
        case.recover()
    with case.refusing():
        _, error = read_until_it_fails(case.connector())
        told += [str(error), error.advice if error else ""]
    everything_told = "\n".join([*told, *(record.getMessage() for record in caplog.records)])
    assert not [text for text in (*case.personal, *case.secrets) if text in everything_told]
