"""What people and systems write where they have no value, by column: data that a reader can check and add to.

A word is listed only where it is nobody's name: Null, Test, Guest and Blank are surnames, Na and Nil given names,
NA is Namibia and the province of Naples, Aucun a village in the Pyrenees.
"""

from __future__ import annotations

from string import ascii_lowercase


def _listed(words: str) -> frozenset[str]:
    return frozenset(word.strip() for word in words.replace("\n", " ").split(","))


_SYSTEMS = _listed(
    r"""
    n/a, n/a., n.a., n.a, (n/a), [n/a], #n/a, #na, #value!, #ref!, #name?, #null!, nan, <na>, undefined,
    \n, (null), [null], <null>, <none>, (none), [none], (blank), (empty), (not set), [not provided], not
    provided, not available, not applicable, not specified, not given, not known, not entered, no data, no
    value, no answer, [object object], -none-, --none--, -- none --, none selected, please select, select,
    --select--, select one, select..., choose, -, --, ---, ----, ., .., ..., ?, ??, ???, *, /, _, xx, xxx,
    xxxx, xxxxx, xxxxxx, tbd, tba, tbc, to be confirmed, to be determined, pending, unknown, unkown,
    uknown, anonymous, redacted, [redacted], gdpr, deleted, (deleted), removed, asdf, asdfg, asdfgh,
    asdfghjkl, qwerty, qwertz, azerty, lorem ipsum, dummy, placeholder, testtest, test test
    """
)
_LANGUAGES = _listed(
    """
    inconnu, inconnue, non renseigné, non renseignée, non renseigne, non communiqué, non communique, non
    précisé, non precise, non disponible, sans objet, aucune, néant, neant, ne sait pas, à compléter, à
    définir, unbekannt, keine, keiner, keine angabe, keine angaben, k.a., k. a., k.a, nicht angegeben,
    nicht bekannt, nicht vorhanden, entfällt, bitte wählen, bitte auswählen, anonym, desconocido,
    desconocida, ninguno, ninguna, sin correo, sin email, sin e-mail, sin datos, sin dato, sin nombre, sin
    apellido, sin especificar, sin información, sin informacion, no aplica, no tiene, no disponible, no
    especificado, no consta, por definir, sconosciuto, sconosciuta, nessuno, nessuna, non fornito, non
    specificato, non indicato, non noto, n.d., n/d, n.d, desconhecido, desconhecida, nenhum, nenhuma, sem
    email, sem e-mail, sem nome, não informado, nao informado, não tem, nao tem, não aplicável, não
    disponível, onbekend, geen, niet bekend, niet opgegeven, niet ingevuld, n.v.t., nvt, n.v.t, okänd,
    okand, saknas, ukjent, ukendt, ingen, tuntematon, ei ole, ei tiedossa, brak, nieznany, nieznane, nie
    podano, nie dotyczy, neuvedeno, neznámý, nincs, ismeretlen, necunoscut, nepoznato, bilinmiyor,
    belirtilmemiş, άγνωστο, δεν υπάρχει, нет, нет данных, неизвестно, не указано, не указан, немає,
    невідомо, なし, 無し, 不明, 未設定, 未入力, 未知, 不详, 不詳,
    暂无, 没有, 沒有, 없음, 모름, 미상, لا يوجد, غير معروف, אין, לא ידוע
    """
)
_NOTHING = _listed("none, null, nil, aucun, empty, blank, test, sample, example, fake, no, x")
"""Words for nothing and for trying things out that are names of people and places too: not for every column."""

_NOBODY = _listed(
    """
    customer, client, walk-in, walk in, walkin, cash customer, cash sale, passant, laufkunde, kein name,
    no name, noname, first name, firstname, first_name, fname, given name, prénom, prenom, vorname,
    nombre, nome, voornaam, förnamn, last name, lastname, last_name, lname, surname, family name, full
    name, name, nom, nom de famille, nachname, familienname, apellido, apellidos, cognome, sobrenome,
    achternaam, efternamn, mr, mr., mrs, mrs., ms, ms., miss, dr, dr.
    """
)
"""Who stands at the till without a name, and the headings of columns."""

