"""What a currency mark beside an amount may stand for."""

from __future__ import annotations

import re

_CODE = re.compile(r"[A-Z]{3}")

_DOLLARS = frozenset(
    {"USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "ARS", "CLP", "COP", "BRL", "UYU"}
)
_CROWNS = frozenset({"SEK", "NOK", "DKK", "ISK"})

_MARKS: dict[str, frozenset[str]] = {
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP", "EGP", "GIP", "FKP", "SHP", "LBP"}),
    "$": _DOLLARS,
    "US$": frozenset({"USD"}),
    "C$": frozenset({"CAD"}),
    "CA$": frozenset({"CAD"}),
    "A$": frozenset({"AUD"}),
    "AU$": frozenset({"AUD"}),
    "NZ$": frozenset({"NZD"}),
    "HK$": frozenset({"HKD"}),
    "S$": frozenset({"SGD"}),
    "MX$": frozenset({"MXN"}),
    "R$": frozenset({"BRL"}),
    "R": frozenset({"ZAR"}),
    "¥": frozenset({"JPY", "CNY"}),
    "₹": frozenset({"INR"}),
    "₽": frozenset({"RUB"}),
    "₺": frozenset({"TRY"}),
    "₩": frozenset({"KRW"}),
    "₪": frozenset({"ILS"}),
    "₴": frozenset({"UAH"}),
    "฿": frozenset({"THB"}),
    "₫": frozenset({"VND"}),
    "zł": frozenset({"PLN"}),
    "Kč": frozenset({"CZK"}),
    "Ft": frozenset({"HUF"}),
    "lei": frozenset({"RON"}),
    "kr": _CROWNS,
    "Kr": _CROWNS,
    "Fr": frozenset({"CHF"}),
    "SFr": frozenset({"CHF"}),
}


def currencies_of(mark: str) -> frozenset[str]:
    """The ISO 4217 codes that ``mark`` may stand for; none where it is no currency mark."""
    known = _MARKS.get(mark.rstrip("."))
    if known is not None:
        return known
    # Title case is a word, or a name in the wrong cell.
    code = mark.upper() if mark.islower() else mark
    return frozenset({code}) if _CODE.fullmatch(code) else frozenset()


def chosen_currency(mark: str | None, default: str | None) -> str | None:
    """The currency that ``mark`` means where ``default`` holds elsewhere; ``None`` where that stays open."""
    if not mark:
        return default
    possible = currencies_of(mark)
    if default in possible:
        return default
    return next(iter(possible)) if len(possible) == 1 else None
