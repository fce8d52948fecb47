"""All that libphonenumber's metadata ask of digits at one place, drawn as one machine.

What matches is said by markers, tuples that begin with one of the names below. Numbers are looked for at the first
digit, after each trunk prefix, and after the own calling code; their markers end with how many digits were skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

from matching.phones.machines import NOWHERE, Machine, Sketch, States
from matching.phones.patterns import ANY_DIGIT, Branch, Digit, Sequence, branches, parse

LENGTH = "length"
"""``(LENGTH, n)``: there are n digits."""
DESCRIBED = "described"
"""``(DESCRIBED, region, description, skipped)``: the description's pattern matches the digits to the end."""
LEADING = "leading"
"""``(LEADING, region, skipped)``: the number begins as only this region's do."""
PREFIX = "prefix"
"""``(PREFIX, n, skipped)``: the digits begin with the n-th trunk prefix."""
CALLING_CODE = "calling code"
"""``(CALLING_CODE,)``: the digits begin with the own calling code."""
ABROAD = "abroad"
"""``(ABROAD,)``: the digits are the exit code."""
ODD_EXIT = "odd exit"
"""``(ODD_EXIT,)``: the digits begin as those that go abroad in another way may."""

GENERAL = "general_desc"
_TYPES = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)

_LONGEST = 20
"""More digits than a trunk prefix, a calling code and any national number have together."""


def _descriptions(region: PhoneMetadata) -> dict[str, PhoneNumberDesc]:
    """What the metadata of ``region`` describe, by name: :data:`GENERAL`, and the types of numbers there are."""
    kinds = [name for name in _TYPES if name != "mobile" or not region.same_mobile_and_fixed_line_pattern]
    described = {name: getattr(region, name) for name in (GENERAL, *kinds)}
    return {name: one for name, one in described.items() if one and one.national_number_pattern}


def after_calling_code(calling_code: int) -> Drawing:
    """For digits that follow a plus, or an exit code, and ``calling_code``."""
    return Drawing(calling_code)


def dialled_in(region: str) -> Drawing:
    """For digits as they are dialled in ``region``, ISO 3166-1 alpha-2."""
    own: Any = PhoneMetadata.metadata_for_region(region)
    return Drawing(own.country_code, own)


class Drawing:
    """What decides how digits are read after a calling code, or in a region that has it.

    Attributes:
        calling_code: without the plus.
        regions: the metadata of all that share it, the main one first.
        own: the metadata of the region in which the digits are dialled; after a calling code, of the main one.
        described: by region, what its metadata describe.
        prefixes: the ways to write a trunk prefix, in the order in which they are tried.
        exit_code: what goes before the calling codes of other countries, where that is one row of digits.
    """

    def __init__(self, calling_code: int, own: Any = None) -> None:
        self.calling_code = calling_code
        self.regions: list[Any] = [
            PhoneMetadata.metadata_for_region_or_calling_code(calling_code, region)
            for region in COUNTRY_CODE_TO_REGION_CODE[calling_code]
        ]
        self.described = {region.id: _descriptions(region) for region in self.regions}
        self.own = own or self.regions[0]
        self.prefixes = _branches(self.own.national_prefix_for_parsing)
        self.exit_code = ""
        self._within = own is not None

    def machine(self) -> Machine:
        """The machine whose markers say it all.

        Raises:
            ValueError: the metadata use a pattern that is not known here.
        """
        sketch = Sketch()
        start = _lengths(sketch) | self._number(sketch, 0) | self._after_prefixes(sketch)
        if self._within:
            start |= self._after_calling_code(sketch) | self._leaving(sketch)
        return sketch.machine(start)

    def rewrites(self, prefix: Branch) -> bool:
        """Whether the digits after ``prefix`` are not the number, but what it is made of."""
        return prefix.captures and bool(self.own.national_prefix_transform_rule)

    def _number(self, sketch: Sketch, skipped: int) -> States:
        starts = []
        for region in self.regions:
            for name, described in self.described[region.id].items():
                end = sketch.marker((DESCRIBED, region.id, name, skipped))
                starts.append(sketch.before(parse(described.national_number_pattern), end))
            if region.leading_digits:
                end = sketch.marker((LEADING, region.id, skipped), even_if_digits_follow=True)
                starts.append(sketch.before(parse(region.leading_digits), end))
        return NOWHERE.union(*starts)

    def _after_prefixes(self, sketch: Sketch) -> States:
        plain = [one.digits for one in self.prefixes if one.digits and not self.rewrites(one)]
        numbers = {length: self._number(sketch, length) for length in set(map(len, plain))}
        after = (sketch.before(Sequence(digits), numbers[len(digits)]) for digits in plain)
        return NOWHERE.union(*after, *_marked(sketch, self.prefixes, 0))

    def _after_calling_code(self, sketch: Sketch) -> States:
        """Nobody dials the own calling code within a country, but many write it, without a plus."""
        code = str(self.calling_code)
        main = _branches(self.regions[0].national_prefix_for_parsing)
        prefixes = [branch for branch in (*self.prefixes, *main) if branch.digits]
        found = sketch.marker((CALLING_CODE,), even_if_digits_follow=True)
        after = (self._number(sketch, len(code)), found, *_marked(sketch, prefixes, len(code)))
        return sketch.before(parse(code), NOWHERE.union(*after))

    def _leaving(self, sketch: Sketch) -> States:
        """The exit code that is tried first has the last word where it matches."""
        starts = []
        for number, branch in enumerate(_branches(self.own.international_prefix)):
            literal = "".join(str(one.allowed.bit_length() - 1) for one in branch.digits)
            if number == 0 and parse(literal) == Sequence(branch.digits):
                self.exit_code = literal
                end = sketch.marker((ABROAD,))
            else:
                end = sketch.marker((ODD_EXIT,), even_if_digits_follow=True)
            starts.append(sketch.before(Sequence(branch.digits), end))
        return NOWHERE.union(*starts)


def _branches(pattern: str | None) -> list[Branch]:
    return list(branches(parse(pattern))) if pattern else []


def _marked(sketch: Sketch, prefixes: list[Branch], skipped: int) -> Iterator[States]:
    for number, branch in enumerate(prefixes):
        end = sketch.marker((PREFIX, number, skipped), even_if_digits_follow=not branch.ends)
        yield sketch.before(Sequence(branch.digits), end)


def _lengths(sketch: Sketch) -> States:
    after = NOWHERE
    for length in range(_LONGEST, 0, -1):
        after = sketch.before(Digit(ANY_DIGIT), sketch.marker((LENGTH, length)) | after)
    return after
