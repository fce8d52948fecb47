"""National numbers of many countries, as each writes them and as others mangle them, come out as E.164."""

from __future__ import annotations

import json
import re
from pathlib import Path

import phonenumbers
import polars as pl
import pytest

from matching import phones

VECTORS = json.loads(Path(__file__).with_name("vectors_phones.json").read_text(encoding="utf-8"))
"""Landlines and mobiles in the national format of the reference implementation."""

ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def _international(vector):
    calling_code = str(phonenumbers.country_code_for_region(vector["country"]))
    return calling_code, vector["e164"].removeprefix(f"+{calling_code}")


def _trunk_zero_in_brackets(vector):
    if vector["country"] == "IT":
        # The zero is a part of landline numbers there, and makes landlines of mobiles.
        return vector["e164"]
    calling_code, number = _international(vector)
    return f"+{calling_code} (0) {number}"


STYLES = {
    "as printed": lambda vector: vector["written"],
    "digits": lambda vector: re.sub(r"\D", "", vector["written"]),
    "dots": lambda vector: re.sub(r"[^\d]+", ".", vector["written"]).strip("."),
    "E.164": lambda vector: vector["e164"],
    "brackets": lambda vector: "(+{}) {}".format(*_international(vector)),
    "trunk zero": _trunk_zero_in_brackets,
    "00": lambda vector: "00{} {}".format(*_international(vector)),
    "extension": lambda vector: f"{vector['e164']} ext. 42",
    "note": lambda vector: f"{vector['written']} (at work)",
    "label": lambda vector: f"Tel.: {vector['written']}",
    "tel: URI": lambda vector: f"tel:{vector['e164']}",
    "decimal": lambda vector: f"{vector['e164']}.0",
    "Arabic-Indic": lambda vector: vector["e164"].translate(ARABIC),
    "Devanagari": lambda vector: vector["written"].translate(DEVANAGARI),
    "full-width": lambda vector: vector["written"].translate(FULL_WIDTH),
    "dashes": lambda vector: re.sub(r"[^\d]+", "–", vector["written"]).strip("–"),
}


def e164(texts, countries):
    frame = pl.DataFrame(
        {"text": texts, "country": countries}, schema=dict.fromkeys(("text", "country"), pl.String)
    )
    return frame.select(phones.to_e164(pl.col("text"), pl.col("country")).struct.field("e164"))[
        "e164"
    ].to_list()


@pytest.mark.parametrize("style", STYLES)
def test_numbers_of_68_countries_are_read_however_they_are_written(style):
    texts = [STYLES[style](vector) for vector in VECTORS]

    found = e164(texts, [vector["country"] for vector in VECTORS])

    assert len({vector["country"] for vector in VECTORS}) == 68
    wrong = [
        (text, vector, answer)
        for text, vector, answer in zip(texts, VECTORS, found, strict=True)
        if answer != vector["e164"]
    ]
    assert wrong == []


def test_the_vectors_are_what_the_reference_implementation_says():
    for vector in VECTORS:
        number = phonenumbers.parse(vector["written"], vector["country"])
        assert phonenumbers.is_valid_number(number)
        assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == vector["e164"]
