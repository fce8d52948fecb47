"""What holds for all tests: generated examples have no deadline, since a loaded machine is no mistake."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("closedwon", deadline=None)
settings.load_profile("closedwon")
