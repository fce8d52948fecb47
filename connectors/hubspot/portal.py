"""What a portal has of what the client's file names: its properties and stages, and the plans made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from config.sources import HubSpotSettings
from connectors.base import SourceContext
from connectors.hubspot.client import Client
from connectors.hubspot.objects import CONTACT, MODELS, ObjectModel, ObjectName
from connectors.hubspot.plan import Columns, Described, ReadPlan, choose_columns, make_plan
from connectors.hubspot.stages import Stage, deal_stages, lifecycle_stages, map_stages


@dataclass(frozen=True)
class Portal:
    """The plans of the objects that are read, and every mistake of the client's file.

    Attributes:
        models: the objects whose stages the client's file maps.
        plans: the plan of each, by object; one with mistakes must not be read.
        columns: what feeds the columns of both objects.
        stage_mistakes: stages of the client's file that the portal does not have, by object.
    """

    models: Sequence[ObjectModel]
    plans: Mapping[ObjectName, ReadPlan]
    columns: Columns
    stage_mistakes: Mapping[ObjectName, Sequence[str]]

    @property
    def mistakes(self) -> list[str]:
        """All mistakes of the client's file."""
        return [*self.columns.mistakes, *chain.from_iterable(self.stage_mistakes.values())]


def describe_portal(client: Client, settings: HubSpotSettings, context: SourceContext) -> Portal:
    """Ask the portal for its properties and stages, and hold the client's file against them."""
    models = [model for model in MODELS if settings.stages.get(model.stage_key)]
    # Contacts always: a deal's person is one.
    described = {
        model.name: _properties(client, model) for model in MODELS if model is CONTACT or model in models
    }
    columns = choose_columns(settings, context, described)
    plans: dict[ObjectName, ReadPlan] = {}
    mistakes: dict[ObjectName, Sequence[str]] = {}
    for model in models:
        offered = _stages(client, model, described[model.name])
        stages, mistakes[model.name] = map_stages(model.stage_key, settings.stages[model.stage_key], offered)
        plans[model.name] = make_plan(model, columns, stages, described[model.name])
    return Portal(models, plans, columns, mistakes)


def _properties(client: Client, model: ObjectModel) -> Described:
    answer = client.get(client.paths.properties(model.path))
    return {str(one["name"]): one for one in answer["results"]}


def _stages(client: Client, model: ObjectModel, described: Described) -> list[Stage]:
    if model is CONTACT:
        return lifecycle_stages(described)
    return deal_stages(client.get(client.paths.pipelines(model.path))["results"])
