"""Person accounts: an account and a contact in one record, whose person is read through the account.

Where an org has them, ``describe`` shows a contact's fields on Account under other names: ``PersonEmail``, and
``Tier__pc`` for a custom ``Tier__c``. A business account shows them too, empty; only ``Phone`` is the company's.
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_account.htm
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

FLAG = "Account.IsPersonAccount"

_SAME_NAME = frozenset({"firstname", "lastname", "middlename", "salutation", "suffix", "phone"})
_CUSTOM = "__c"


def twin(path: str) -> str:
    """Where the account has what a contact has at ``path``: ``Contact.Email`` is ``Account.PersonEmail``."""
    name = path.rpartition(".")[2]
    if name.lower().endswith(_CUSTOM):
        return f"Account.{name[: -len(_CUSTOM)]}__pc"
    return f"Account.{name}" if name.lower() in _SAME_NAME else f"Account.Person{name}"


def only_of_persons(
    records: pl.DataFrame, twins: Collection[str], *, contact: str, own_contact: str | None
) -> pl.DataFrame:
    """``records`` whose ``twins`` hold nothing but where the account is the person, and no other contact is.

    Args:
        records: opportunities, with :data:`FLAG` where there are ``twins``.
        twins: columns of the account that speak of a person.
        contact: the column with the opportunity's contact.
        own_contact: the column with the contact that the person account itself is, where it can be seen.
    """
    if not twins:
        return records
    alone = pl.col(contact).is_null()
    same = pl.col(contact) == pl.col(own_contact) if own_contact else pl.lit(value=False)
    applies = (pl.col(FLAG) == "true") & (alone | same)
    return records.with_columns(pl.when(applies).then(pl.col(name)).alias(name) for name in twins)
