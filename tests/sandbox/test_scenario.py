"""The generated clients: the same for the same seed, realistic, dirty on purpose, and ready to be loaded."""

import csv
import json
import stat
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import phonenumbers
import pytest

from closedwon.sandbox.invented.countries import COUNTRIES
from closedwon.sandbox.invented.people import GARBAGE_EMAILS, PHONE_STYLES
from closedwon.sandbox.invented.till_files import DIALECTS, HEADERS
from closedwon.sandbox.scenario import Scenario, generate
from closedwon.sandbox.world import PortalRecord
from config import load_client
from config.destinations import GoogleAdsSettings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ENDPOINT = "http://127.0.0.1:8099"


@cache
def scenario() -> Scenario:
    return generate(7, leads=1_500, purchases=4_000, now=NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    scenario().write(tmp_path, ENDPOINT)
    return tmp_path / "clients"


def records(name: str) -> list[dict[str, object]]:
    return list(scenario().world.orgs[0].objects[name].values())


def test_the_same_seed_gives_the_same_world(tmp_path: Path) -> None:
    one, two, other = (generate(seed, leads=50, purchases=100, now=NOW) for seed in (3, 3, 4))
    assert one.world.people == two.world.people
    assert one.world.orgs[0].objects == two.world.orgs[0].objects
    assert one.world.portals == two.world.portals
    assert one.purchases == two.purchases
    assert one.bookings == two.bookings
    assert one.world.datasets == two.world.datasets
    assert one.world.people != other.world.people
    for name, given in (("one", one), ("two", two)):
        given.write(tmp_path / name, ENDPOINT)
    for path in (tmp_path / "one" / "clients" / "pos").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / "clients" / "pos" / path.name).read_bytes()


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        generate(1, leads=1, purchases=1, now=datetime(2026, 11, 20))


@pytest.mark.parametrize(("leads", "purchases"), [(0, 0), (1, 1), (3, 0)])
def test_small_scenarios_work_too(tmp_path: Path, leads: int, purchases: int) -> None:
    small = generate(1, leads=leads, purchases=purchases, now=NOW)
    assert len(small.leads) == leads
    assert len(small.purchases) == purchases
    assert len(small.write(tmp_path, ENDPOINT)) == 3


def test_nobody_is_real() -> None:
    for person in scenario().world.people.values():
        assert person.email.endswith(".example") or ".invented" in person.email.split("@")[0]
        assert phonenumbers.is_valid_number(phonenumbers.parse(person.phone))


def test_a_number_can_be_read_in_every_style_by_who_knows_the_country() -> None:
    for country in COUNTRIES.values():
        for pattern in country.numbers:
            groups = pattern.replace("#", "7").split()
            expected = f"+{country.calling_code}{''.join(groups)}"
            for write in PHONE_STYLES.values():
                parsed = phonenumbers.parse(write(country, groups), country.code)
                assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == expected


def test_most_leads_came_within_the_week_that_meta_accepts() -> None:
    recent = sum(lead.created_at > NOW - timedelta(days=6) for lead in scenario().leads)
    assert 0.5 < recent / 1_500 < 0.75


def test_histories_tell_every_stage_with_its_time() -> None:
    told = {
        (row["LeadId"], row["NewValue"], row["CreatedDate"])
        for row in records("LeadHistory")
        if row["Field"] == "Status"
    } | {
        (row["OpportunityId"], row["StageName"], row["CreatedDate"]) for row in records("OpportunityHistory")
    }
    expected = {
        (entry.record_id, entry.stage, entry.entered_at.strftime("%Y-%m-%dT%H:%M:%S.000+0000"))
        for entry in scenario().entries
        if entry.stage != "New"
    }
    assert told == expected


def test_a_converted_lead_leads_to_its_contact_and_opportunity() -> None:
    objects = scenario().world.orgs[0].objects
    converted = [lead for lead in objects["Lead"].values() if lead["IsConverted"]]
    assert len(converted) == len(objects["Opportunity"]) > 100
    for lead in converted:
        opportunity = objects["Opportunity"][lead["ConvertedOpportunityId"]]
        assert opportunity["ContactId"] == lead["ConvertedContactId"]
        assert objects["Contact"][lead["ConvertedContactId"]]["Email"] == lead["Email"]
        assert opportunity["GCLID__c"] == lead["GCLID__c"]


