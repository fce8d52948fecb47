"""Which app of Meta's a client's requests count for; known without Meta's SDK."""

from __future__ import annotations

import hashlib

from config.destinations import MetaSettings


def app_key(settings: MetaSettings) -> str:
    """A digest that is the same for all clients of one app, as far as their files tell.

    No call says which app made a token; the app's secret does, and without one the token has to stand for its app.
    """
    secret = settings.app_secret or settings.access_token
    return hashlib.sha256(f"{settings.endpoint} {secret.get_secret_value()}".encode()).hexdigest()
