"""The sandbox's own reading of the platforms' normalisation, and whom each platform recognises by it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from closedwon.sandbox import reading
from closedwon.sandbox.truth import GoogleTruth, MetaTruth
from tests.sandbox.ad_world import FBCLID, GCLID, LEAD_ID, RHYS, STRANGER, ZOE, ad_world, sha256


@pytest.mark.parametrize(
    ("email", "meta", "google"),
    [
        ("John_Smith@gmail.com", "john_smith@gmail.com", "john_smith@gmail.com"),
        (
            "Jefferson.Loves.hiking@gmail.com",
            "jefferson.loves.hiking@gmail.com",
            "jeffersonloveshiking@gmail.com",
        ),
        (
            "cloudy.sanfrancisco+shopping@gmail.com",
            "cloudy.sanfrancisco+shopping@gmail.com",
            "cloudysanfrancisco@gmail.com",
        ),
        ("user.name+NYC@Example.com", "user.name+nyc@example.com", "user.name+nyc@example.com"),
    ],
)
def test_dots_and_tags_go_for_google_at_gmail_only(email: str, meta: str, google: str) -> None:
    person = replace(ZOE, email=email)
    assert (reading.meta_email(person), reading.google_email(person)) == (meta, google)


@pytest.mark.parametrize(
    ("name", "meta", "google"),
    [
        ("Mary", "mary", "mary"),
        ("Valéry", "valéry", "valéry"),
        ("Vale\u0301ry", "valéry", "valéry"),
        ("O'Brien", "obrien", "obrien"),
        ("정", "정", "정"),
        ("Jean-Baptiste", "jeanbaptiste", "jeanbaptiste"),
        ("De La Cruz", "delacruz", "de la cruz"),
    ],
)
def test_names_lose_case_and_punctuation_and_keep_their_script(name: str, meta: str, google: str) -> None:
    assert (reading.meta_name(name), reading.google_name(name)) == (meta, google)


def test_phones_keep_their_plus_for_google_alone() -> None:
    assert (reading.meta_phone(RHYS), reading.google_phone(RHYS)) == ("442079460123", "+442079460123")


@pytest.mark.parametrize(
    ("country", "postal_code", "expected"), [("GB", "M1 1AE", "m11ae"), ("US", "94035-1234", "94035")]
)
def test_postal_codes_are_short_for_meta(country: str, postal_code: str, expected: str) -> None:
    assert reading.meta_postal_code(replace(ZOE, country=country, postal_code=postal_code)) == expected


def test_the_documentation_and_the_sandbox_hash_alike() -> None:
    assert sha256("mary@example.com") == reading.sha256("mary@example.com")
    assert reading.sha256("정") == "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"


def test_a_platform_without_a_list_knows_everybody() -> None:
    world = ad_world()
    email = sha256(STRANGER.email)
    assert MetaTruth(world).matched_by({"em": email}) == []
    assert GoogleTruth(world).recognised_by([email], [], []) == []
    world.known_by = {}
    assert MetaTruth(world).matched_by({"em": email}) == ["em[0]"]
    assert GoogleTruth(world).recognised_by([email], [], []) == ["email[0]"]


def test_clicks_belong_to_their_own_platform() -> None:
    world = ad_world()
    click = GoogleTruth(world).click("gclid", GCLID)
    assert click is not None
    assert click.person_id == ZOE.id
    assert GoogleTruth(world).click("wbraid", GCLID) is None
    assert MetaTruth(world).matched_by({"fbc": f"fb.1.1700000000000.{GCLID}"}) == []


META_NAME = {"fn": [sha256("zoé")], "ln": [sha256("mercier"), sha256("daubigny")]}


@pytest.mark.parametrize(
    ("user_data", "expected"),
    [
        ({"em": [sha256("other@posta.example"), sha256(ZOE.email)]}, ["em[1]"]),
        ({"em": sha256(ZOE.email), "ph": [sha256("33199001234")]}, ["em[0]", "ph[0]"]),
        ({"lead_id": LEAD_ID, "fbc": f"fb.1.1700000000000.{FBCLID}"}, ["lead_id", "fbc"]),
        ({"lead_id": str(LEAD_ID)}, []),
        (META_NAME | {"zp": sha256("75011")}, ["fn[0]+ln[1]+zp[0]"]),
        (META_NAME | {"db": [sha256("19900403")]}, ["fn[0]+ln[1]+db[0]"]),
        (META_NAME | {"ct": sha256("paris")}, []),
        ({"zp": sha256("75011")}, []),
    ],
)
def test_what_is_enough_for_meta_is_named_by_key_and_place(
    user_data: dict[str, Any], expected: list[str]
) -> None:
    assert MetaTruth(ad_world()).matched_by(user_data) == expected


def test_what_is_enough_for_google_is_named_by_kind_and_place() -> None:
    emails = [sha256("other@posta.example"), sha256("zoedaubignyinvented1@gmail.com")]
    address = (sha256("zoé"), sha256("daubigny"), "FR", "75011")
    found = GoogleTruth(ad_world()).recognised_by(emails, [sha256("+33199001234")], [address])
    assert found == ["email[1]", "phone[0]", "address[0]"]


def test_the_sandbox_shares_no_code_with_what_it_judges() -> None:
    sources = Path(reading.__file__).parent.rglob("*.py")
    guilty = [
        (path.name, line)
        for path in sources
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.lstrip().startswith(("import ", "from "))
        and line.split()[1].split(".")[0] in ("matching", "uploads")
    ]
    assert json.dumps(guilty) == "[]"