def test_ids_are_unique_and_stamps_never_lie_in_the_future() -> None:
    objects = scenario().world.orgs[0].objects
    ids = [record["Id"] for name in objects for record in objects[name].values()]
    assert len(ids) == len(set(ids))
    assert {len(record_id) for record_id in ids} == {18}
    assert max(lead["SystemModstamp"] for lead in objects["Lead"].values()) < "2026-11-20T11:50"


def test_the_org_is_as_dirty_as_orgs_are() -> None:
    leads, opportunities = records("Lead"), records("Opportunity")
    emails = Counter(lead["Email"] for lead in leads)
    assert emails[None] > 10
    assert any(emails[garbage] for garbage in GARBAGE_EMAILS)
    assert sum(lead["Marketing_Consent__c"] is False for lead in leads) > 50
    assert any(lead["GCLID__c"] == "(not set)" for lead in leads)
    assert any(not any((lead["Email"], lead["Phone"], lead["FirstName"])) for lead in leads)
    assert max(Counter(lead.person.id for lead in scenario().leads).values()) > 1
    won = [opportunity for opportunity in opportunities if opportunity["IsWon"]]
    assert any(opportunity["Amount"] is None for opportunity in won)
    assert any(opportunity["Amount"] is not None and opportunity["Amount"] < 0 for opportunity in won)
    assert any(entry.entered_at > NOW for entry in scenario().entries)
    assert max(Counter(lead["SystemModstamp"] for lead in leads).values()) > 5


def portal_records(name: str) -> list[PortalRecord]:
    return list(scenario().portal("atlas-school").objects[name].values())


def test_the_portal_has_two_contacts_for_five_leads() -> None:
    assert len(portal_records("contacts")) == 600
    emails = [
        record.properties["email"] for record in portal_records("contacts") if "email" in record.properties
    ]
    assert len(emails) == len(set(emails)) > 500


def test_the_portals_histories_tell_every_stage_with_its_time() -> None:
    told = {
        (record.id, version.value, version.at)
        for name in ("contacts", "deals")
        for record in portal_records(name)
        for versions in record.history.values()
        for version in versions
    }
    expected = scenario().school_entries
    assert told == {(entry.record_id, entry.stage, entry.entered_at) for entry in expected}
    assert all(entry.entered_at <= NOW - timedelta(minutes=14) for entry in expected)
    for record in portal_records("deals"):
        assert record.history["dealstage"][-1].value == record.properties["dealstage"]
        assert record.history["dealstage"][-1].at == record.updated_at


def test_a_deal_belongs_to_a_contact_that_became_an_opportunity() -> None:
    portal = scenario().portal("atlas-school")
    assert portal.deal_contacts.keys() == portal.objects["deals"].keys()
    for deal, (contact,) in portal.deal_contacts.items():
        stages = portal.objects["contacts"][contact].history["lifecyclestage"]
        assert portal.objects["deals"][deal].created_at in {version.at for version in stages}
    assert len(portal.deal_contacts) > 60


def test_the_portal_is_as_dirty_as_portals_are() -> None:
    contacts, deals = portal_records("contacts"), portal_records("deals")
    assert sum("email" not in record.properties for record in contacts) > 10
    assert sum(record.properties["marketing_consent"] == "false" for record in contacts) > 20
    assert any("hs_merged_object_ids" in record.properties for record in contacts)
    assert max(Counter(record.updated_at for record in contacts).values()) > 5
    assert any("amount" not in record.properties for record in deals)
    assert any(record.properties.get("amount", "").startswith("-") for record in deals)
    stages = [[version.value for version in record.history["dealstage"]] for record in deals]
    assert any(len(told) > len(set(told)) for told in stages)


def test_click_ids_of_the_portal_are_those_that_the_platforms_handed_out() -> None:
    clicked = {click.gclid or click.fbclid for click in scenario().world.clicks}
    kept = [
        record.properties[name]
        for record in portal_records("contacts")
        for name in ("hs_google_click_id", "hs_facebook_click_id")
        if name in record.properties
    ]
    assert len(kept) > 300
    assert len(set(kept) - clicked) < 0.03 * len(kept)


