"""The cases, a module each. To add one: a module with a ``CASE``, and its place in :data:`CASES`."""

from benchmarks.cases import (
    end_to_end_google,
    end_to_end_meta,
    matching_both,
    matching_google,
    matching_memory,
    matching_meta,
    payloads,
    reading_hubspot,
    reading_pos,
    reading_salesforce,
)

CASES = (
    matching_meta.CASE,
    matching_google.CASE,
    matching_both.CASE,
    matching_memory.CASE,
    payloads.CASE,
    reading_pos.CASE,
    reading_salesforce.CASE,
    reading_hubspot.CASE,
    end_to_end_meta.CASE,
    end_to_end_google.CASE,
)
"""In the order in which they are run and shown."""

__all__ = ["CASES"]
