"""Genders: what is certain goes to Meta, what could mean two things does not."""

from __future__ import annotations

import pytest

from tests.matching.asking import normal, reason


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["F", "female", "Woman", "w", "femme", "FÉMININ", "weiblich", "Mujer", "donna", "女性", "K"], "f"),
        (["M", "m.", "male", "Man", "homme", "H", "männlich", "Hombre", "uomo", "男"], "m"),
        (["Mrs.", "Ms", "Mme", "Frau", "Sra.", "Signora"], "f"),
        (["Mr.", "Monsieur", "Herr", "Señor"], "m"),
    ],
)
def test_words_for_a_gender_are_understood_in_several_languages(words, code):
    assert {normal("meta", "gender", word) for word in words} == {code}


@pytest.mark.parametrize("written", ["divers", "x", "1", "2", "other", "v", "m/f", "prefer not to say"])
def test_what_meta_has_no_letter_for_is_refused(written):
    assert normal("meta", "gender", written) is None


def test_a_refused_gender_is_told_what_is_expected():
    assert "f or m" in reason("meta", "gender", "divers")
