"""Columns of numbers are read at once, and say only what libphonenumber says, for every region of the world."""

from __future__ import annotations

import random
from collections import Counter

import phonenumbers
import polars as pl
import pytest
import rphonenumbers
from phonenumbers import PhoneMetadata, re_util

from matching import phones
from matching.phones import columns, library
from matching.phones.atlas import Atlas

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
CALLING_CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
DIGITS = "0123456789"
TEXTS_A_REGION = 40


@pytest.fixture(scope="module", autouse=True)
def _patterns_are_compiled_once():
    """The reference compiles more patterns than the standard library remembers."""
    re_util.enable_pattern_cache()


@pytest.fixture(scope="module")
def world():
    """An atlas in which every plan is drawn."""
    atlas = Atlas(worth_a_plan=1)
    atlas.ask(Counter([*REGIONS, *CALLING_CODES]))
    assert atlas.chart.wanted == []
    return atlas


def read(rows, atlas):
    frame = pl.DataFrame(rows, schema={"text": pl.String, "country": pl.String}, orient="row")
    found = columns.read(frame["text"], frame["country"], atlas)
    return list(zip(found.e164.to_list(), found.invalid.to_list(), strict=True))


def by(parser, text, country):
    """What libphonenumber or its Rust port says."""
    try:
        number = parser.parse(text, country)
    except parser.NumberParseException:
        return None
    return (
        parser.format_number(number, parser.PhoneNumberFormat.E164)
        if parser.is_valid_number(number)
        else None
    )


def examples(region):
    """National numbers of every type that the region has."""
    found = (phonenumbers.example_number_for_type(region, kind) for kind in range(11))
    return [phonenumbers.national_significant_number(number) for number in found if number]


def mutated(chance, number):
    """The number, or one that begins like it, one with a digit more or less, or one wrong digit."""
    habit = chance.random()
    if habit < 0.6:
        kept = chance.randrange(len(number))
        return number[:kept] + "".join(chance.choices(DIGITS, k=len(number) - kept))
    if habit < 0.8:
        return number[:-1] if habit < 0.7 else number + chance.choice(DIGITS)
    wrong = chance.randrange(len(number))
    return number[:wrong] + chance.choice(DIGITS) + number[wrong + 1 :] if habit < 0.9 else number


def beginning(chance, region):
    """What people dial or write before a number, rightly or wrongly."""
    metadata = PhoneMetadata.metadata_for_region(region)
    code, trunk = str(metadata.country_code), metadata.national_prefix or ""
    other = str(chance.choice(CALLING_CODES))
    anything = "".join(chance.choices(DIGITS, k=chance.randrange(1, 5)))
    right = ["", trunk, f"({trunk})", f"+{code}", f"+{code}(0)", f"(+{code}) ", f"00{code}", code]
    wrong = ["0", "1", "8", "00", f"+{code}{trunk}", f"00{code}{trunk}", f"{code}{trunk}", f"{code}{code}"]
    mixed = [
        f"+{other}",
        f"00{other}",
        other,
        f"011{code}",
        f"001{code}",
        f"+{code}{code}",
        "+0",
        f"++{code}",
    ]
    return chance.choice([*right, *wrong, *mixed, anything])


def dialled():
    """Numbers of every region as they are dialled there or elsewhere, most of them wrong in some way; from a seed."""
    chance = random.Random(20261122)
    for region in REGIONS:
        numbers = examples(region)
        for _ in range(TEXTS_A_REGION):
            text = list(beginning(chance, region) + mutated(chance, chance.choice(numbers)))
            for _ in range(chance.randrange(3)):
                text.insert(
                    chance.randrange(len(text) + 1), chance.choice([" ", "-", ".", "/", "(", ")", " - "])
                )
            where = region if chance.random() < 0.85 else chance.choice([*REGIONS, None, "AQ"])
            yield "".join(text), where


def written():
    """Every region's examples in the ways in which most numbers are written."""
    for region in REGIONS:
        for kind in range(11):
            example = phonenumbers.example_number_for_type(region, kind)
            if example:
                for form in (0, 1, 2):
                    text = phonenumbers.format_number(example, form)
                    yield text, region
                    yield text.replace(" ", "-"), region


def test_what_columns_say_of_a_number_is_what_the_reference_implementation_says(world):
    rows = [*dialled(), *written()]

    found = read(rows, world)

    wrong = [
        (text, country, e164, expected)
        for (text, country), (e164, invalid) in zip(rows, found, strict=True)
        for expected in [by(phonenumbers, text, country)]
        if (e164 and e164 != expected) or (invalid and expected)
    ]
    assert len(rows) > 15_000
    assert wrong == []


