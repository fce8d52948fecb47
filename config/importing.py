"""Importing large libraries, which takes longer than a run that finds nothing new.

Modules that import each other must not be imported by two clients' threads at once: one would see half of them.
"""

from __future__ import annotations

from threading import RLock

ONE_AT_A_TIME = RLock()
"""Held by whoever imports a platform's SDK or pandas, or a module that does."""
