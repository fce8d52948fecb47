"""Digits and dashes of every script are ASCII ones, and nothing else is touched."""

from __future__ import annotations

import sys
import unicodedata

import polars as pl

from matching.digits import in_ascii, rarely_in_ascii


def test_a_column_where_few_rows_have_them_comes_out_as_one_gone_through_whole():
    written = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    texts = pl.DataFrame({"text": [*written, "", None]})
    columns = texts.select(whole=in_ascii(pl.col("text")), rarely=rarely_in_ascii(pl.col("text")))

    assert columns["whole"].equals(columns["rarely"])
    changed = texts["text"].filter(columns["whole"].ne_missing(texts["text"])).to_list()
    assert {unicodedata.category(char) for char in changed} == {"Nd", "Pd", "Sm"}
    assert [char for char in changed if unicodedata.category(char) == "Sm"] == ["\N{MINUS SIGN}"]


def test_a_column_without_any_stays_as_it_is():
    texts = pl.DataFrame({"text": ["75001", "M1 1AE", "Straße", None]})

    assert texts.select(rarely_in_ascii(pl.col("text"))).equals(texts)
