"""``closedwon schema``: the JSON Schema of a client's file, generated from the settings themselves."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from config import json_schema


def run_schema(output: Path | None) -> None:
    """Write the schema to ``output``, or to standard output."""
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
