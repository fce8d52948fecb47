"""What the platforms handed out, and the device: checked for its form, its case never changed."""

from __future__ import annotations

import ipaddress

import polars as pl

from matching.cells import Cell, Outcome

_CLICK_ID = r"^[A-Za-z0-9_-]{10,512}$"
_CLICK_ID_PLACEHOLDER = r"(?i)^(?:your|test|example|sample|dummy|fake|placeholder|insert)[_-]|^[Xx_-]+$|^0+$"
_FBC = r"^fb\.[0-2]\.[0-9]{10,13}\.\S+$"
_FBP = r"^fb\.[0-2]\.[0-9]{10,13}\.[0-9]+(?:\.[A-Za-z0-9_-]+)?$"
_LEAD_ID = r"^[1-9][0-9]{14,16}$"

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"^{_OCTET}(?:\.{_OCTET}){{3}}$"
_IPV4_NOT_PUBLIC = (
    r"^(?:0|10|127|22[4-9]|23\d|24\d|25[0-5])\."
    r"|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\."
    r"|^169\.254\.|^172\.(?:1[6-9]|2\d|3[01])\.|^192\.168\."
    r"|^192\.0\.[02]\.|^198\.1[89]\.|^198\.51\.100\.|^203\.0\.113\."
)
"""IANA's special-purpose IPv4 networks that are not globally reachable, and multicast."""


def click_id(cell: Cell) -> Outcome:
    """A gclid, gbraid or wbraid as it stands in the landing page's address."""
    form = cell.text.str.contains(_CLICK_ID)
    placeholder = cell.text.str.contains(_CLICK_ID_PLACEHOLDER)
    return Outcome(
        pl.when(form & ~placeholder).then(cell.text),
        pl.when(placeholder)
        .then(pl.lit("a placeholder, not a click id: leave the field empty"))
        .otherwise(
            pl.lit("not a click id: expected 10 to 512 letters, digits, - and _, as in the page's address")
        ),
    )


def fbc(cell: Cell) -> Outcome:
    """The ``_fbc`` cookie: ``fb.<subdomain index>.<creation time>.<fbclid>``."""
    return Outcome(
        pl.when(cell.text.str.contains(_FBC)).then(cell.text),
        pl.lit(
            "not an _fbc cookie: expected fb.1.<milliseconds>.<fbclid>; a bare click id belongs in fbclid"
        ),
    )


def fbc_from_fbclid(cell: Cell) -> Outcome:
    """``fbclid`` as an ``_fbc`` cookie, created when the lead was (else when the stage was entered)."""
    form = cell.text.str.contains(_CLICK_ID)
    made = pl.format("fb.1.{}.{}", cell.clicked_ms, cell.text)
    return Outcome(
        pl.when(form & cell.clicked_ms.is_not_null()).then(made),
        pl.when(form)
        .then(pl.lit("fbclid needs the time of the click: add lead_created_at or entered_at, or give fbc"))
        .otherwise(
            pl.lit("not an fbclid: expected 10 to 512 letters, digits, - and _, as in the page's address")
        ),
    )


def fbp(cell: Cell) -> Outcome:
    """The ``_fbp`` cookie: ``fb.<subdomain index>.<creation time>.<random number>``."""
    return Outcome(
        pl.when(cell.text.str.contains(_FBP)).then(cell.text),
        pl.lit("not an _fbp cookie: expected fb.1.<milliseconds>.<number>"),
    )


def lead_id(cell: Cell) -> Outcome:
    """Meta's lead id as the integer that Meta matches on; lead exports write it with ``l:`` in front."""
    digits = cell.text.str.replace(r"^(?i:l:)\s*", "")
    rounded = cell.text.str.contains(r"(?i)\.0$|\de\+?\d+$")
    return Outcome(
        pl.when(digits.str.contains(_LEAD_ID)).then(digits).cast(pl.Int64),
        pl.when(rounded)
        .then(
            pl.lit("the lead id was turned into a decimal number and may have lost digits: export it as text")
        )
        .otherwise(pl.lit("not a Meta lead id: expected 15 to 17 digits")),
    )


def ip_address(cell: Cell) -> Outcome:
    """A public IPv4 or IPv6 address; IPv6 in its short form, IPv4 in IPv6's clothes as IPv4."""
    ipv4 = cell.text.str.contains(_IPV4) & ~cell.text.str.contains(_IPV4_NOT_PUBLIC)
    ipv6 = pl.when(cell.text.str.contains(":", literal=True)).then(cell.text)
    return Outcome(
        pl.when(ipv4)
        .then(cell.text)
        .otherwise(ipv6.map_batches(_public_ipv6_column, return_dtype=pl.String, is_elementwise=True)),
        pl.lit("not a public IP address: expected one IPv4 or IPv6 address of the internet"),
    )


def _public_ipv6_column(texts: pl.Series) -> pl.Series:
    known = {text: _public_ip(text) for text in texts.unique() if text is not None}
    if not known:
        return texts
    return texts.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


def _public_ip(text: str) -> str | None:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return None
    actual = address.ipv4_mapped or address
    return str(actual) if actual.is_global and not actual.is_multicast else None


def user_agent(cell: Cell) -> Outcome:
    """The browser's own name for itself, as it was sent."""
    return Outcome(
        pl.when(cell.text.str.len_chars().is_between(10, 2048)).then(cell.text),
        pl.lit("not a user agent: expected what the browser sent, 10 to 2048 characters"),
    )
