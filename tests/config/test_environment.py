"""``${NAME}`` is filled from the environment, else from the ``.env`` beside the file; a secret is never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config import ConfigurationError, load_client
from tests.config.conftest import ACME, Folder

SECRET = "EAABinvented9Zd4secret"


def _token(folder: Folder) -> str:
    meta = load_client(folder.client).settings.destinations.meta
    assert meta is not None
    return meta.access_token.get_secret_value()


def test_a_name_is_read_from_the_env_file_beside_the_client_s(acme: Folder) -> None:
    assert _token(acme) == "invented-meta-token"


def test_the_environment_wins_over_the_env_file(acme: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("META_TOKEN", "from-the-environment")

    assert _token(acme) == "from-the-environment"


def test_an_empty_variable_does_not_hide_the_env_file_s(
    acme: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("META_TOKEN", "")

    assert _token(acme) == "invented-meta-token"


def test_the_env_file_does_not_leak_into_the_environment(acme: Folder) -> None:
    load_client(acme.client)

    assert "META_TOKEN" not in os.environ


def test_values_of_an_env_file_are_taken_as_they_stand(acme: Folder) -> None:
    (acme.path / ".env").write_text("\ufeffSF_KEY=key\nMETA_TOKEN='a${SF_KEY}$b #c'\n", encoding="utf-8")

    assert _token(acme) == "a${SF_KEY}$b #c"


def test_a_trailing_newline_of_a_variable_is_no_part_of_a_token(
    acme: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("META_TOKEN", "token-from-a-file\n")

    assert _token(acme) == "token-from-a-file"


def test_names_are_filled_in_numbers_lists_and_parts_of_a_text(
    acme: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"WORTH": "95.5", "STAGE": "won", "ORG": "acme"}.items():
        monkeypatch.setenv(name, value)
    acme.edit(
        ("value: 80", 'value: "${WORTH}"'),
        ("opportunity, won]", 'opportunity, "${STAGE}"]'),
        ("username: sync@acme.example", "username: sync@${ORG}.example"),
    )

    loaded = load_client(acme.client).settings

    assert loaded.conversions["qualified"].value == 95.5
    assert loaded.funnel[-1] == "won"
    assert loaded.sources["crm"].auth.username == "sync@acme.example"  # type: ignore[union-attr]


def test_a_doubled_dollar_writes_a_plain_one(acme: Folder) -> None:
    acme.edit(("email: Email", 'email: "$${Email}"'))

    assert load_client(acme.client).settings.sources["shops"].columns["email"] == "${Email}"  # type: ignore[union-attr]


def test_every_missing_name_is_told_with_the_places_looked_into(acme: Folder) -> None:
    (acme.path / ".env").write_text("META_TOKEN=\n")

    found = {one.key: one for one in acme.problems()}

    assert set(found) == {"sources.crm.auth.consumer_key", "destinations.meta.access_token"}
    assert found["sources.crm.auth.consumer_key"].line == acme.line_of("SF_KEY")
    assert "SF_KEY" in found["sources.crm.auth.consumer_key"].expected
    assert f"the environment or in {acme.path / '.env'}" in found["destinations.meta.access_token"].expected


def test_a_value_that_misses_a_name_is_not_also_called_wrong(acme: Folder) -> None:
    acme.edit(('"1234567890"', "${META_DATASET}"), ("type: pos_files", "type: ${TILL}"))

    assert {one.key for one in acme.problems()} == {"destinations.meta.dataset_id", "sources.shops.type"}
    assert all("a value for" in one.expected for one in acme.problems())


def test_an_env_file_that_is_not_there_is_said_to_be_missing(acme: Folder) -> None:
    (acme.path / ".env").unlink()

    assert all(".env (no such file)" in one.expected for one in acme.problems())


@pytest.mark.parametrize("written", ["${}", "${META-TOKEN}", "${META_TOKEN:-none}", "${META_TOKEN"])
def test_a_placeholder_without_a_proper_name_is_a_mistake(acme: Folder, written: str) -> None:
    acme.edit(("${META_TOKEN}", f'"{written}"'))

    assert acme.problem().key == "destinations.meta.access_token"


def test_a_file_s_name_that_holds_the_key_itself_is_not_repeated(
    acme: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_FILE", '{"private_key": "-----BEGIN PRIVATE KEY-----' + "x" * 5000 + '"}')
    acme.edit(("google.json", "${GOOGLE_FILE}"))

    problem = acme.problem()

    assert "BEGIN" not in str(problem)
    assert problem.got == "'${GOOGLE_FILE}'"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("access_token: ${META_TOKEN}", f"acess_token: {SECRET}"),
        ("access_token: ${META_TOKEN}", f"access_token: [{SECRET}]"),
        ('meta:\n    dataset_id: "1234567890"\n    access_token: ${META_TOKEN}', f"meta: {SECRET}"),
        ('dataset_id: "1234567890"', f'dataset_id: "{SECRET * 3}"'),
        ("access_token: ${META_TOKEN}", f"access_token: {{value: {SECRET}}}"),
        ("access_token: ${META_TOKEN}", f"access_token *{SECRET}"),
        ("access_token: ${META_TOKEN}", f"access_token: *{SECRET}"),
        ("access_token: ${META_TOKEN}", f"access_token: '{SECRET}"),
        ("access_token: ${META_TOKEN}", f"access_token: {SECRET}: x"),
        ("access_token: ${META_TOKEN}", f"access_token: !{SECRET} x"),
        ("access_token: ${META_TOKEN}", f"access_token: !{SECRET}!x y"),
        ("access_token: ${META_TOKEN}", f"access_token: ${{META TOKEN {SECRET}}}"),
        (
            "      consumer_key: ${SF_KEY}",
            f"      consumer_secret: {SECRET}\n      consumer_key: ${{SF_KEY}}",
        ),
    ],
)
def test_no_mistake_around_a_secret_repeats_it(acme: Folder, old: str, new: str) -> None:
    acme.edit((old, new))

    with pytest.raises(ConfigurationError) as raised:
        load_client(acme.client)

    assert SECRET not in f"{raised.value}{raised.value!r}"


def test_a_loaded_file_does_not_show_its_secrets(acme: Folder) -> None:
    acme.edit(("${META_TOKEN}", SECRET))

    assert SECRET not in repr(load_client(acme.client))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cut=st.integers(0, len(ACME) - 1),
    length=st.integers(0, 3),
    put=st.text(" \n\t:{}[]\"'&*!|>%@#-?,", max_size=3),
)
def test_a_file_spoilt_anywhere_never_shows_its_secret(acme: Folder, cut: int, length: int, put: str) -> None:
    text = ACME[:cut] + put + ACME[cut + length :]
    acme.client.write_text(text.replace("${META_TOKEN}", SECRET), encoding="utf-8")

    try:
        shown = repr(load_client(acme.client))
    except ConfigurationError as error:
        shown = f"{error}{error.problems!r}"

    assert SECRET not in shown


def test_an_unreadable_env_file_is_named(acme: Folder) -> None:
    (acme.path / ".env").unlink()
    (acme.path / ".env").mkdir()

    assert acme.path / ".env" in {one.file for one in acme.problems()}


def test_a_client_s_env_file_wins_over_that_of_its_shared_defaults(acme: Folder, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "_agency.yaml").write_text("destinations: {meta: {app_secret: '${AGENCY_SECRET}'}}\n")
    (shared / ".env").write_text("AGENCY_SECRET=agency\nMETA_TOKEN=agency-token\n")
    acme.client.write_text("defaults: shared/_agency.yaml\n" + acme.client.read_text())

    meta = load_client(acme.client).settings.destinations.meta

    assert meta is not None and meta.app_secret is not None
    assert meta.app_secret.get_secret_value() == "agency"
    assert meta.access_token.get_secret_value() == "invented-meta-token"
