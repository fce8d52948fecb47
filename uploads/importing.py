"""Importing the platforms' SDKs, which takes longer than a run that has nothing to send.

Modules that import each other must not be imported by two clients' threads at once: one would see half of them.
"""

from __future__ import annotations

from threading import RLock

ONE_AT_A_TIME = RLock()
"""Held by whoever imports an SDK, or a module that does."""
