"""What reading any file of a source needs, besides the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.sources import PosFilesSettings
from connectors.base import SourceContext
from connectors.pos_files.meaning import Meaning

if TYPE_CHECKING:
    from connectors.pos_files.orders.customers import Customers


@dataclass(frozen=True)
class Source:
    """A source's settings, what they mean, and the customers whom its orders number."""

    settings: PosFilesSettings
    context: SourceContext
    meaning: Meaning
    customers: Customers | None = None
