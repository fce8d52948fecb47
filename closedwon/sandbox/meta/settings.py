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
        account_calls: calls in a window about one dataset, the business use case "ads_management", or about the
            audiences of one ad account, "custom_audience".
        window_seconds: Meta counts over one hour.
        app_secret: of the app that made the tokens; where it is set, each call must prove that it knows it.
        messages: remarks that come with every acceptance.
        reads_quality: whether tokens may read the quality of datasets: some may only send.
        audience_terms: whether the Custom Audience terms are accepted.
        flagged_audiences: ids of audiences that Meta has blocked for what they suggest of people.
    """

    app_calls: int = 100_000
    user_calls: int = 100_000
    account_calls: int = 100_000
    window_seconds: float = 3_600
    app_secret: str | None = None
    messages: tuple[str, ...] = ()
    reads_quality: bool = True
    audience_terms: bool = True
    flagged_audiences: tuple[str, ...] = ()
