"""Routes under ``/_sandbox/hubspot``: what a user does in HubSpot's own pages, and settings of the server.

Each takes a JSON object. ``portal`` may name a portal by id where there are several.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.hubspot.errors import HubSpotError

if TYPE_CHECKING:
    from closedwon.sandbox.hubspot.server import HubSpotServer

Json = dict[str, Any]


def admin_routes(server: HubSpotServer) -> list[BaseRoute]:
    """One route an action; what is wrong with a request is told with status 400 or HubSpot's own."""
    actions: dict[str, Callable[[Json], Any]] = {
        "/change": lambda given: server.change(
            given["object"],
            given.get("id"),
            given["properties"],
            at=_moment(given.get("at")),
            portal=given.get("portal"),
        ),
        "/touch": lambda given: server.touch(
            given["object"],
            given["ids"],
            datetime.fromisoformat(given["moment"]),
            portal=given.get("portal"),
        ),
        "/archive": lambda given: server.archive(given["object"], given["id"], portal=given.get("portal")),
        "/restore": lambda given: server.restore(given["object"], given["id"], portal=given.get("portal")),
        "/erase": lambda given: server.erase(given["object"], given["id"], portal=given.get("portal")),
        "/merge": lambda given: server.merge(
            given["object"],
            given["primary"],
            given["merged"],
            keep_id=bool(given.get("keep_id")),
            portal=given.get("portal"),
        ),
        "/associate": lambda given: server.associate(
            given["deal"], given["contacts"], portal=given.get("portal")
        ),
        "/expire-tokens": lambda _: server.expire_tokens(),
        "/revoke": lambda given: server.revoke(given["token"]),
        "/settings": lambda given: setattr(server, "settings", server.settings.changed(given)),
    }
    return [Route(path, _endpoint(act), methods=["POST"]) for path, act in actions.items()]


def _endpoint(act: Callable[[Json], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            done = act(await request.json())
        except HubSpotError as error:
            return JSONResponse(error.body(), error.status)
        except KeyError as error:
            return JSONResponse({"error": f"missing: {error.args[0]}"}, 400)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return Response(status_code=204) if done is None else JSONResponse({"id": done})

    return endpoint


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
