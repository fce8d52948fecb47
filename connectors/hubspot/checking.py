"""What ``closedwon check`` asks a portal: is everything there that the client's file names?"""

from __future__ import annotations

from connectors.base import Check
from connectors.hubspot.client import Client
from connectors.hubspot.errors import DeniedError
from connectors.hubspot.history import has_history
from connectors.hubspot.objects import ObjectModel
from connectors.hubspot.portal import Portal


def portal_checks(client: Client, portal: Portal) -> list[Check]:
    """Properties, stages and access of the objects that are read; no person's data is asked for."""
    columns = portal.columns
    wrong = "; ".join((*columns.mistakes, *columns.notes))
    known = sum(len(choice) for choice in columns.of.values())
    checks = [Check("properties", ok=not columns.mistakes, message=wrong or f"{known} columns can be filled")]
    for model in portal.models:
        mistakes = portal.stage_mistakes[model.name]
        mapped = len(portal.plans[model.name].stages.funnel)
        checks += [
            Check(
                model.stage_key,
                ok=not mistakes,
                message="; ".join(mistakes) or f"all {mapped} mapped stages are in the portal",
            ),
            _access(client, model),
        ]
    return checks


def _access(client: Client, model: ObjectModel) -> Check:
    """Asks for one record's id and stages."""
    name, path = f"{model.name} history", client.paths.list(model.path)
    stage = model.stage_property
    try:
        answer = client.get(path, limit=1, properties=stage, propertiesWithHistory=stage)
        readable = has_history(answer["results"], stage)
    except DeniedError:
        client.get(path, limit=1, properties=stage)
        readable = False
    if readable:
        return Check(name, ok=True, message="the times of past stages can be read")
    return Check(
        name,
        ok=True,
        message=f"warning: the history of {model.stage_key} cannot be read, so stages are dated by HubSpot's own "
        "dates of entering them, of which only the latest is kept",
    )
