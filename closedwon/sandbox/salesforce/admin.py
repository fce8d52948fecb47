"""What Salesforce itself does not have, under ``/_sandbox/salesforce``: changes and settings on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.salesforce.editing import Editing
from closedwon.sandbox.salesforce.errors import RestError
from closedwon.sandbox.salesforce.platform import Platform

Json = dict[str, Any]


class Admin:
    """Routes that steer one server."""

    def __init__(self, platform: Platform, editing: Editing) -> None:
        self._platform = platform
        self._editing = editing

    def routes(self) -> list[BaseRoute]:
        """One route a verb; each takes a JSON object."""
        edits: dict[str, Callable[[Json], Any]] = {
            "change": self._change,
            "delete": lambda given: self._editing.delete(given["org"], given["object"], *given["ids"]),
            "undelete": lambda given: self._editing.undelete(given["org"], given["object"], *given["ids"]),
            "erase": lambda given: self._editing.erase(given["org"], given["object"], *given["ids"]),
            "merge": self._merge,
            "convert": self._convert,
        }
        return [
            *(Route(f"/{verb}", self._edit(edit), methods=["POST"]) for verb, edit in edits.items()),
            Route("/settings", self._settings, methods=["POST"]),
            Route("/revoke", self._revoke, methods=["POST"]),
        ]

    def _edit(self, edit: Callable[[Json], Any]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                changed = edit(await request.json())
            except RestError as error:
                return JSONResponse([{"message": error.message, "errorCode": error.code}], error.status)
            except KeyError as error:
                return JSONResponse({"error": f"missing: {error.args[0]}"}, 400)
            return Response(status_code=204) if changed is None else JSONResponse(changed)

        return endpoint

    def _change(self, given: Json) -> Json:
        change = self._editing.change
        org, name, fields = given["org"], given["object"], given["fields"]
        if "ids" in given:
            return {"ids": self._editing.change_many(org, name, given["ids"], fields)}
        return {"id": change(org, name, given.get("id"), fields, create=bool(given.get("create")))}

    def _merge(self, given: Json) -> None:
        fields = given.get("fields", {})
        self._editing.merge(given["org"], given["object"], given["winner"], given["losers"], fields=fields)

    def _convert(self, given: Json) -> Json:
        names = ("status", "contact", "opportunity")
        options = {name: given[name] for name in names if name in given}
        return self._editing.convert(given["org"], given["lead"], **options)

    async def _settings(self, request: Request) -> Response:
        try:
            changed = self._platform.settings.changed(await request.json())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        with self._platform.lock:
            self._platform.configure(changed)
        return Response(status_code=204)

    async def _revoke(self, _request: Request) -> Response:
        with self._platform.lock:
            self._platform.tokens.revoke_all()
        return Response(status_code=204)
