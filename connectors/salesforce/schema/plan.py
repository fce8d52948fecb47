"""Which fields to ask for: the client's mapping, held against what the org really has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from config.columns import CONSENT_COLUMNS
from config.sources import SalesforceSettings
from connectors.base import SourceContext, SourceError
from connectors.salesforce.api.errors import ObjectHiddenError
from connectors.salesforce.schema.filters import record_filter
from connectors.salesforce.schema.objects import LEAD, OPPORTUNITY, ObjectModel
from connectors.salesforce.schema.person_accounts import FLAG, twin
from connectors.salesforce.schema.visible import Describe, Visible

CONTACT, ROLES = "Contact.", "OpportunityContactRole"
"""How the paths of a contact's fields begin, and the object that tells which contact is an opportunity's."""

_OPTIONAL = frozenset({"currency"})
"""Only orgs with several currencies have the field: the others' amounts are in the client's."""
_TYPES: Mapping[str, frozenset[str]] = {
    "amount": frozenset({"currency", "double", "int", "long", "percent"}),
    "lead_created_at": frozenset({"datetime"}),
}
_IN_PARTS = frozenset({"address", "complexvalue", "location"})
"""Types whose values are objects; the Bulk API does not give them at all."""
_NO_ORIGIN = (
    "Opportunity: which lead each came from cannot be seen, so what only the lead knows is missing; let the "
    "integration user read Lead and its ConvertedOpportunityId."
)


@dataclass(frozen=True)
class Mapped:
    """One field that the client's file asks for.

    Attributes:
        column: the column that it feeds.
        field: its API name.
        key: where the client's file names it.
        for_object: it is named for one object, so that it must be there.
    """

    column: str
    field: str
    key: str
    for_object: bool = False


@dataclass(frozen=True)
class ReadPlan:
    """What is read of one object.

    Attributes:
        model: the object.
        columns: for each stage-entry column the field paths that feed it; the first one with a value wins, but
            for consents, which all must say alike.
        facts: for each fact of the model that can be seen, the field path that holds it.
        twins: those of the paths that speak of a person only where the account is one.
        condition: what a record must meet to be read, in SOQL; empty for all.
        notes: what cannot be known because the integration user may not see the fields.
        has_roles: whether an opportunity's contact roles can be read.
        origin: for opportunities, how the leads that they came from are read; ``None`` where they cannot be.
    """

    model: ObjectModel
    columns: Mapping[str, tuple[str, ...]]
    facts: Mapping[str, str]
    twins: frozenset[str] = frozenset()
    condition: str = ""
    notes: tuple[str, ...] = ()
    has_roles: bool = False
    origin: ReadPlan | None = None

    @property
    def reads_contacts(self) -> bool:
        """Whether any column is fed by an opportunity's contact: it may be hidden though its id is not."""
        return any(path.startswith(CONTACT) for paths in self.columns.values() for path in paths)

    @property
    def select(self) -> tuple[str, ...]:
        """The fields to ask for, each once; without a contact's where only its role leads to it."""
        paths = (path for paths in self.columns.values() for path in paths)
        fields = dict.fromkeys((*self.model.required, *self.facts.values(), *paths))
        if self.model is OPPORTUNITY and "contact" not in self.facts:
            return tuple(path for path in fields if not path.startswith(CONTACT))
        return tuple(fields)


def make_plan(
    model: ObjectModel, settings: SalesforceSettings, context: SourceContext, describe: Describe
) -> tuple[ReadPlan, list[str]]:
    """The plan for ``model``, and every mistake in what the client's file asks of it.

    A plan with mistakes must not be read.

    Raises:
        ObjectHiddenError: the integration user may not see the object at all.
    """
    wishes = mapped_fields(model, settings, context)
    origin, mistakes = _origin(settings, context, describe) if model is OPPORTUNITY else (None, [])
    visible = Visible(model.name, describe)
    roles = _visible_roles(describe) if model is OPPORTUNITY else None
    lent = origin.columns if origin else ()
    plan, wrong = _plan(
        model, wishes, _Finder(visible, roles), lent=lent, must_consent=context.consent_required
    )
    condition, misfits = record_filter(model, settings, context, visible, describe(model.name))
    no_origin = (_NO_ORIGIN,) if model is OPPORTUNITY and origin is None else ()
    plan = replace(
        plan,
        condition=condition,
        notes=(*plan.notes, *no_origin),
        has_roles=roles is not None,
        origin=origin,
    )
    return plan, [*wrong, *misfits, *mistakes]


def mapped_fields(model: ObjectModel, settings: SalesforceSettings, context: SourceContext) -> list[Mapped]:
    """What the client's file asks for of ``model``: custom fields, and where consent is recorded."""
    mapped = []
    for column, names in settings.fields.items():
        key = f"sources.{context.name}.fields.{column}"
        if isinstance(names, str):
            mapped.append(Mapped(column, names, key))
        elif model.name in names:
            mapped.append(Mapped(column, names[model.name], f"{key}.{model.name}", for_object=True))
    mapped += [
        Mapped(column, name, f"consent.fields.{column}") for column, name in context.consent_fields.items()
    ]
    return mapped


def refuse_mistakes(mistakes: Iterable[str]) -> None:
    """Raise all ``mistakes`` at once, if there are any."""
    if listed := list(mistakes):
        raise SourceError(
            "The org does not have, or not for this user: " + "; ".join(listed) + ".",
            advice="Correct the names in the client's file, or let the integration user see the fields.",
            configuration=True,
        )


