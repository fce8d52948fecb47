"""docs/values.md is true: its settings exist, with the defaults that it gives, and its examples load."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from closedwon.quality.segments import FEWEST_LEADS
from config.quality import QualitySettings
from tests.quality.leads import settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "values.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)]


def test_it_shows_every_setting_and_what_holds_where_it_is_left_out() -> None:
    shown = EXAMPLES[-1]["quality"]
    assert list(shown) == list(QualitySettings.model_fields)
    by_default = QualitySettings()
    for name in ("horizon_days", "min_leads", "min_wins", "winsorize", "interval", "segments"):
        assert shown[name] == getattr(by_default, name), name


def test_its_settings_load() -> None:
    for example in EXAMPLES:
        if "quality" in example:
            settings(quality=example["quality"])


def test_how_few_leads_make_a_segment_is_told() -> None:
    assert FEWEST_LEADS == 10
    assert "fewer than ten" in PAGE
