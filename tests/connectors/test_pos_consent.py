"""Consent is read from the header that the client's file names, and its absence is never passed over in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from closedwon.pipeline.opening import open_connector
from config.settings import ClientSettings
from connectors.base import SourceError
from tests.connectors.pos_till import COLUMNS, Till

CONSENT = {"ad_user_data": "Marketing consent"}
RENAMED = "Ticket,Date,Total,Marketing opt in\nT1,2026-05-01,5,no\n"


def client(folder: Path, *sources: str) -> ClientSettings:
    source = {"type": "pos_files", "path": str(folder / "*.csv"), "columns": COLUMNS}
    return ClientSettings.model_validate(
        {
            "client": "shop",
            "timezone": "Europe/Paris",
            "country": "FR",
            "sources": dict.fromkeys(sources, source),
            "destinations": {"meta": {"dataset_id": "1234567890", "access_token": "invented"}},
            "conversions": {"purchase": {"value": "amount", "meta": "Purchase"}},
            "consent": {"fields": CONSENT},
        }
    )


def test_consent_is_read_where_the_file_has_it(till: Till) -> None:
    till.write("Ticket,Date,Total,Optin\nT1,2026-05-01,5,yes\n")
    result = till.read(consent={"ad_user_data": "Optin", "ad_personalization": "Elsewhere"})
    assert (result.rows[0]["ad_user_data"], result.rows[0]["ad_personalization"]) == ("yes", None)


def test_a_file_without_the_only_header_of_consent_is_refused_with_the_closest(till: Till) -> None:
    till.write(RENAMED)
    result = till.read(consent=CONSENT, consent_required=True)
    assert result.rows == []
    assert 'consent.fields.ad_user_data: no header "Marketing consent"; closest: "Marketing opt in"' in str(
        result.error
    )
    assert not till.connector(consent=CONSENT, consent_required=True).check()[1].ok


def test_where_consent_may_stand_elsewhere_its_absence_is_said_once(till: Till) -> None:
    till.write(RENAMED, "a.csv")
    till.write(RENAMED, "b.csv")
    result = till.read(consent=CONSENT)
    assert result.error is None
    assert result.column("ad_user_data") == [None, None]
    (said,) = {note for note in result.notes if "consent" in note}
    assert (
        said == 'consent.fields.ad_user_data: files without the header "Marketing consent" say nothing of it'
    )


def test_a_source_that_maps_consent_itself_needs_no_other_header(till: Till) -> None:
    till.write(RENAMED)
    result = till.read(columns={"ad_user_data": "Marketing opt in"}, consent=CONSENT, consent_required=True)
    assert result.column("ad_user_data") == ["no"]
    assert not any("consent" in note for note in result.notes)


def test_the_only_source_of_a_client_must_have_its_consent(till: Till) -> None:
    till.write(RENAMED)
    with pytest.raises(SourceError, match="Marketing consent"):
        list(open_connector(client(till.folder, "till"), "till").read(None))
    assert list(open_connector(client(till.folder, "till", "web"), "till").read(None))