def test_every_order_is_in_the_files_and_some_are_there_twice(folder: Path) -> None:
    found: Counter[str] = Counter()
    for path in sorted((folder / "pos").iterdir()):
        for row in rows(path):
            if len(row) == len(HEADERS) and row[3] == "Sale":
                found[row[0]] += 1
    orders = {purchase.order_id for purchase in scenario().purchases}
    assert orders <= found.keys()
    assert {order_id for order_id in found.keys() - orders if order_id} == {
        order_id for order_id in found if order_id.startswith("BAD-")
    }
    assert sum(count > 1 for count in found.values()) > 100


def test_files_disagree_on_everything_but_their_headers(folder: Path) -> None:
    heads = {path.name: path.read_bytes()[:3000] for path in (folder / "pos").iterdir()}
    assert heads["till-south.csv"].startswith(b"\xef\xbb\xbfOrder\tDate\tTotal")
    assert heads["till-centre.csv"].startswith(b"Order,Date,Total")
    assert heads["till-north.csv"].startswith(b"Order;Date;Total")
    assert b" \x80;" in heads["till-north.csv"]
    with pytest.raises(UnicodeDecodeError):
        (folder / "pos" / "till-north.csv").read_text(encoding="utf-8")
    assert any("\n" in row[-1] for row in rows(folder / "pos" / "till-south.csv"))


def test_unreadable_rows_are_counted_for_who_wants_to_compare(folder: Path) -> None:
    assert scenario().unreadable_rows == 15
    cells = Counter(len(row) for row in rows(folder / "pos" / "till-centre.csv"))
    assert (cells[5], cells[len(HEADERS) + 2]) == (1, 1)


def test_some_purchases_are_too_old_and_some_come_back() -> None:
    bought = scenario().purchases
    assert sum(purchase.sold_at < NOW - timedelta(days=62) for purchase in bought) > 50
    assert len(scenario().refunds) == 80
    assert all(refund.sold_at <= NOW for refund in scenario().refunds)
    assert {refund.order_id for refund in scenario().refunds} <= {purchase.order_id for purchase in bought}


def test_clients_load_as_a_user_would_load_them(folder: Path) -> None:
    helio = load_client(folder / "helio-solar.yaml").settings
    lumen = load_client(folder / "lumen-shops.yaml").settings
    atlas = load_client(folder / "atlas-school.yaml").settings
    world = scenario().world
    assert helio.destinations.meta is not None
    assert helio.destinations.meta.access_token.get_secret_value() == world.datasets[0].access_token
    assert helio.destinations.meta.endpoint == ENDPOINT
    assert lumen.destinations.google is not None
    assert lumen.destinations.google.customer_id == world.accounts[1].customer_id
    assert lumen.conversions["purchase"].google in world.accounts[1].conversion_actions
    assert atlas.sources["crm"].type == "hubspot"
    assert atlas.conversions["won"].google == world.accounts[2].conversion_actions[1]


def test_a_client_of_the_google_ads_api_is_written_where_that_is_served(tmp_path: Path) -> None:
    without = scenario().write(tmp_path / "without", ENDPOINT)
    assert [path.stem for path in without] == ["helio-solar", "lumen-shops", "atlas-school"]
    *_, legacy = scenario().write(tmp_path / "with", ENDPOINT, google_ads="http://127.0.0.1:8322")
    settings = load_client(legacy).settings
    assert settings.client == "lumen-shops-legacy"
    assert isinstance(settings.destinations.google, GoogleAdsSettings)
    assert settings.destinations.google.endpoint == "http://127.0.0.1:8322"
    assert settings.destinations.google.customer_id == scenario().world.accounts[1].customer_id


def test_secrets_are_readable_by_their_owner_alone(folder: Path) -> None:
    secrets = [folder / ".env", *(folder / "secrets").iterdir()]
    assert len(secrets) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    key = json.loads((folder / "secrets" / "lumen-shops-google.json").read_text(encoding="utf-8"))
    assert key["token_uri"] == f"{ENDPOINT}/google/token"
    assert "PRIVATE KEY" not in repr(scenario())


def rows(path: Path) -> list[list[str]]:
    region = path.stem.removeprefix("till-").removesuffix("-last-week")
    dialect = DIALECTS[region]
    with path.open(encoding=dialect.encoding, newline="") as file:
        return list(csv.reader(file, delimiter=dialect.delimiter))[1:]
