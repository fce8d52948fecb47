"""Reads amounts as tills write them: ``1,240.00``, ``1.240,00 €``, ``-$45.00``, ``(45.00)``, ``$(45.00)``,
``CHF 1'240.00``.

One grammar serves both decimal marks, so that what a value can mean and what it does mean never differ.
"""

from __future__ import annotations

from typing import Literal, get_args

import polars as pl

from connectors.pos_files.values.evidence import Question
from connectors.pos_files.values.masking import shown_amount

Decimal = Literal[".", ","]
DECIMALS: tuple[Decimal, ...] = get_args(Decimal)

DECIMAL_QUESTION = Question("decimal", {".": "a decimal point", ",": "a decimal comma"}, shown=shown_amount)

# Beyond this a float64 no longer holds a thousandth, and what stands there is an id rather than an amount.
_LARGEST = 1e12

_SPACES = r"\s'’"
_MINUS = "−–-"  # the hyphen last, or a character class would take it for a range
_MARK = r"(?:\p{L}{1,4}\.?|\p{L}{0,3}\p{Sc})?"


def _number(decimal: Decimal) -> str:
    """Digits, grouped by spaces, apostrophes or the other mark (in threes, or as in India), then decimals.

    No grouped number starts with a zero: ``0,125`` has a decimal comma.
    """
    group = {".": ",", ",": r"\."}[decimal]
    mark = {".": r"\.", ",": ","}[decimal]
    whole = rf"[1-9][0-9]{{0,2}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}}|[0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}})+|[0-9]+"
    return rf"(?:(?:{whole})(?:{mark}[0-9]+)?|{mark}[0-9]+)"


def _pattern(decimal: Decimal) -> str:
    return (
        rf"^(?<opened>\()?\s*(?<before>[+{_MINUS}])?\s*(?<lead>{_MARK})\s*(?<within>\()?(?<inner>[{_MINUS}])?\s*"
        rf"(?<number>{_number(decimal)})"
        rf"\s*(?<after>[{_MINUS}])?\s*(?<tail>{_MARK})\s*(?<last>[{_MINUS}])?\s*(?<closed>\))?$"
    )


_PATTERNS = {decimal: _pattern(decimal) for decimal in DECIMALS}
_PLAIN = {decimal: rf"^-?[0-9]{{1,12}}(?:[{decimal}][0-9]+)?(?:\s?\p{{Sc}})?$" for decimal in DECIMALS}


def amounts(text: pl.Series, decimal: Decimal) -> pl.DataFrame:
    """Read amounts, one row a value of ``text`` (trimmed).

    Returns ``amount`` (float64, negative for a minus before or behind or for parentheses; null where the text is
    no amount) and ``mark`` (the currency mark as written, null where there is none).
    """
    # The whole grammar costs ten times as much as a cast, and most tills write digits, and perhaps a sign behind them.
    frame = text.rename("text").to_frame().with_columns(plain=pl.col("text").str.contains(_PLAIN[decimal]))
    plain = pl.when("plain").then("text")
    behind = plain.str.strip_chars_start("-.,0123456789")
    read = frame.select(
        amount=_as_float(plain.str.strip_suffix(behind)), mark=behind.str.strip_chars().replace("", None)
    )
    rest = (~frame["plain"]).arg_true()
    if rest.is_empty():
        return read
    others = _by_grammar(text.gather(rest), decimal)
    return read.with_columns(read[column].scatter(rest, others[column]) for column in others.columns)


def amount_readings(text: pl.Series) -> pl.DataFrame:
    """What each value means by either decimal mark, for :class:`~connectors.pos_files.values.evidence.Evidence`."""
    return pl.DataFrame({decimal: amounts(text, decimal)["amount"] for decimal in DECIMALS})


def _by_grammar(text: pl.Series, decimal: Decimal) -> pl.DataFrame:
    marks = pl.concat_str("lead", "tail").replace("", None)
    signs = pl.sum_horizontal(pl.col("opened", "within", "before", "inner", "after", "last").is_not_null())
    balanced = pl.coalesce("opened", "within").is_null() == pl.col("closed").is_null()
    one_mark = (pl.col("lead") == "") | (pl.col("tail") == "")
    number = _as_float(pl.col("number").str.replace_all(rf"[^0-9{decimal}]", ""))
    sign = pl.when((signs == 1) & (pl.col("before").fill_null("") != "+")).then(-1.0).otherwise(1.0)
    valid = balanced & one_mark & (signs <= 1) & (number < _LARGEST)
    return (
        text.rename("text")
        .to_frame()
        .select(pl.col("text").str.extract_groups(_PATTERNS[decimal]))
        .unnest("text")
        .select(amount=pl.when(valid).then(number * sign), mark=pl.when(valid).then(marks))
    )


def _as_float(digits: pl.Expr) -> pl.Expr:
    return digits.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
