"""What the figures of all estimates are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DAY = 86_400_000_000
"""Microseconds, in which the ledger's times are."""
