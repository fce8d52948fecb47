"""Long listings under ``/_sandbox``, a page at a time where the caller asks for pages."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def listed(request: Request, items: Iterable[dict[str, Any]]) -> Response:
    """``items`` as a JSON list: from ``offset`` on, ``limit`` of them; all where the request names neither."""
    try:
        offset = int(request.query_params.get("offset", 0))
        limit = request.query_params.get("limit")
        return JSONResponse(list(islice(items, offset, None if limit is None else offset + int(limit))))
    except ValueError:
        return JSONResponse({"error": "offset and limit must be whole numbers from 0 on"}, status_code=400)
