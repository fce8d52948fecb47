"""A till's file to events accepted by Google's Data Manager API."""

from __future__ import annotations

from benchmarks.cases.end_to_end import case, to_google

CASE = case("end_to_end.google", "A till's file to events accepted (Google)", to_google)
