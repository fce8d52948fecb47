"""Two-letter codes of the United States: states, federal district, territories and armed forces (USPS).

Also the associated states that USPS delivers to, and the abbreviations that were in use before the codes.
"""

from __future__ import annotations

_NAMES = """
al alabama, ak alaska, az arizona, ar arkansas, ca california, co colorado, ct connecticut, de delaware, fl
florida, ga georgia, hi hawaii, id idaho, il illinois, in indiana, ia iowa, ks kansas, ky kentucky, la
louisiana, me maine, md maryland, ma massachusetts, mi michigan, mn minnesota, ms mississippi, mo missouri,
mt montana, ne nebraska, nv nevada, nh newhampshire, nj newjersey, nm newmexico, ny newyork, nc
northcarolina, nd northdakota, oh ohio, ok oklahoma, or oregon, pa pennsylvania, ri rhodeisland, sc
southcarolina, sd southdakota, tn tennessee, tx texas, ut utah, vt vermont, va virginia, wa washington, wv
westvirginia, wi wisconsin, wy wyoming, dc districtofcolumbia, dc washingtondc, as americansamoa, gu guam,
mp northernmarianaislands, pr puertorico, vi virginislands, vi usvirginislands, fm micronesia, mh marshallislands,
pw palau, aa armedforcesamericas, ae armedforceseurope, ap armedforcespacific
"""
_ABBREVIATIONS = """
al ala, ak alas, az ariz, ar ark, ca cal, ca calif, co colo, ct conn, de del, fl fla, id ida, il ill, in ind, ks kan,
ks kans, ma mass, mi mich, mn minn, ms miss, mt mont, ne neb, ne nebr, nv nev, nm nmex, nm nmexico, nc ncarolina,
nd ndak, nd ndakota, ok okla, or ore, or oreg, pa penn, pa penna, sc scarolina, sd sdak, sd sdakota, tn tenn, tx tex,
wa wash, wv wva, wv wvirginia, wi wis, wi wisc, wy wyo
"""


def _pairs(table: str) -> list[tuple[str, str]]:
    return [(code, name) for code, name in (entry.split() for entry in table.replace("\n", " ").split(","))]


def _writings(code: str, name: str) -> tuple[str, ...]:
    """As forms and CRMs have it: ``California``, ``CA``, ``US-CA``, ``CA - California``, ``State of California``."""
    return (
        *(name, code, f"us{code}", f"{code}{name}", f"{name}{code}", f"{name}usa"),
        *(f"{name}state", f"stateof{name}", f"commonwealthof{name}"),
    )


US_STATE_CODES: dict[str, str] = {
    written: code for code, name in _pairs(_NAMES) for written in _writings(code, name)
} | {name: code for code, name in _pairs(_ABBREVIATIONS)}
"""Lower-case name without spaces or punctuation, or code, to lower-case code."""
