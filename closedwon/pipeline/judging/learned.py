"""``value: learned``: what the frozen version says of the entry's segment, else of its stage."""

from __future__ import annotations

import polars as pl

from closedwon.pipeline.judging.values import Value
from closedwon.quality.naming import segment_name
from closedwon.quality.versions import FrozenValues


def learned_value(stage: str, frozen: FrozenValues | None) -> Value:
    """The value of entries into ``stage``; null while none is frozen."""
    if frozen is None or stage not in frozen.stages:
        return Value(pl.lit(None, dtype=pl.Float64), is_learned=True)
    of_segments = [
        segment_name(column).replace_strict(
            list(values), list(values.values()), default=None, return_dtype=pl.Float64
        )
        for column, values in frozen.segments.get(stage, {}).items()
    ]
    expression = pl.coalesce(*of_segments, pl.lit(frozen.stages[stage], dtype=pl.Float64))
    return Value(expression, is_learned=True, version=frozen.version)
