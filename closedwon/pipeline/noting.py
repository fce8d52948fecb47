"""Notes of a report: what the user should know, each once, however often it comes up."""

from __future__ import annotations


class Noting:
    """A report with ``notes``."""

    notes: list[str]

    def note(self, *notes: str) -> None:
        """Add what has not been said yet."""
        self.notes += [note for note in dict.fromkeys(notes) if note not in self.notes]
