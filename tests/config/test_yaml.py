"""YAML reads as people mean it, and what cannot be read is told with its line and without quoting the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import ConfigurationError, load_client
from config.sources import PosFilesSettings
from tests.config.conftest import Folder


def test_norway_is_a_country(acme: Folder) -> None:
    acme.edit(("country: FR", "country: NO"))

    assert load_client(acme.client).settings.country == "NO"


@pytest.mark.parametrize(
    "written", ["no", "on", "off", "yes", "true", "2026-05-01", "12:30:00", "0123", "1_000", "~x"]
)
def test_a_text_stays_as_written_whatever_yaml_would_make_of_it(acme: Folder, written: str) -> None:
    acme.edit(("order_id: Ticket", f"order_id: {written}"))

    shops = load_client(acme.client).settings.sources["shops"]

    assert isinstance(shops, PosFilesSettings)
    assert shops.columns["order_id"] == written


def test_picklist_values_that_look_like_booleans_or_numbers_are_text(acme: Folder) -> None:
    acme.edit(
        ("{Working: lead, Qualified: qualified}", "{No: lead, yes: qualified, 1: qualified, 007: lead}")
    )

    crm = load_client(acme.client).settings.sources["crm"]

    assert set(crm.stages["Lead.Status"]) == {"No", "yes", "1", "007"}  # type: ignore[union-attr]


def test_ids_need_no_quotes(acme: Folder) -> None:
    acme.edit(('"1234567890"', "1234567890"), ('"222222222"', "0222222222"))

    settings = load_client(acme.client).settings

    assert settings.destinations.meta is not None
    assert settings.destinations.meta.dataset_id == "1234567890"
    assert settings.conversions["won"].google == "0222222222"


@pytest.mark.parametrize("written", ["80", '"80"', "80.0", "8e1"])
def test_a_number_is_a_number_quoted_or_not(acme: Folder, written: str) -> None:
    acme.edit(("value: 80", f"value: {written}"))

    assert load_client(acme.client).settings.conversions["qualified"].value == 80.0


def test_a_value_of_zero_is_a_value(acme: Folder) -> None:
    acme.edit(("value: 80", "value: 0"))

    assert load_client(acme.client).settings.conversions["qualified"].value == 0.0


def test_an_expression_is_kept_as_text(acme: Folder) -> None:
    acme.edit(("value: 80", "value: amount * 0.35"))

    assert load_client(acme.client).settings.conversions["qualified"].value == "amount * 0.35"


def test_a_repeated_key_is_a_mistake_that_names_both_lines(acme: Folder) -> None:
    acme.edit(("    path: data/*.csv", "    path: data/*.csv\n    path: other/*.csv"))

    problem = acme.problem()

    assert (problem.key, problem.line) == ("sources.shops.path", acme.line_of("other/"))
    assert f"line {acme.line_of('data/')} already" in problem.expected


def test_anchors_and_merge_keys_work_and_own_keys_win(acme: Folder) -> None:
    acme.edit(
        ("  won: {value: amount, meta: Converted", "  won: &won {value: amount, meta: Converted"),
        ("  purchase: {value: amount, meta: Purchase}", "  purchase:\n    meta: Purchase\n    <<: *won"),
    )

    purchase = load_client(acme.client).settings.conversions["purchase"]

    assert (purchase.meta, purchase.value, purchase.google) == ("Purchase", "amount", "222222222")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a:\n\tb: 1", 2, "spaces instead of tabs"),
        ("a: {b: ${X}, c: 1}", 1, "${NAME} must be quoted"),
        ("a: b: c", 1, "a colon and a space must be quoted"),
        ("x: 1\na: 'x\nb: 1\n", 2, "a closing quote"),
        ("a: *x", 1, "quotes around a text that begins with *"),
        ("a: @x", 1, "quotes around a text that begins with @"),
        ("a:\n  b: 1\n c: 2", 3, "start in the same column"),
        ("a: 1\nnonsense\nb: 2", 2, "a colon and a space after the key"),
        ("a: 1\n---\nb: 2", 2, "without a second ---"),
        ('a: "c:\\path"', 1, "single quotes"),
        ("a: !!python/object/apply:os.system [x]", 1, "without a YAML tag"),
        ("- a\n- b", 1, "keys and values"),
        ("", 1, "keys and values"),
        ("a: &x\n  b: *x", 2, "does not contain itself"),
        ("? [a]\n: b", 1, "a name before the colon"),
    ],
)  # fmt: skip
def test_what_yaml_cannot_read_is_told_in_plain_words(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    file = tmp_path / "client.yaml"
    file.write_text(text)

    with pytest.raises(ConfigurationError) as raised:
        load_client(file)

    first = raised.value.problems[0]
    assert first.line == line
    assert words in str(first)


def test_a_file_in_another_encoding_is_told_apart_from_nonsense(tmp_path: Path) -> None:
    file = tmp_path / "client.yaml"
    file.write_bytes("client: acme\nnote: café\n".encode("cp1252"))

    with pytest.raises(ConfigurationError, match=r"client.yaml:2: expected text saved as UTF-8"):
        load_client(file)


def test_aliases_cannot_grow_without_end(tmp_path: Path) -> None:
    levels = [f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]" for n in range(9)]
    file = tmp_path / "client.yaml"
    file.write_text("\n".join(["a: &a [x, x, x]", *levels]))

    with pytest.raises(ConfigurationError, match="at most 100,000 values"):
        load_client(file)
