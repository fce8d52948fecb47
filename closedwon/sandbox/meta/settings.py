"""What the Graph API of the sandbox can be told to do otherwise, while it serves."""

from __future__ import annotations

from dataclasses import dataclass

from closedwon.sandbox.settings import Settings


@dataclass(frozen=True, slots=True)
class MetaGraphSettings(Settings):
    """Limits are generous, so that only who asks for them waits.

    Attributes:
        app_calls: calls of all tokens together in a window; all tokens of the sandbox belong to one app.
        user_calls: calls of one token in a window.
        account_calls: calls about one dataset in a window, the business use case "ads_management".
        window_seconds: Meta counts over one hour.
        app_secret: of the app that made the tokens; where it is set, each call must prove that it knows it.
        messages: remarks that come with every acceptance.
    """

    app_calls: int = 100_000
    user_calls: int = 100_000
    account_calls: int = 100_000
    window_seconds: float = 3_600
    app_secret: str | None = None
    messages: tuple[str, ...] = ()
