"""How names of people and towns sound in each country: syllables to make them up from, and the forms they take.

Accents, hyphens, apostrophes and particles are about as frequent as a reader of the language would expect: our own
guess. None of it is taken from a list of real people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.invented.words import Sound

Forms = Mapping[str, float]
"""``{}`` stands for a word that is made up; each form with its weight."""


@dataclass(frozen=True)
class Language:
    """What names and towns are made up from; ``women``, ``men``, ``families`` and ``towns`` are endings.

    Syllables and endings are separated by spaces; what is frequent stands there more than once.
    """

    sound: Sound
    women: str
    men: str
    families: str
    towns: str
    given_forms: Forms
    family_forms: Forms
    town_forms: Forms


_FRENCH = Language(
    Sound(
        onsets="b bl c ch d f fl g gr j l l m m n n p pr qu r r s t tr v v",
        vowels="a a e e i i o o ou au ai an on in eu " * 3 + "é é",
    ),
    women="ine elle ette ie anne ise ée ia a ène ande ille a e",
    men="ain en is as ard el in on é y ien ric ert o",
    families="ard eau ier ier et et on on in ault ois oux ère nier elle ac at é ot aud",
    towns="y y ac ac ville court ières euil an on ay é",
    given_forms={"{}": 92, "{}-{}": 6, "{} {}": 2},
    family_forms={"{}": 88, "{}-{}": 3, "{} {}": 2, "Le {}": 3, "D'{}": 1.5, "de {}": 1.5, "de la {}": 1},
    town_forms={"{}": 60, "Saint-{}": 14, "{}-sur-{}": 10, "{}-les-{}": 7, "La {}": 5, "L'{}": 4},
)

_GERMAN = Language(
    Sound(
        onsets="b br d dr f fr g gr h h k kl l m m n p r r s sch st t w w z",
        vowels="a a e e e i i o u ei au ie " * 3 + "ä ö ü ü",
    ),
    women="a a e e ine traud lind gard ike hild",
    men="ar er olf hard helm mar in o us ert",
    families="er er er er mann mann berg feld ner ke el ing lich ß hardt meier mann ert",
    towns="hausen heim dorf burg berg stadt bach ingen feld rode hütte au",
    given_forms={"{}": 96, "{}-{}": 3, "{} {}": 1},
    family_forms={"{}": 95, "{}-{}": 3, "von {}": 1.5, "von der {}": 0.5},
    town_forms={"{}": 78, "Bad {}": 8, "{} am {}": 6, "Groß {}": 4, "{}-{}": 4},
)

_BRITISH = Language(
    Sound(
        onsets="b br c cl d f g gr h h k l l m m n p r s sh st t th w wh",
        vowels="a a e e i i o o u ea oo ai",
    ),
    women="a a ie y ine een lyn elle eth",
    men="en on an er y ick ard us o as",
    families="er er son son ley ley ton ton field worth well man s ings wood",
    towns="ton ton ham ham ford bury ley by wick mouth worth bridge",
    given_forms={"{}": 97, "{}-{}": 2, "{} {}": 1},
    family_forms={"{}": 90, "{}-{}": 3, "O'{}": 3, "Mac{}": 1.5, "Mc{}": 2.5},
    town_forms={"{}": 76, "{} {}": 8, "{}-on-{}": 5, "St. {}": 4, "Great {}": 4, "{}'s {}": 3},
)

_AMERICAN = Language(
    Sound(
        onsets="b br c ch d f g h j k l l m m n p r r s sh st t tr w z",
        vowels="a a a e e i i o o u ee ay",
    ),
    women="a a a ie y yn elle isha ina ana",
    men="en on an er y el us o ell ard",
    families="er er son son ez ez man ley s ski ell ton ard ano",
    towns="ville ville ton ton field burg dale port wood land",
    given_forms={"{}": 96, "{}-{}": 2, "{} {}": 2},
    family_forms={"{}": 92, "{}-{}": 2, "O'{}": 1.5, "Mc{}": 2, "De La {}": 1, "{} Jr.": 1.5},
    town_forms={"{}": 70, "{} {}": 12, "St. {}": 4, "Fort {}": 5, "{} City": 5, "San {}": 4},
)

_DUTCH = Language(
    Sound(
        onsets="b br d dr f g gr h h k kl l m n p r s sch sl st t v w w z",
        vowels="a a aa e e ee i ie o oo oe ui ij u",
    ),
    women="a a je ke ine iek elle ien ë",
    men="s s en ert o ik us em an ël",
    families="stra sen sen man huis ink ers kamp ma veld dijk inga",
    towns="dam dam dijk wijk veen hoven drecht burg woude loo",
    given_forms={"{}": 97, "{}-{}": 2, "{} {}": 1},
    family_forms={
        "{}": 68,
        "van {}": 8,
        "de {}": 10,
        "van der {}": 6,
        "van den {}": 4,
        "'t {}": 1,
        "{}-{}": 3,
    },
    town_forms={"{}": 84, "'s-{}": 3, "{} aan de {}": 5, "Nieuw-{}": 8},
)

_SPANISH = Language(
    Sound(
        onsets="b br c ch d f g gr j l ll m m n ñ p qu r r s t tr v z",
        vowels="a a a e e e i o o u ie " * 3 + "á é í ó ú",
    ),
    women="a a a a ina ela ía isa ita icia ana",
    men="o o o o io el án és in ardo ito uel",
    families="ez ez ez ero ano ado illo al ón ía eda ales arro os as ero",
    towns="illa ar eda anca ía ón ales era ete uelo os a as al",
    given_forms={"{}": 84, "{} {}": 15, "{}-{}": 1},
    family_forms={"{}": 40, "{} {}": 54, "{}-{}": 3, "de {}": 1, "de la {}": 1, "del {}": 1},
    town_forms={"{}": 66, "{} de {}": 12, "San {}": 8, "La {}": 8, "Villa{} del {}": 6},
)

LANGUAGES: Mapping[str, Language] = {
    "FR": _FRENCH,
    "DE": _GERMAN,
    "GB": _BRITISH,
    "US": _AMERICAN,
    "NL": _DUTCH,
    "ES": _SPANISH,
}
"""By the country's code (ISO 3166-1 alpha-2)."""
