"""What connectors yield, as frames: apart from :mod:`connectors.base`, which a run that reads nothing needs too."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa

from config.columns import EXTRA_PREFIX, STAGE_ENTRY_COLUMNS, TIME_COLUMNS


def _arrow_type(column: str) -> pa.DataType:
    if column in TIME_COLUMNS:
        return pa.timestamp("us", tz="UTC")
    return pa.float64() if column == "amount" else pa.string()


STAGE_ENTRY_SCHEMA: dict[str, pd.ArrowDtype] = {
    name: pd.ArrowDtype(_arrow_type(name)) for name in STAGE_ENTRY_COLUMNS
}
"""Arrow-backed dtypes of the stage-entry columns: UTC microseconds for times, float64 for ``amount``, text else."""


def stage_entries(frame: pl.DataFrame, *, source: str, object_name: str) -> pd.DataFrame:
    """The rows of ``frame`` as stage entries of one object of a source.

    The columns of ``frame`` are stage-entry columns or ``extra.*``, in any order; those that it lacks are null.

    Raises:
        KeyError: a column is neither.
    """
    given = frame.with_columns(source=pl.lit(source), object=pl.lit(object_name))
    if frame.width == 0:
        given = given.clear()
    extras = [name for name in frame.columns if name.startswith(EXTRA_PREFIX)]
    if unknown := set(frame.columns) - set(STAGE_ENTRY_SCHEMA) - set(extras):
        raise KeyError(f"not stage-entry columns: {', '.join(sorted(unknown))}")
    names = [*STAGE_ENTRY_SCHEMA, *extras]
    every = given.select(
        (pl.col(name) if name in given.columns else pl.lit(None)).cast(_polars_type(name)).alias(name)
        for name in names
    )
    schema = pa.schema([(name, _arrow_type(name)) for name in names])
    entries: pd.DataFrame = every.to_arrow().cast(schema).to_pandas(types_mapper=pd.ArrowDtype)
    return entries


def _polars_type(column: str) -> pl.DataType:
    if column in TIME_COLUMNS:
        return pl.Datetime("us", "UTC")
    return pl.Float64() if column == "amount" else pl.String()
