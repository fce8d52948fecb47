"""How postal codes of countries look, by the Universal Postal Union's address sheets: to see what is none.

A shape has 9 for a digit and A for a letter, without spaces and dashes. Countries that are not listed have codes
that may be left out, that come in too many shapes, or none.
"""

from __future__ import annotations

_DIGITS = {
    3: "FO IS LS MG PG",
    4: "AF AL AM AT AU BD BE BG CH CV CY DK GE GL HU LI LU MK NO NZ PH PT SI SJ TN ZA",
    5: "AX BA CR CU CZ DE DO DZ EE EG ES FI FR GF GP GR GT HR ID IL IT KE KR LA LK MA MC ME MQ MX MY NC PF PK PL RE"
    " RS SA SE SK SM TH TR UA UY VA VN YT ZM",
    6: "BY CN CO EC IN KG NG RO RU SG TJ TM TT UZ VN",
    7: "CL IL JP PT",
    8: "BR",
    9: "SA",
}
_LETTERED = {
    "CA": ("A9A9A9",),
    "GB": ("A99AA", "A999AA", "AA99AA", "AA999AA", "A9A9AA", "AA9A9AA"),
    "NL": ("9999AA",),
}

SHAPES: frozenset[str] = frozenset(
    [f"{country} {'9' * digits}" for digits, countries in _DIGITS.items() for country in countries.split()]
    + [f"{country} {shape}" for country, shapes in _LETTERED.items() for shape in shapes]
)
"""``FR 99999``: a country's ISO 3166-1 alpha-2 and a shape that its postal codes have."""


def _expected() -> dict[str, str]:
    digits: dict[str, list[str]] = {}
    for number, countries in _DIGITS.items():
        for country in countries.split():
            digits.setdefault(country, []).append(str(number))
    lettered = {"CA": "a code such as K1A 0B1", "GB": "a code such as M1 1AE", "NL": "a code such as 1012 AB"}
    return {country: f"{' or '.join(numbers)} digits" for country, numbers in digits.items()} | lettered


EXPECTED: dict[str, str] = _expected()
"""Country to what its postal codes are, in words."""

PREFIXES: frozenset[str] = frozenset(
    f"{country} {prefix}"
    for country, sign in (
        *(
            ("AT", "A"),
            ("BE", "B"),
            ("DE", "D"),
            ("ES", "E"),
            ("FI", "FIN"),
            ("FR", "F"),
            ("HU", "H"),
            ("IT", "I"),
        ),
        *(("LU", "L"), ("NO", "N"), ("PT", "P"), ("SE", "S"), ("SI", "SLO"), ("LI", "FL")),
        *((code, code) for code in ("BG", "CH", "CZ", "DK", "EE", "GR", "HR", "NL", "PL", "RO", "RS", "SK")),
    )
    for prefix in (country, sign)
)
"""``DE D``: a country, and its code or vehicle sign as people write it before its postal codes (``D-10115``)."""

ZIP_COUNTRIES: tuple[str, ...] = ("US", "PR", "GU", "VI", "AS", "MP", "FM", "MH", "PW", "UM")
"""Where the United States Postal Service delivers: the United States, and what has an ISO code of its own."""