def _visible_roles(describe: Describe) -> Visible | None:
    try:
        return Visible(ROLES, describe)
    except ObjectHiddenError:
        return None


def _origin(
    settings: SalesforceSettings, context: SourceContext, describe: Describe
) -> tuple[ReadPlan | None, list[str]]:
    """How an opportunity's lead is read, for what it lends: a field that only opportunities have is no mistake."""
    try:
        visible = Visible(LEAD.name, describe)
    except ObjectHiddenError:
        return None, []
    wishes = mapped_fields(LEAD, settings, context)
    plan, mistakes = _plan(LEAD, wishes, _Finder(visible), lent=(), must_consent=context.consent_required)
    if "opportunity" not in plan.facts or not all(map(visible.find, LEAD.required)):
        return None, []
    if LEAD.stage_key in settings.stages:
        return plan, []  # the plan by which leads are read in their own right tells them
    named = tuple(f"{wish.key}: " for wish in wishes if wish.for_object)
    return plan, [mistake for mistake in mistakes if mistake.startswith(named)]


def _plan(
    model: ObjectModel,
    wishes: Iterable[Mapped],
    finder: _Finder,
    *,
    lent: Collection[str],
    must_consent: bool,
) -> tuple[ReadPlan, list[str]]:
    visible, silent = finder.visible, []
    mistakes = [
        f"{model.name}.{name} cannot be seen by the integration user"
        for name in model.required
        if not visible.find(name)
    ]
    columns = {column: finder.paths(paths) for column, paths in model.columns.items()}
    for wish in wishes:
        consents = wish.column in CONSENT_COLUMNS
        paths = finder.consenting(wish.field, model.contact) if consents else finder.serving(wish.field)
        wrong = finder.wrong_type(wish.column, paths)
        if wrong:
            mistakes.append(f"{wish.key}: {wrong}")
        elif paths:
            columns[wish.column] = paths
        elif consents and not must_consent and wish.column not in lent:
            hint = visible.hint(wish.field)
            silent.append(
                f"{wish.key}: no field {wish.field} on {model.name}{hint}, so it says nothing of it."
            )
        elif wish.column not in lent or consents:
            # A consent that only the lead records would say nothing of opportunities that came from none.
            hint = visible.hint(wish.field)
            mistakes.append(f"{wish.key}: no field {wish.field} on {model.name}{hint}")
    found = {column: paths for column, paths in columns.items() if paths}
    facts = {name: spelled for name, path in model.facts.items() if (spelled := visible.spelled(path))}
    hidden = sorted(set(model.columns) - set(found) - _OPTIONAL)
    used = {path for paths in found.values() for path in paths}
    return ReadPlan(
        model, found, facts, frozenset(finder.twins & used), notes=(*_hidden_note(model, hidden), *silent)
    ), mistakes


def _hidden_note(model: ObjectModel, hidden: list[str]) -> tuple[str, ...]:
    if not hidden:
        return ()
    fields = ", ".join("/".join(model.columns[column]) for column in hidden)
    return (f"{model.name}: no {', '.join(hidden)}, because the integration user cannot see {fields}.",)


class _Finder:
    """Finds the field paths that serve a wish, and remembers which of them lead to person accounts."""

    def __init__(self, visible: Visible, roles: Visible | None = None) -> None:
        self.visible = visible
        self._roles = roles
        self._has_person_accounts = visible.object_name == OPPORTUNITY.name and bool(visible.find(FLAG))
        self.twins: set[str] = set()

    def serving(self, field: str) -> tuple[str, ...]:
        """The paths that hold ``field``. What an opportunity lacks is looked for on its contact."""
        own = self.paths([field])
        if own or self.visible.object_name != OPPORTUNITY.name or "." in field:
            return own
        return self.paths([f"Contact.{field}"])

    def consenting(self, field: str, contact: str) -> tuple[str, ...]:
        """The paths that hold ``field``, on the person's ``contact`` too: a consent may be withdrawn there later."""
        own, of_person = self.serving(field), self.paths([f"{contact}.{field}"])
        # Not every lead has a contact: of the others its consents would say nothing.
        tells = own or self.visible.object_name == OPPORTUNITY.name
        return tuple(dict.fromkeys((*own, *of_person))) if tells else ()

    def paths(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Those of ``wanted`` that can be seen, those of a contact followed by their twins on a person account."""
        spelled = [self._spelled(path) for path in wanted]
        if self._has_person_accounts:
            twins = [
                found
                for path in wanted
                if _is_contacts_own(path) and (found := self.visible.spelled(twin(path)))
            ]
            self.twins.update(twins)
            spelled += twins
        return tuple(dict.fromkeys(filter(None, spelled)))

    def _spelled(self, path: str) -> str | None:
        through_contact = path.lower().startswith(CONTACT.lower())
        return self.visible.spelled(path) or (
            self._roles.spelled(path) if self._roles and through_contact else None
        )

    def wrong_type(self, column: str, paths: Iterable[str]) -> str | None:
        """What is wrong with feeding ``column`` from ``paths``, if anything is."""
        allowed = _TYPES.get(column)
        for found in filter(None, map(self.visible.find, paths)):
            if found.type in _IN_PARTS:
                return f"{found.path} is of type {found.type}, whose parts are fields of their own: name one"
            if allowed and found.type not in allowed:
                needed = " or ".join(sorted(allowed))
                return f"{found.path} is of type {found.type}, {column} needs {needed}"
        return None


def _is_contacts_own(path: str) -> bool:
    return path.lower().startswith(CONTACT.lower()) and path.count(".") == 1
