"""Finds the IANA time zone that an export names beside a time.

Square names zones as Ruby on Rails does (``Eastern Time (US & Canada)``); the table has those of the countries where
Square sells (https://api.rubyonrails.org/classes/ActiveSupport/TimeZone.html). Abbreviations such as ``CST`` are not
known: each stands for several zones.
"""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

_NAMES = {
    "american samoa": "Pacific/Pago_Pago",
    "hawaii": "Pacific/Honolulu",
    "alaska": "America/Juneau",
    "pacific time (us & canada)": "America/Los_Angeles",
    "arizona": "America/Phoenix",
    "mountain time (us & canada)": "America/Denver",
    "central time (us & canada)": "America/Chicago",
    "saskatchewan": "America/Regina",
    "eastern time (us & canada)": "America/New_York",
    "indiana (east)": "America/Indiana/Indianapolis",
    "atlantic time (canada)": "America/Halifax",
    "puerto rico": "America/Puerto_Rico",
    "newfoundland": "America/St_Johns",
    "guam": "Pacific/Guam",
    "dublin": "Europe/Dublin",
    "edinburgh": "Europe/London",
    "london": "Europe/London",
    "paris": "Europe/Paris",
    "madrid": "Europe/Madrid",
    "osaka": "Asia/Tokyo",
    "sapporo": "Asia/Tokyo",
    "tokyo": "Asia/Tokyo",
    "perth": "Australia/Perth",
    "darwin": "Australia/Darwin",
    "adelaide": "Australia/Adelaide",
    "brisbane": "Australia/Brisbane",
    "canberra": "Australia/Melbourne",
    "melbourne": "Australia/Melbourne",
    "sydney": "Australia/Sydney",
    "hobart": "Australia/Hobart",
}


@lru_cache(maxsize=1024)
def zone_named(name: str) -> str | None:
    """The IANA zone that ``name`` means; ``None`` where that is not known."""
    known = _NAMES.get(name.lower())
    if known is not None:
        return known
    # Without a slash it is an abbreviation, of which zoneinfo knows some as fixed offsets.
    if "/" not in name:
        return None
    try:
        zone = ZoneInfo(name).key
        # The machine may know zones that Polars, which brings its own, does not: right/Europe/Paris.
        pl.select(pl.lit(0).cast(pl.Datetime("us")).dt.replace_time_zone(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError, pl.exceptions.ComputeError):
        return None
    return zone
