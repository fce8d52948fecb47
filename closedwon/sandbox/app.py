"""One application for every system of the sandbox; what no platform has is under ``/_sandbox``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from closedwon.sandbox.failing import Failing
from closedwon.sandbox.faults import Fault, Faults
from closedwon.sandbox.google.data_manager import DataManager
from closedwon.sandbox.google.tokens import GoogleTokens
from closedwon.sandbox.hubspot import HubSpotServer
from closedwon.sandbox.meta.graph import MetaGraph
from closedwon.sandbox.salesforce import SalesforceServer
from closedwon.sandbox.world import World


class System(Protocol):
    """A platform: its own routes, and counts of what it got."""

    def routes(self) -> list[BaseRoute]:
        """The routes that the platform documents."""
        ...

    def report(self) -> dict[str, Any]:
        """Counts for ``GET /_sandbox/report``, as JSON."""
        ...


@runtime_checkable
class Administered(Protocol):
    """A system that a test can also steer or look into."""

    def admin_routes(self) -> list[BaseRoute]:
        """Routes to be mounted under ``/_sandbox/<system>/``."""
        ...


class Listening(Protocol):
    """A server that serves; stops when the ``with`` block ends."""

    url: str

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


@runtime_checkable
class OwnPort(Protocol):
    """A system that speaks something else than HTTP/1.1, on a port of its own."""

    def listen(self, host: str, port: int) -> Listening:
        """Serve on a loopback port; 0 takes a free one.

        Raises:
            OSError: the port is taken.
        """
        ...


SYSTEMS: dict[str, Callable[[World, Faults], System]] = {
    "salesforce": SalesforceServer,
    "hubspot": HubSpotServer,
    "meta": MetaGraph,
    "google": DataManager,
    "google_tokens": GoogleTokens,
}
"""Every platform by the name that reports and admin paths use, but for the Google Ads API."""


def create_app(
    world: World,
    faults: Faults | None = None,
    systems: Mapping[str, System] | None = None,
    *,
    google_ads: bool = False,
) -> Starlette:
    """The application over ``world``; its ``state`` holds ``faults`` and ``systems``.

    ``systems`` replaces the full set where a test needs only some. With ``google_ads`` the full set has the Google
    Ads API too, whose gRPC takes most of a second to import.
    """
    faults = faults or Faults()
    if systems is None:
        systems = {name: make(world, faults) for name, make in SYSTEMS.items()}
        if google_ads:
            systems["google_ads"] = _google_ads(world, faults)
    routes = [route for system in systems.values() for route in system.routes()]
    app = Starlette(
        routes=[*routes, *_admin(world, systems, faults)],
        middleware=[Middleware(Failing, faults=faults)],
    )
    app.state.faults = faults
    app.state.systems = systems
    return app


def report_of(systems: Mapping[str, System], faults: Faults) -> dict[str, Any]:
    """What every system counted, and the faults that fired."""
    return {name: system.report() for name, system in systems.items()} | {"faults": faults.report()}


def _google_ads(world: World, faults: Faults) -> System:
    from closedwon.sandbox.google_ads.api import GoogleAds

    return GoogleAds(world, faults)


def _admin(world: World, systems: Mapping[str, System], faults: Faults) -> list[BaseRoute]:
    async def report(_request: Request) -> Response:
        return JSONResponse(report_of(systems, faults))

    async def armed(_request: Request) -> Response:
        return JSONResponse(faults.armed())

    async def arm(request: Request) -> Response:
        try:
            given = await request.json()
            faults.add(*map(Fault.from_json, given if isinstance(given, list) else [given]))
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return Response(status_code=204)

    async def disarm(_request: Request) -> Response:
        faults.clear()
        return Response(status_code=204)

    async def index(_request: Request) -> Response:
        return JSONResponse(
            {
                "orgs": [org.domain for org in world.orgs],
                "portals": [portal.id for portal in world.portals],
                "routes": sorted(_paths(routes)),
            }
        )

    mounts = [
        Mount(f"/_sandbox/{name}", routes=system.admin_routes())
        for name, system in systems.items()
        if isinstance(system, Administered)
    ]
    routes: list[BaseRoute] = [
        Route("/_sandbox/", index),
        Route("/_sandbox/report", report),
        Route("/_sandbox/faults", armed, methods=["GET"]),
        Route("/_sandbox/faults", arm, methods=["POST"]),
        Route("/_sandbox/faults", disarm, methods=["DELETE"]),
        *mounts,
    ]
    return routes


def _paths(routes: Iterable[BaseRoute]) -> Iterator[str]:
    """Every path, with the methods that it takes."""
    for route in routes:
        if isinstance(route, Mount):
            yield from (one.replace(" /", f" {route.path}/", 1) for one in _paths(route.routes))
        elif isinstance(route, Route):
            yield f"{'/'.join(sorted((route.methods or set()) - {'HEAD'}))} {route.path}"
