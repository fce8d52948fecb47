"""What is known beforehand of systems' exports, one module a system.

Adding one means a module here, its name in :data:`config.sources.pos_files.Preset`, and a test file's worth of its
traps.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.pos_files.presets.preset import CustomerExport, Preset
from connectors.pos_files.presets.shopify import SHOPIFY
from connectors.pos_files.presets.square import SQUARE
from connectors.pos_files.presets.stripe import STRIPE
from connectors.pos_files.presets.sumup import SUMUP
from connectors.pos_files.presets.toast import TOAST

__all__ = ["PRESETS", "CustomerExport", "Preset"]

PRESETS: Mapping[str, Preset] = {
    "square": SQUARE,
    "shopify": SHOPIFY,
    "toast": TOAST,
    "stripe": STRIPE,
    "sumup": SUMUP,
}
