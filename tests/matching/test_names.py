"""Names come out the same however they were typed: case, accents, apostrophes, titles, invisible characters."""

from __future__ import annotations

import pytest

from tests.matching.asking import normal, reason


@pytest.mark.parametrize(
    ("written", "for_meta", "for_google"),
    [
        ("MARY ANN", "maryann", "mary ann"),
        ("Mary   Ann", "maryann", "mary ann"),
        ("Jean-Paul", "jeanpaul", "jeanpaul"),
        ("J.R.", "jr", "jr"),
        ("Élise", "élise", "élise"),
        ("E\u0301lise", "élise", "élise"),
        ("Weiß", "weiß", "weiß"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς", "οδυσσευς"),
        ("WEIẞ", "weiß", "weiß"),
        ("ΜΑΡΙΟΣ-ΝΙΚΟΣ", "μαριοςνικος", "μαριοςνικος"),
        ("ΜΑΡΙΟΣ ΝΙΚΟΣ", "μαριοςνικος", "μαριος νικος"),
        ("Μάριος Νίκος", "μάριοςνίκος", "μάριος νίκος"),
        ("İbrahim", "i̇brahim", "i̇brahim"),
        ("I\u0307brahim", "i̇brahim", "i̇brahim"),
        ("IŞIL", "işil", "işil"),
        ("Nguye\u0302\u0303n", "nguyễn", "nguyễn"),
        ("José María", "josémaría", "josé maría"),
        ("Jean–Paul", "jeanpaul", "jeanpaul"),
        ("Anne‑Sophie", "annesophie", "annesophie"),
        ("D’Arcy", "darcy", "darcy"),
        ("Øystein", "øystein", "øystein"),
        ("Łukasz", "łukasz", "łukasz"),
        ("Олена", "олена", "олена"),
        ("محمد", "محمد", "محمد"),
        ("अनिल", "अनिल", "अनिल"),
        ("張 偉", "張偉", "張 偉"),
        ("マリー・アン", "マリーアン", "マリーアン"),
        ("สมชาย", "สมชาย", "สมชาย"),
        ("דָּוִד", "דָּוִד", "דָּוִד"),
        ("Ｍａｒｙ", "mary", "mary"),
        ("Mary 😀", "mary", "mary"),
        ("Ma\u200bry\u00ad", "mary", "mary"),
    ],
)
def test_a_given_name_keeps_its_letters_and_loses_the_rest(written, for_meta, for_google):
    assert normal("meta", "first_name", written) == for_meta
    assert normal("google", "first_name", written) == for_google


@pytest.mark.parametrize("apostrophe", "'’‘ʼʻ`´")
def test_every_apostrophe_is_the_same(apostrophe):
    for platform in ("meta", "google"):
        assert normal(platform, "last_name", f"O{apostrophe}Brien") == "obrien"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Mrs. Ann", "ann"),
        ("Mr Bob", "bob"),
        ("Mr.Bob", "bob"),
        ("Dr. Mrs. Ann", "ann"),
        ("Sra. Ana", "ana"),
        ("Monsieur Jean", "jean"),
        ("Rev. Dr. Ann", "ann"),
        ("Mr", None),
        ("Drew", "drew"),
        ("Madamea", "madamea"),
        ("Mster", "mster"),
    ],
)
def test_google_gets_given_names_without_titles(written, expected):
    assert normal("google", "first_name", written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Smith Jr.", "smith"),
        ("Smith, Jr., DDS", "smith"),
        ("Smith III", "smith"),
        ("Smith Ph.D.", "smith"),
        ("Smith, Esq.", "smith"),
        ("V", "v"),
        ("Jr. Smith", "jr smith"),
        ("Junior", "junior"),
        ("van der Berg", "van der berg"),
        ("Smith-Jones", "smithjones"),
    ],
)
def test_google_gets_family_names_without_suffixes(written, expected):
    assert normal("google", "last_name", written) == expected


def test_meta_gets_titles_and_suffixes_as_they_stand():
    assert normal("meta", "first_name", "Dr. Ann") == "drann"
    assert normal("meta", "last_name", "Smith Jr.") == "smithjr"


@pytest.mark.parametrize("platform", ["meta", "google"])
@pytest.mark.parametrize("written", ["...", "😀", "-", "N/A", "Unknown", "Mr.", "Guest", "null"])
def test_what_is_no_name_is_refused(platform, written):
    assert normal(platform, "first_name", written) is None


def test_a_name_damaged_by_a_wrong_encoding_is_refused_as_damaged():
    assert "wrong encoding" in reason("meta", "first_name", "Ren\ufffd")
