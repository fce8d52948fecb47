"""What the Salesforce server can be told to do otherwise, while it serves."""

from __future__ import annotations

from dataclasses import dataclass

from closedwon.sandbox.settings import Settings


@dataclass(frozen=True, slots=True)
class SalesforceSettings(Settings):
    """What can be told to behave otherwise.

    Attributes:
        token_seconds: how long an access token is good.
        token_calls: how many calls an access token is good for; None for any number.
        cursor_seconds: how long further pages of a query can be fetched.
        visibility_delay_seconds: how long after its stamp a change is seen by queries.
        visibility_delay_queries: how many queries of its org do not see a change yet.
        daily_requests: API calls that an org may make a day; beyond them every call is refused.
        calls_of_others: API calls that other integrations of the org are said to have made today.
        concurrency_refusals: how many of the next calls are refused as too many at once.
        hidden_objects: objects that the user may not read.
        hidden_fields: fields that the user may not read, as ``Lead.Email``.
        untracked_objects: objects whose field history is not tracked: theirs do not exist.
        untracked_fields: fields whose changes leave no history row, as ``Lead.Status``.
        bulk_polls: how many times a new bulk job is still at work when it is asked for.
        bulk_error: with this message new bulk jobs fail; empty for jobs that succeed.
        bulk_page: records of a bulk result's page where the request names no number.
        bulk_job_seconds: how long a bulk job and its results are kept.
    """

    token_seconds: float = 7_200
    token_calls: int | None = None
    cursor_seconds: float = 172_800
    visibility_delay_seconds: float = 0
    visibility_delay_queries: int = 0
    daily_requests: int = 100_000
    calls_of_others: int = 0
    concurrency_refusals: int = 0
    hidden_objects: tuple[str, ...] = ()
    hidden_fields: tuple[str, ...] = ()
    untracked_objects: tuple[str, ...] = ()
    untracked_fields: tuple[str, ...] = ()
    bulk_polls: int = 1
    bulk_error: str = ""
    bulk_page: int = 50_000
    bulk_job_seconds: float = 604_800
