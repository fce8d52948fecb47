"""SOQL as Salesforce documents it: what a query finds, and what it is refused for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from closedwon.sandbox.salesforce.ids import record_id
from closedwon.sandbox.salesforce.store import Store
from closedwon.sandbox.soql import Result, SoqlError, execute, parse
from closedwon.sandbox.world import SalesforceOrg

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday

ANNA, BEN, CLEO, DORA = (record_id("00Q", number) for number in range(1, 5))
CONTACT = record_id("003", 1)
ACCOUNT = record_id("001", 1)
WON, LOST = record_id("006", 1), record_id("006", 2)

LEADS: list[dict[str, Any]] = [
    {"Id": ANNA, "FirstName": "Anna", "LastName": "O'Neil", "Status": "New", "Score__c": 1.5},
    {"Id": BEN, "FirstName": "Ben", "LastName": "50%_off", "Status": "Working", "Score__c": 10},
    {"Id": CLEO, "FirstName": "Cleo", "LastName": "Roux", "Status": None, "Score__c": None},
    {"Id": DORA, "FirstName": "Dora", "LastName": "Weiß", "Status": "working", "IsDeleted": True},
]
CREATED = {
    ANNA: "2026-11-22T00:00:00.000+0000",
    BEN: "2026-11-21T23:59:59.000+0000",
    CLEO: "2026-10-31T08:00:00.000+0000",
    DORA: "2026-11-01T08:00:00.000+0000",
}
OPPORTUNITIES: list[dict[str, Any]] = [
    {"Id": WON, "ContactId": CONTACT, "StageName": "Closed Won", "IsWon": True, "CloseDate": "2026-11-20"},
    {"Id": LOST, "ContactId": None, "StageName": "Closed Lost", "CloseDate": "2026-09-30"},
]
HISTORY: list[dict[str, Any]] = [
    {"Id": record_id("017", 1), "LeadId": BEN, "Field": "Status", "OldValue": "New", "NewValue": "Working"},
    {"Id": record_id("017", 2), "LeadId": CLEO, "Field": "created"},
]


def _by_id(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {record["Id"]: record for record in records}


@pytest.fixture
def store() -> Store:
    leads = [
        {**lead, "CreatedDate": CREATED[lead["Id"]], "Opted_In__c": lead["Id"] == ANNA} for lead in LEADS
    ]
    contact = {"Id": CONTACT, "AccountId": ACCOUNT, "Email": "cleo@example.com"}
    account = {"Id": ACCOUNT, "Name": "Invented Ltd"}
    objects: dict[str, dict[str, dict[str, Any]]] = {
        "Lead": _by_id(leads),
        "Opportunity": _by_id(OPPORTUNITIES),
        "LeadHistory": _by_id(HISTORY),
        "Contact": _by_id([contact]),
        "Account": _by_id([account]),
    }
    return Store(SalesforceOrg("acme.my", "", "", "", "", objects))


def run(store: Store, soql: str, **options: Any) -> Result:
    return execute(parse(soql), store, now=NOW, base="/services/data/v68.0/sobjects", **options)


def records(store: Store, soql: str, **options: Any) -> list[Mapping[str, Any]]:
    result = run(store, soql, **options)
    return [result.project(row) for row in result.rows]


def names(store: Store, where: str, **options: Any) -> list[str]:
    """First names of the leads that fulfil a condition, in alphabetical order."""
    soql = f"SELECT FirstName FROM Lead WHERE {where} ORDER BY FirstName"
    return [record["FirstName"] for record in records(store, soql, **options)]


def refusal(store: Store, soql: str) -> SoqlError:
    with pytest.raises(SoqlError) as caught:
        run(store, soql)
    return caught.value


def test_a_record_carries_its_attributes_and_only_the_fields_asked_for(store: Store) -> None:
    assert records(store, f"SELECT Id, FirstName FROM Lead WHERE Id = '{ANNA}'") == [
        {
            "attributes": {"type": "Lead", "url": f"/services/data/v68.0/sobjects/Lead/{ANNA}"},
            "Id": ANNA,
            "FirstName": "Anna",
        }
    ]


def test_keywords_objects_and_fields_are_found_in_any_case_and_answered_in_their_own(store: Store) -> None:
    (record,) = records(store, f"select firstname from LEAD l where l.ID = '{ANNA}'")
    assert record["FirstName"] == "Anna"


def test_a_booleans_absence_is_false_and_any_other_absence_null(store: Store) -> None:
    (record,) = records(store, f"SELECT IsConverted, Phone FROM Lead WHERE Id = '{ANNA}'")
    assert (record["IsConverted"], record["Phone"]) == (False, None)


def test_parents_are_read_through_relationships_and_a_missing_parent_is_null(store: Store) -> None:
    found = records(store, "SELECT Contact.Email, Contact.Account.Name FROM Opportunity ORDER BY Id")
    assert found[0]["Contact"]["Email"] == "cleo@example.com"
    assert found[0]["Contact"]["Account"]["Name"] == "Invented Ltd"
    assert found[1]["Contact"] is None


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Status = 'NEW'", ["Anna"]),
        ("Status != 'new'", ["Ben", "Cleo"]),
        ("Status <> 'new'", ["Ben", "Cleo"]),
        ("Status = null", ["Cleo"]),
        ("Status = ''", ["Cleo"]),
        ("Status != NULL", ["Anna", "Ben"]),
        ("Status IN ('New', 'Working')", ["Anna", "Ben"]),
        ("Status NOT IN ('New')", ["Ben", "Cleo"]),
        ("Status IN ('New', null)", ["Anna", "Cleo"]),
        ("FirstName < 'b'", ["Anna"]),
        ("FirstName >= 'BEN'", ["Ben", "Cleo"]),
        ("Score__c > 1.5", ["Ben"]),
        ("Score__c <= 1.50", ["Anna"]),
        ("Score__c = 10", ["Ben"]),
        ("Opted_In__c = TRUE", ["Anna"]),
        ("Opted_In__c != true", ["Ben", "Cleo"]),
        (r"LastName = 'O\'Neil'", ["Anna"]),
        (r"LastName LIKE '50\%\_%'", ["Ben"]),
        ("LastName LIKE 'r_ux'", ["Cleo"]),
        ("LastName LIKE '%'", ["Anna", "Ben", "Cleo"]),
        ("NOT LastName LIKE 'R%'", ["Anna", "Ben"]),
        ("Status = 'New' OR FirstName = 'Cleo'", ["Anna", "Cleo"]),
        ("FirstName = 'Ben' AND (Status = 'New' OR Score__c = 10)", ["Ben"]),
        ("FirstName != 'Ben' AND (NOT Status = 'New')", ["Cleo"]),
        (f"Id > '{ANNA}'", ["Ben", "Cleo"]),
        (f"Id = '{ANNA[:15]}'", ["Anna"]),
        ("Id IN (SELECT LeadId FROM LeadHistory WHERE Field = 'Status')", ["Ben"]),
        ("Id NOT IN (SELECT LeadId FROM LeadHistory)", ["Anna"]),
    ],
)
def test_conditions_find_what_the_documentation_says(store: Store, where: str, expected: list[str]) -> None:
    assert names(store, where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("CreatedDate >= 2026-11-22T00:00:00Z", ["Anna"]),
        ("CreatedDate >= 2026-11-22T00:59:59+01:00", ["Anna", "Ben"]),
        ("CreatedDate > 2026-11-21T23:59:59.000Z", ["Anna"]),
        ("CreatedDate = TODAY", ["Anna"]),
        ("CreatedDate = yesterday", ["Ben"]),
        ("CreatedDate < TODAY", ["Ben", "Cleo"]),
        ("CreatedDate <= YESTERDAY", ["Ben", "Cleo"]),
        ("CreatedDate > YESTERDAY", ["Anna"]),
        ("CreatedDate != TODAY", ["Ben", "Cleo"]),
        ("CreatedDate = LAST_N_DAYS:1", ["Anna", "Ben"]),
        ("CreatedDate = THIS_WEEK", ["Anna"]),
        ("CreatedDate = THIS_MONTH", ["Anna", "Ben"]),
        ("CreatedDate = LAST_MONTH", ["Cleo"]),
        ("CreatedDate = LAST_N_MONTHS:1", ["Cleo"]),
        ("CreatedDate = THIS_QUARTER", ["Anna", "Ben", "Cleo"]),
        ("CreatedDate = LAST_YEAR", []),
        ("CreatedDate = N_DAYS_AGO:1", ["Ben"]),
    ],
)
def test_moments_compare_as_moments_and_date_literals_as_days(
    store: Store, where: str, expected: list[str]
) -> None:
    assert names(store, where) == expected


def test_dates_compare_with_dates_and_date_literals(store: Store) -> None:
    for condition in ("CloseDate >= 2026-11-20", "CloseDate = THIS_MONTH", "CloseDate = LAST_N_DAYS:2"):
        (record,) = records(store, f"SELECT Id FROM Opportunity WHERE {condition}")
        assert record["Id"] == WON


def test_deleted_records_are_seen_by_query_all_only(store: Store) -> None:
    assert names(store, "Status = 'Working'") == ["Ben"]
    assert names(store, "Status = 'Working'", include_deleted=True) == ["Ben", "Dora"]
    assert names(store, "IsDeleted = true", include_deleted=True) == ["Dora"]


def test_order_puts_nulls_first_unless_told_otherwise(store: Store) -> None:
    def ordered(clause: str) -> list[str]:
        return [r["FirstName"] for r in records(store, f"SELECT FirstName FROM Lead ORDER BY {clause}")]

    assert ordered("Score__c") == ["Cleo", "Anna", "Ben"]
    assert ordered("Score__c DESC") == ["Cleo", "Ben", "Anna"]
    assert ordered("Score__c ASC NULLS LAST") == ["Anna", "Ben", "Cleo"]
    assert ordered("Score__c DESC NULLS LAST, FirstName") == ["Ben", "Anna", "Cleo"]


def test_limit_and_offset_cut_what_was_ordered(store: Store) -> None:
    found = records(store, "SELECT FirstName FROM Lead ORDER BY FirstName LIMIT 1 OFFSET 1")
    assert [record["FirstName"] for record in found] == ["Ben"]


def test_order_that_nobody_asked_for_is_not_the_order_of_ids() -> None:
    leads = _by_id([{"Id": record_id("00Q", number)} for number in range(100)])
    store = Store(SalesforceOrg("acme.my", "", "", "", "", {"Lead": leads}))
    found = [record["Id"] for record in records(store, "SELECT Id FROM Lead")]
    assert found != sorted(found)
    assert sorted(found) == sorted(leads)


def test_counts_come_as_a_total_or_as_an_aggregate(store: Store) -> None:
    assert (run(store, "SELECT COUNT() FROM Lead").total, records(store, "SELECT COUNT() FROM Lead")) == (
        3,
        [],
    )
    assert records(store, "SELECT COUNT(Id), COUNT(Status) known FROM Lead") == [
        {"attributes": {"type": "AggregateResult"}, "expr0": 3, "known": 2}
    ]


def test_an_unknown_column_is_named_with_its_place() -> None:
    store = Store(SalesforceOrg("acme.my", "", "", "", ""))
    error = refusal(store, "SELECT Idd FROM Lead")
    assert error.code == "INVALID_FIELD"
    assert error.message == (
        "\nSELECT Idd FROM Lead\n       ^\nERROR at Row:1:Column:8\nNo such column 'Idd' on entity 'Lead'. If you "
        "are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please "
        "reference your WSDL or the describe call for the appropriate names."
    )


@pytest.mark.parametrize(
    ("soql", "code", "words"),
    [
        ("SELECT Id FROM Foo", "INVALID_TYPE", "sObject type 'Foo' is not supported."),
        ("SELECT Foo.Id FROM Lead", "INVALID_FIELD", "Didn't understand relationship 'Foo' in field path."),
        ("SELECT CurrencyIsoCode FROM Lead", "INVALID_FIELD", "No such column 'CurrencyIsoCode'"),
        ("SELECT Id, id FROM Lead", "INVALID_FIELD", "duplicate field selected: id"),
        (
            "SELECT Id FROM Lead WHERE SystemModstamp > '2026-11-01T00:00:00Z'",
            "INVALID_FIELD",
            "value of filter criterion for field 'SystemModstamp' must be of type dateTime "
            "and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Lead WHERE SystemModstamp > 2026-11-01",
            "INVALID_FIELD",
            "must be of type dateTime",
        ),
        (
            "SELECT Id FROM Lead WHERE Score__c = '10'",
            "INVALID_FIELD",
            "must be of type double and should not",
        ),
        ("SELECT Id FROM Lead WHERE Email = 10", "INVALID_FIELD", "of type email and should be enclosed"),
        ("SELECT Id FROM Lead WHERE IsConverted = 'true'", "INVALID_FIELD", "must be of type boolean"),
        ("SELECT Id FROM Lead WHERE Id IN ('abc')", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: abc"),
        ("SELECT Id FROM Lead WHERE IsConverted > TRUE", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
        ("SELECT Id FROM Lead WHERE Id LIKE '00Q%'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
        ("SELECT Id FROM LeadHistory WHERE NewValue = 'x'", "INVALID_FIELD", "can not be filtered"),
        ("SELECT Id FROM LeadHistory ORDER BY NewValue", "INVALID_FIELD", "can not be sorted"),
        ("SELECT FROM Lead", "MALFORMED_QUERY", "unexpected token: 'FROM'"),
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Lead WHERE Id IN ()", "MALFORMED_QUERY", "unexpected token: ')'"),
        ("SELECT Id FROM Lead WHERE a = 1 AND b = 2 OR c = 3", "MALFORMED_QUERY", "unexpected token: 'OR'"),
        ("SELECT Id FROM Lead LIMIT ten", "MALFORMED_QUERY", "unexpected token: 'ten'"),
        ("SELECT Id FROM Lead GROUP BY Id", "MALFORMED_QUERY", "unexpected token: 'GROUP'"),
        ("SELECT * FROM Lead", "MALFORMED_QUERY", "no viable alternative at character '*'"),
        (
            'SELECT Id FROM Lead WHERE Status = "New"',
            "MALFORMED_QUERY",
            "no viable alternative at character '\"'",
        ),
        (
            "SELECT Id FROM Lead WHERE CreatedDate > 2026-11-01T00:00:00",
            "MALFORMED_QUERY",
            "no viable alternative at character",
        ),
        (
            "SELECT Id FROM Lead WHERE CreatedDate > 2026-13-01T00:00:00Z",
            "MALFORMED_QUERY",
            "Invalid datetime",
        ),
        (
            "SELECT Id FROM Lead OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset allowed is 2000",
        ),
        ("SELECT Id, COUNT(Id) FROM Lead", "MALFORMED_QUERY", "must be grouped or aggregated"),
        (
            "SELECT Id FROM Lead WHERE Email IN (SELECT LeadId FROM LeadHistory)",
            "MALFORMED_QUERY",
            "semi join must be an ID",
        ),
    ],
)
def test_what_the_language_refuses_is_refused_in_salesforces_words(
    store: Store, soql: str, code: str, words: str
) -> None:
    error = refusal(store, soql)
    assert error.code == code
    assert words in error.message


def test_the_caret_stands_under_the_fault_in_a_query_of_several_lines(store: Store) -> None:
    error = refusal(store, "SELECT Id\nFROM Lead\nWHERE Nope = 1")
    assert "\nWHERE Nope = 1\n      ^\nERROR at Row:3:Column:7\n" in error.message
