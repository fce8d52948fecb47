"""What several connector tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.pos_till import Till


@pytest.fixture
def till(tmp_path: Path) -> Till:
    return Till(tmp_path)