def test_columns_decide_nearly_all_numbers_that_are_well_written(world):
    rows = list(written())

    undecided = [row for row, (e164, _) in zip(rows, read(rows, world), strict=True) if e164 is None]

    # Among them local numbers, to which an area code is added, and what is reserved for made-up numbers.
    assert len(undecided) < len(rows) * 0.02, Counter(country for _, country in undecided)


def test_the_fast_implementation_and_the_reference_never_read_two_numbers_out_of_one_text():
    rows = [*dialled(), *written()]

    answers = [{by(rphonenumbers, *row), by(phonenumbers, *row)} for row in rows]

    assert [row for row, said in zip(rows, answers, strict=True) if len(said - {None}) > 1] == []
    # Their numbering plans are some weeks apart.
    assert sum(len(said) > 1 for said in answers) < len(rows) // 1_000


def test_a_number_comes_to_the_same_with_and_without_a_plan_for_it(world):
    rows = list(dialled())[::7]

    found = read(rows, world)

    assert [
        e164 or library.e164(*row, known_invalid=invalid)
        for row, (e164, invalid) in zip(rows, found, strict=True)
    ] == [library.e164(*row) for row in rows]


def test_a_plan_is_drawn_once_enough_numbers_have_asked_for_it():
    atlas = Atlas(worth_a_plan=3)

    first = read([("06 12 34 56 78", "FR"), ("+44 20 7946 0958", "FR")], atlas)
    second = read([("06 12 34 56 78", "FR"), ("06 12 34 56", "FR"), ("+44 20 7946 0958", None)], atlas)

    assert first == [(None, False), (None, False)]
    assert second == [("+33612345678", False), (None, True), (None, False)]
    assert "FR" not in atlas.chart.wanted
    assert 44 in atlas.chart.wanted


def test_text_that_is_more_than_digits_and_punctuation_is_never_judged(world):
    texts = [
        "+44 20 7946 0958 x12",
        "+44 20 7946 0958#12",
        "020 7946 0958+",
        "44 20 +7946 0958",
        "+ (+44) 20 7946 0958",
        "+44 20 7946,0958",
        "tel:+442079460958",
        "+44 20 7946 0958" + " " * 250,
        "٠٢٠ ٧٩٤٦ ٠٩٥٨",
        "020 7946 0958 / 020 7946 0959",
    ]

    assert read([(text, "GB") for text in texts], world) == [(None, False)] * len(texts)


def test_a_number_that_may_be_made_up_or_is_too_long_for_e164_is_not_accepted_at_once(world):
    assert read([("06 00 00 00 00", "FR"), ("030 1234567890123", "DE")], world) == [(None, False)] * 2


def test_null_and_empty_text_is_no_number_whatever_lies_beside_it(world):
    rows = [(None, "FR"), ("", "FR"), ("06 12 34 56 78", "FR"), (None, None), ("+", "FR"), ("()", None)]

    assert [e164 for e164, _ in read(rows, world)] == [None, None, "+33612345678", None, None, None]
    masked = pl.select(pl.when(pl.Series([False, True])).then(pl.Series(["06 12 34 56 78"] * 2))).to_series()
    assert columns.read(masked, pl.Series(["FR", "FR"]), world).e164.to_list() == [None, "+33612345678"]
    assert columns.read(masked[:0], pl.Series([], dtype=pl.String), world).e164.to_list() == []


def test_a_frame_of_many_numbers_keeps_their_order_and_refuses_what_a_small_one_refuses():
    numbers = [
        f"06 {number // 10_000:02d} {number // 100 % 100:02d} {number % 100:02d} 99"
        for number in range(40_000)
    ]
    texts = [
        *numbers,
        "06 00 00 00 00",
        "n/a",
        "06 12 34 56 78 (mobile)",
        None,
        "06 12 34 56",
        "+44 20 7946 0958",
    ]
    frame = pl.DataFrame({"text": texts, "country": "FR"})

    parsed = frame.select(phones.to_e164(pl.col("text"), pl.col("country")).alias("parsed")).unnest("parsed")

    assert parsed["e164"][:40_000].to_list() == [f"+33{number.replace(' ', '')[1:]}" for number in numbers]
    assert parsed["e164"][40_000:].to_list() == [None, None, "+33612345678", None, None, "+442079460958"]
    assert [bool(reason) for reason in parsed["reason"][40_000:]] == [True, True, False, False, True, False]
