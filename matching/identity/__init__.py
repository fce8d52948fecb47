"""Which records are of one person, and what one of them may carry that another holds. Pure functions on frames."""

from matching.identity.carrying import CARRIED, HANDED_OUT, KNOWN_COLUMNS, Group, carry, gained
from matching.identity.keys import KINDS, crowded, key_rows, person_keys
from matching.identity.linking import Links, link

__all__ = [
    "CARRIED",
    "HANDED_OUT",
    "KINDS",
    "KNOWN_COLUMNS",
    "Group",
    "Links",
    "carry",
    "crowded",
    "gained",
    "key_rows",
    "link",
    "person_keys",
]
