"""What stands where there is no value is refused, whatever the language; what only looks like it is not."""

from __future__ import annotations

import pytest

from matching.placeholder_words import OTHER_WORDS, WORDS
from tests.matching.asking import normal, reason

NOBODY = {
    "email": [
        *("n/a", "test@test.com", "noemail@gmail.com", "no-email@boutique.example", "no.email@mail.example"),
        *(
            "none@none.com",
            "nomail@nomail.com",
            "noreply@shop.example",
            "do-not-reply@shop.example",
            "nobody@x.example",
        ),
        *(
            "xxx@xxx.xx",
            "aaa@aaa.com",
            "q@q.qq",
            "a@a.com",
            "asdf@asdf.com",
            "123@123.com",
            "example@example.com",
        ),
        *(
            "name@domain.com",
            "your.email@example.com",
            "email@email.com",
            "Unknown@Unknown.com",
            "null@null.com",
        ),
        *("sansmail@boutique.example", "pasdemail@mail.example", "aucun@aucun.fr", "keine@mail.example"),
        *(
            "keine-email@mail.example",
            "ohne@mail.example",
            "sincorreo@correo.example",
            "no_tiene@correo.example",
        ),
        *("nessuna@posta.example", "senzamail@posta.example", "sememail@correio.example", "geen@geen.nl"),
        *("notprovided@mail.example", "refused@mail.example"),
    ],
    "phone": ["n/a", "unknown", "none"],
    "first_name": [
        *(
            "N/A",
            "(N/A)",
            "n.a.",
            "#N/A",
            "Test",
            "TEST",
            "null",
            "None",
            "nan",
            "-",
            ".",
            "x",
            "xxx",
            "asdf",
            "--None--",
        ),
        *(
            "First Name",
            "Vorname",
            "Prénom",
            "Nombre",
            "[Not Provided]",
            "Unknown",
            "Guest",
            "Customer",
            "Walk-In",
            "Mr.",
        ),
        *(
            "inconnue",
            "unbekannt",
            "Keine Angabe",
            "desconocido",
            "sconosciuto",
            "desconhecido",
            "onbekend",
            "okänd",
        ),
        *("неизвестно", "不明", "未知", "없음", "غير معروف"),
    ],
    "last_name": [
        "N/A",
        "NA",
        "[not provided]",
        "unknown",
        "Last Name",
        "Nachname",
        "Apellidos",
        ".",
        "x",
        "Jr.",
    ],
    "date_of_birth": ["0000-00-00", "00/00/0000", "n/a", "nicht angegeben"],
    "gender": ["unknown", "n/a", "keine Angabe", "--None--"],
    "city": ["N/A", "unknown", "None", "test", "City", "Ville", "inconnu", "-"],
    "state": ["n/a", "--None--", "State", "please select"],
    "postal_code": ["00000", "99999", "n/a", "none", "0000"],
    "country": ["n/a", "none", "unknown", "--None--", "Bitte wählen"],
    "external_id": ["0", "-1", "null", "undefined", "N/A"],
}
SOMEBODY = {
    "email": [
        *("noel@mail.example", "nonette@mail.example", "none.smith@mail.example", "test.user@mail.example"),
        *(
            "tester@mail.example",
            "abc@mail.example",
            "info@mail.example",
            "no@mail.example",
            "mail@mail.example",
        ),
        *(
            "ohnesorge@mail.example",
            "keineke@mail.example",
            "geena@mail.example",
            "naomi@na.example",
            "j@q.com",
        ),
        *(
            "contact@example.org",
            "user.name@example.com",
            "test@example.com",
            "unknownpleasures@mail.example",
        ),
    ],
    "first_name": ["Na", "Nil", "Ann", "O", "Li", "Noa", "Prince", "Testa", "Nulla", "娜"],
    "last_name": [
        "Null",
        "Test",
        "Guest",
        "Blank",
        "Nil",
        "No",
        "Sample",
        "Tester",
        "Customs",
        "Brakman",
        "Unknownson",
    ],
    "city": ["Aucun", "Ingen", "Brak", "Leer", "Villeneuve", "Nanterre"],
    "state": ["NA", "NO"],
    "country": ["NA", "Namibia", "NO"],
    "external_id": ["1", "00", "test-1"],
}


@pytest.mark.parametrize(
    ("field", "written"), [(field, text) for field, texts in NOBODY.items() for text in texts]
)
def test_a_placeholder_is_refused_as_one(field, written):
    for platform in ("meta", "google"):
        said = reason(platform, field, written)
        if "does not take" not in said:
            assert "placeholder" in said


@pytest.mark.parametrize(
    ("field", "written"), [(field, text) for field, texts in SOMEBODY.items() for text in texts]
)
def test_names_of_people_and_places_are_no_placeholders(field, written):
    assert normal("meta", field, written, **({} if field == "country" else {"country": "IT"})) is not None


def test_placeholders_are_listed_in_lower_case_and_trimmed():
    for words in (*WORDS.values(), OTHER_WORDS):
        assert words == {word.strip().lower() for word in words}
        assert all(words)
