"""Two-letter codes of the United States: states, federal district, territories and armed forces (USPS)."""

from __future__ import annotations

_NAMES = """
al alabama, ak alaska, az arizona, ar arkansas, ca california, co colorado, ct connecticut, de delaware, fl
florida, ga georgia, hi hawaii, id idaho, il illinois, in indiana, ia iowa, ks kansas, ky kentucky, la
louisiana, me maine, md maryland, ma massachusetts, mi michigan, mn minnesota, ms mississippi, mo missouri,
mt montana, ne nebraska, nv nevada, nh newhampshire, nj newjersey, nm newmexico, ny newyork, nc
northcarolina, nd northdakota, oh ohio, ok oklahoma, or oregon, pa pennsylvania, ri rhodeisland, sc
southcarolina, sd southdakota, tn tennessee, tx texas, ut utah, vt vermont, va virginia, wa washington, wv
westvirginia, wi wisconsin, wy wyoming, dc districtofcolumbia, dc washingtondc, as americansamoa, gu guam,
mp northernmarianaislands, pr puertorico, vi virginislands, vi usvirginislands, aa armedforcesamericas, ae
armedforceseurope, ap armedforcespacific
"""

_PAIRS = [entry.split() for entry in _NAMES.replace("\n", " ").split(",")]

US_STATE_CODES: dict[str, str] = {name: code for code, name in _PAIRS} | {code: code for code, _ in _PAIRS}
"""Lower-case name without spaces or punctuation, or code, to lower-case code."""
