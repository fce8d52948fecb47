"""Names of the months, in full and shortened, in the languages in which clients' systems write dates."""

from __future__ import annotations

_NAMES = (
    "january jan januar jänner janvier janv enero ene gennaio gen januari janeiro",
    "february feb februar feber février fevrier févr fevr fév fev febrero febbraio februari fevereiro",
    "march mar märz maerz mär mrz mars marzo maart mrt marts março marco",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag mei maj maio",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août aout agosto ago augustus augusti",
    "september sept sep septembre septiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre decembre déc diciembre dic dicembre desember des dezembro",
)
"""English, French, German, Spanish, Italian, Portuguese, Dutch, Swedish, Danish and Norwegian."""

MONTHS: dict[str, str] = {
    name: f"{number:02}" for number, names in enumerate(_NAMES, start=1) for name in names.split()
}
"""Lower-case name or short name to ``01`` to ``12``."""
