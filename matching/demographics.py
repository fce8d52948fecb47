"""Gender, which Meta alone takes."""

from __future__ import annotations

import polars as pl

from matching.cells import Cell, Outcome

_FEMALE = """
f w k female woman girl lady she her miss ms mrs madam femme fille féminin feminin féminine madame mme mlle weiblich
frau mujer femenino femenina señora sra donna femmina femminile signora feminino feminina mulher senhora vrouw
vrouwelijk mevrouw kvinna kvinde kvinne kvinnlig kvindelig nainen kobieta pani žena kadın γυναίκα женский женщина
女 女性 여 여성 여자 أنثى
"""
_MALE = """
m h male man boy gentleman he him mr sir homme garçon masculin monsieur männlich maennlich mann herr hombre varón
masculino señor uomo maschio maschile signor homem senhor mannelijk meneer manlig mandlig mies mężczyzna pan muž erkek
άνδρας мужской мужчина 男 男性 남 남성 남자 ذكر
"""
_GENDERS = dict.fromkeys(_FEMALE.split(), "f") | dict.fromkeys(_MALE.split(), "m")


def gender(cell: Cell) -> Outcome:
    """``f`` or ``m``, from words of several languages."""
    word = cell.text.str.to_lowercase().str.strip_chars(" .")
    return Outcome(
        word.replace_strict(_GENDERS, default=None, return_dtype=pl.String),
        pl.lit("not a gender that Meta takes: expected f or m, female or male"),
    )
