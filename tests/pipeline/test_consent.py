"""Only a yes is a yes: known words are read in several languages, and a word that nobody knows is a refusal."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closedwon.pipeline.consent import DENIED, GRANTED, read_consent
from config.settings import ConsentSettings


def read(
    word: str | None, default: str = "unspecified", personalization: str | None = None
) -> tuple[str, str]:
    given = pl.DataFrame(
        {"ad_user_data": [word], "ad_personalization": [personalization]},
        schema={"ad_user_data": pl.String, "ad_personalization": pl.String},
    )
    (row,) = given.with_columns(read_consent(ConsentSettings.model_validate({"default": default}))).rows()
    return row


def written(word: str) -> list[str]:
    return [word, word.upper(), word.capitalize(), f"  {word}\t"]


@pytest.mark.parametrize("word", GRANTED)
def test_a_yes_is_granted_however_it_is_written(word: str) -> None:
    assert {read(one)[0] for one in written(word)} == {"granted"}


@pytest.mark.parametrize("word", DENIED)
def test_a_no_is_denied_however_it_is_written(word: str) -> None:
    assert {read(one, default="granted")[0] for one in written(word)} == {"denied"}


def test_no_word_means_both() -> None:
    assert not set(GRANTED) & set(DENIED)


@pytest.mark.parametrize("blank", [None, "", "   "])
@pytest.mark.parametrize("default", ["granted", "denied", "unspecified"])
def test_a_blank_is_what_the_client_says_it_is(blank: str | None, default: str) -> None:
    assert read(blank, default) == (default, default)


@pytest.mark.parametrize("word", ["pending", "2", "yes?", "not yes", "unknown", "n/a", "null", "nan"])
def test_a_word_that_nobody_knows_is_a_refusal(word: str) -> None:
    assert read(word, default="granted")[0] == "denied"


@given(st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"]), min_size=1))
def test_nothing_but_a_known_yes_is_ever_granted(word: str) -> None:
    assert read(word, default="granted")[0] == ("granted" if word.lower() in GRANTED else "denied")


def test_each_consent_is_read_for_itself() -> None:
    assert read("yes", personalization="no") == ("granted", "denied")
    assert read("no", personalization="yes") == ("denied", "granted")