_NO_TEXT_HASHED = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The SHA-256 of an empty text: what an export that hashes every cell makes of the empty ones."""

_EVERYWHERE = _SYSTEMS | _LANGUAGES | {_NO_TEXT_HASHED}

WORDS: dict[str, frozenset[str]] = {
    "country": _EVERYWHERE | (_NOTHING - {"no"}),
    "state": _EVERYWHERE | (_NOTHING - {"no"}) | _listed("state, province, region, county, bundesland"),
    "city": (
        _EVERYWHERE | _NOTHING | _listed("na, city, town, ville, stadt, ciudad, città, cidade, woonplaats")
    )
    - {"aucun", "brak", "ingen"},
    "first_name": _EVERYWHERE
    | _NOBODY
    | (_NOTHING - {"nil", "no"})
    | _listed("guest, visitor, gast, invité"),
    "last_name": _EVERYWHERE
    | _NOBODY
    | _listed("none, aucun, empty, example, fake, x, na, jr, jr., sr, sr."),
    "postal_code": _EVERYWHERE | _NOTHING | _listed("na, 000, 0000, 00000, 000000, 0000000, 99999, 999999"),
    "external_id": _EVERYWHERE | _NOTHING | _listed("na, 0, -1"),
    "date_of_birth": _EVERYWHERE
    | _NOTHING
    | _listed("na, 0, 0000-00-00, 00/00/0000, 00.00.0000, 00-00-0000"),
}
"""What counts as no value, lower case, by stage-entry column."""

OTHER_WORDS: frozenset[str] = _EVERYWHERE | _NOTHING | {"na"}
"""The same for every other column."""

_NO_MAIL = "|".join(
    (
        r"none|null|nil|nomail|no[._-]?e?-?mail(?:s|address|provided)?|no[._-]?reply|do[._-]?not[._-]?reply",
        r"not[._-]?(?:provided|available|given|known|applicable)|no[._-]?one|nobody|decline[ds]?|refused|invalid",
        r"unknown|undefined|pas[._-]?(?:de|d)?[._-]?e?-?mail|sans[._-]?e?-?mail|aucune?(?:[._-]?e?-?mail)?|inconnue?",
        r"keine?(?:[._-]?(?:e-?)?mail)?|ohne(?:[._-]?(?:e-?)?mail)?|unbekannt|sin[._-]?(?:correo|e?-?mail)|ninguno",
        r"no[._-]?tiene(?:[._-]?correo)?|nessun[oa]?(?:[._-]?e?-?mail)?|senza[._-]?e?-?mail|sem[._-]?e?-?mail|nenhum",
        r"n[aã]o[._-]?tem|geen(?:[._-]?e?-?mail)?|ingen(?:[._-]?e?-?mail)?",
    )
)
"""Local parts that say that there is no address, at whatever domain."""

_NO_NAME = "no|na|n/a|test|tests|testing|fake|xyz|asdf?|asdfg|qwerty|qwe|abcd?|123|1234|user|customer|noname"
_YOURS = r"name|you|your[._-]?(?:e-?mail|name)|e?-?mail"
_SAME_KEY = "|".join(f"{letter}+@{letter}+" for letter in ascii_lowercase)

EMAIL = (
    rf"^(?:{_NO_MAIL})@"
    rf"|^(?:{_NO_NAME}|example|sample)@(?:{_NO_NAME}|{_NO_MAIL})\.[a-z.]{{2,6}}$"
    rf"|^(?:example|{_YOURS})@(?:example|(?:e?-?mail|your)?-?(?:domain|company))\.[a-z.]{{2,6}}$"
    rf"|^(?:e-?mail@e-?mail|mail@mail|{_SAME_KEY})\.[a-z.]{{2,6}}$"
)
"""Addresses, lower case, that are nobody's: ``noemail@…``, ``test@test.com``, ``xxx@xxx.xx``, ``name@domain.com``."""
