"""The cases, a module each. To add one: a module with a ``CASE``, and its place in :data:`CASES`."""

from benchmarks.cases import matching_google, matching_meta, payloads, pos

CASES = (matching_meta.CASE, matching_google.CASE, payloads.CASE, pos.CASE)
"""In the order in which they are run and shown."""

__all__ = ["CASES"]
