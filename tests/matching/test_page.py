"""What docs/matching.md says is true: its tables are those of the code, and every example comes out as told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from google.ads import datamanager_v1

from matching import FIELDS, explain_row
from matching.countries import LANGUAGES
from matching.postal_codes import EXPECTED

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "matching.md").read_text(encoding="utf-8")
LINKS = dict(re.findall(r"^\[([\w-]+)\]: (\S+)$", PAGE, flags=re.MULTILINE))

META_TAKES = {
    *("em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country", "external_id", "client_ip_address"),
    *(
        "client_user_agent",
        "fbc",
        "fbp",
        "subscription_id",
        "fb_login_id",
        "lead_id",
        "anon_id",
        "madid",
        "page_id",
    ),
    *("page_scoped_user_id", "ctwa_clid", "ig_account_id", "ig_sid"),
}
"""Meta's "Customer Information Parameters", as of January 2026."""

GOOGLE_TAKES = {
    name
    for message in (
        datamanager_v1.UserIdentifier,
        datamanager_v1.AddressInfo,
        datamanager_v1.AdIdentifiers,
        datamanager_v1.DeviceInfo,
    )
    for name in message.meta.fields
} - {"address", "landing_page_device_info"}
"""The identifiers of Google's own client library, without what only holds others."""


def _tables(first, second):
    """The rows of the tables with these first two headers, as cells."""
    head = rf"^\| {re.escape(first)} \| {re.escape(second)} \|.*\n\|[-|]+\n((?:\|.*\n)+)"
    for table in re.findall(head, PAGE, flags=re.MULTILINE):
        for row in table.splitlines():
            yield [cell.strip() for cell in row.split("|")[1:-1]]


def _code(cell):
    return re.findall(r"`([^`]+)`", cell)


def _row(column, example):
    """The row that an example cell stands for: a value, and ``with`` another column beside it."""
    value, *beside = _code(example)
    return {column: value, **dict(text.split(": ", 1) for text in beside)}


SENT = {
    "meta": list(_tables("column", "Meta's name")),
    "google": list(_tables("column", "Google's name")),
}
NOT_SENT = {
    platform: {name for names, _ in _tables(f"{platform.title()}'s name", "why") for name in _code(names)}
    for platform in SENT
}


@pytest.mark.parametrize("platform", SENT)
def test_the_page_has_every_rule_of_the_table(platform):
    rules = {rule.column: rule for rule in FIELDS if rule.platform == platform}
    told = {}
    for column, name, sent, *_ in SENT[platform]:
        (link,) = re.findall(r"\]\[([\w-]+)\]", name)
        told[_code(column)[0]] = (sent, LINKS[link])
    forms = {"hashed": "hashed", "plain": "in clear"}
    assert told == {column: (forms[rule.form], rule.page) for column, rule in rules.items()}


def test_every_field_that_a_platform_takes_is_sent_or_left_out_for_a_reason():
    sent = {platform: {_code(name)[0] for _, name, *_ in rows} for platform, rows in SENT.items()}
    assert sent["meta"] == {rule.output for rule in FIELDS if rule.platform == "meta"}
    for platform, takes in (("meta", META_TAKES), ("google", GOOGLE_TAKES)):
        assert sent[platform] | NOT_SENT[platform] == takes
        assert not sent[platform] & NOT_SENT[platform]


@pytest.mark.parametrize(
    ("platform", "column", "example", "becomes"),
    [
        (platform, _code(column)[0], example, _code(becomes)[0])
        for platform, rows in SENT.items()
        for column, _, _, _, example, becomes in rows
    ],
)
def test_an_example_becomes_what_the_page_says(platform, column, example, becomes):
    answer = explain_row(_row(column, example), platform)[column]
    assert str(answer["normalized"]) == becomes


@pytest.mark.parametrize(("column", "example", "because"), list(_tables("column", "for example")))
def test_a_refused_example_is_refused_for_the_reason_told(column, example, because):
    (name,) = _code(column)
    assert explain_row(_row(name, example), "meta")[name]["rejected"].startswith(because)


@pytest.mark.parametrize(("written", "declared", "read"), list(_tables("written", "`birth_dates`")))
def test_birth_dates_are_read_as_the_page_says(written, declared, read):
    every = (None, "day_first", "month_first", "year_first")
    orders = every if declared == "any" else (None,) if declared == "none" else tuple(_code(declared))
    for order in orders:
        answer = explain_row({"date_of_birth": _code(written)[0]}, "meta", birth_dates=order)["date_of_birth"]
        if _code(read):
            assert answer["normalized"] == _code(read)[0]
        else:
            assert answer["rejected"].startswith(read.removeprefix("refused: "))


@pytest.mark.parametrize(("column", "refused", "taken"), list(_tables("column", "refused")))
def test_placeholders_are_refused_and_names_taken_as_the_page_says(column, refused, taken):
    (name,) = _code(column)
    assert "placeholder" in explain_row({name: _code(refused)[0]}, "meta")[name]["rejected"]
    assert "sha256" in explain_row({name: _code(taken)[0]}, "meta")[name]


def test_the_page_counts_right():
    languages = {"en"} | {locale.split("_")[0].lower() for locale in LANGUAGES}
    assert f"a name in {len(languages)} languages" in PAGE
    assert round(len(EXPECTED), -1) == int(re.search(r"in some (\d+) countries", PAGE)[1])


def test_every_table_is_read_by_a_test():
    headed = re.findall(r"^\|(.*)\|\n\|[-|]+\n", PAGE, flags=re.MULTILINE)
    assert len(headed) == 7
    assert all(SENT.values())
    assert all(NOT_SENT.values())
