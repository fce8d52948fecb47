"""Where the invented people live: their names, towns, and telephone numbers that ring at nobody's home.

Numbers come from the ranges that regulators keep free for fiction where there are any (ARCEP for France,
Ofcom for the United Kingdom, the Bundesnetzagentur for Germany, 555-01XX for the United States), else from
the example range of libphonenumber; all are valid to libphonenumber.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Town:
    """A town, the state or province that holds it, and how its postal codes begin."""

    name: str
    state: str
    postal_codes: str
    """A pattern in which each ``#`` stands for any digit."""


@dataclass(frozen=True, slots=True)
class Country:
    """What a generator needs to know of one country.

    Attributes:
        code: ISO 3166-1 alpha-2.
        names: how people write it in a form, the usual way first.
        calling_code: without the plus.
        exit_code: what people write in place of the plus; Americans write just the 1.
        trunk: the digit dialled before a national number inside the country; empty where there is none.
        numbers: national significant numbers as patterns, ``#`` for any digit, grouped by spaces as printed.
    """

    code: str
    names: tuple[str, ...]
    calling_code: str
    exit_code: str
    trunk: str
    numbers: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]
    towns: tuple[Town, ...]


_AMERICAN_AREAS = (*range(205, 210), *range(212, 219), *range(301, 306), *range(307, 311), *range(312, 317))

FRANCE = Country(
    code="FR",
    names=("France", "FR", "FRANCE"),
    calling_code="33",
    exit_code="00",
    trunk="0",
    numbers=("1 99 00 ## ##", "2 61 91 ## ##", "3 53 01 ## ##", "4 65 71 ## ##", "5 36 49 ## ##"),
    women=("Élodie", "Chloé", "Zoé", "Anaïs", "Léa", "Noémie", "Hélène", "Marie-Ève", "Françoise", "Inès"),
    men=("Jérôme", "François", "Noël", "Rémi", "Loïc", "Théo", "Jean-Baptiste", "Gaël", "Clément"),
    families=(
        "Lefèvre", "Garçon", "D'Aubigny", "Bélanger", "Châtelain", "Le Goff", "Moreau", "N'Diaye",
        "Fontaine", "Mercier", "Crépin", "Prévost", "Aubert", "Héroux", "L'Hermite", "Saint-Clair", "Gauthier",
    ),
    towns=(
        Town("Paris", "Île-de-France", "750##"),
        Town("Saint-Étienne", "Auvergne-Rhône-Alpes", "42#00"),
        Town("Lyon", "Auvergne-Rhône-Alpes", "6900#"),
        Town("Besançon", "Bourgogne-Franche-Comté", "25#00"),
        Town("L'Haÿ-les-Roses", "Île-de-France", "94240"),
        Town("Nîmes", "Occitanie", "30#00"),
    ),
)  # fmt: skip

GERMANY = Country(
    code="DE",
    names=("Germany", "Deutschland", "DE"),
    calling_code="49",
    exit_code="00",
    trunk="0",
    numbers=("30 23125 ###", "69 90009 ###", "40 66969 ###", "221 4710 ###", "89 99998 ###"),
    women=("Jutta", "Käthe", "Sabine", "Änne", "Lena", "Bärbel", "Heike"),
    men=("Jürgen", "Jörg", "Björn", "Günther", "Matthias", "Sören", "Uwe"),
    families=("Müller", "Weiß", "Schäfer", "Groß", "Bäcker", "Köhler", "Vogt", "Jäger", "Strauß", "Lüders"),
    towns=(
        Town("Köln", "Nordrhein-Westfalen", "506##"),
        Town("München", "Bayern", "803##"),
        Town("Berlin", "Berlin", "101##"),
    ),
)

UNITED_KINGDOM = Country(
    code="GB",
    names=("United Kingdom", "GB", "Great Britain"),
    calling_code="44",
    exit_code="00",
    trunk="0",
    numbers=(
        "20 7946 0###", "113 496 0###", "114 496 0###", "116 496 0###", "117 496 0###",
        "118 496 0###", "121 496 0###", "131 496 0###", "141 496 0###", "151 496 0###", "161 496 0###",
    ),
    women=("Siobhan", "Zoë", "Imogen", "Harriet", "Chloe", "Gwen", "Freya"),
    men=("Rhys", "Callum", "Alistair", "Owen", "Declan", "Hamish", "Niall"),
    families=("O'Connor", "MacLeod", "Smythe-Jones", "Penhaligon", "D'Arcy", "Llewellyn", "Ashworth"),
    towns=(
        Town("Manchester", "Greater Manchester", "M# #AE"),
        Town("Bristol", "Avon", "BS# #QN"),
        Town("Stoke-on-Trent", "Staffordshire", "ST# #DP"),
    ),
)  # fmt: skip

UNITED_STATES = Country(
    code="US",
    names=("United States", "USA", "US"),
    calling_code="1",
    exit_code="",
    trunk="",
    numbers=tuple(f"{area} 555 01##" for area in _AMERICAN_AREAS),
    women=("Madison", "Renée", "Aaliyah", "Beth-Ann", "Guadalupe"),
    men=("Tyler", "José", "Darnell", "Wyatt", "Curtis"),
    families=("O'Reilly", "Nuñez", "Carmichael", "De La Cruz", "Whitaker", "Jefferson"),
    towns=(
        Town("New York", "NY", "100##"),
        Town("Santa Fe", "NM", "875##"),
        Town("St. Louis", "MO", "631##-####"),
    ),
)

NETHERLANDS = Country(
    code="NL",
    names=("Netherlands", "Nederland", "NL"),
    calling_code="31",
    exit_code="00",
    trunk="0",
    numbers=("6 1234 ####",),
    women=("Noëlle", "Fenna", "Saskia", "Maartje"),
    men=("Joris", "Daniël", "Bram", "Wouter"),
    families=("van der Meer", "de Vries", "Jansen", "Zuidema", "'t Hart"),
    towns=(Town("'s-Hertogenbosch", "Noord-Brabant", "52## AB"), Town("Utrecht", "Utrecht", "35## CD")),
)

SPAIN = Country(
    code="ES",
    names=("Spain", "España", "ES"),
    calling_code="34",
    exit_code="00",
    trunk="",
    numbers=("612 34# ###",),
    women=("María José", "Begoña", "Lucía", "Inés"),
    men=("Iñaki", "Andrés", "Álvaro", "José María"),
    families=("Núñez", "García-Márquez", "Ibáñez", "Peña", "Muñoz"),
    towns=(Town("A Coruña", "Galicia", "150##"), Town("Málaga", "Andalucía", "290##")),
)

COUNTRIES: dict[str, Country] = {
    country.code: country for country in (FRANCE, GERMANY, UNITED_KINGDOM, UNITED_STATES, NETHERLANDS, SPAIN)
}
