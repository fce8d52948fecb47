"""An expression of a client's file sees one row: no file, no other table, nothing of this machine."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from closedwon.pipeline.judging.values import ROW_FUNCTIONS, ValueExpressionError, compile_values
from tests.pipeline.client import SCHEMA, entries, settings

READERS = [
    f"{verb}_{form}"
    for verb in ("read", "scan")
    for form in (
        "csv",
        "parquet",
        "ipc",
        "json",
        "ndjson",
        "avro",
        "delta",
        "iceberg",
        "lines",
        "text",
        "blob",
    )
]
SHAPES = [
    "{read}",
    "(SELECT total FROM {read})",
    "(SELECT MAX(total) FROM {read}) + amount",
    "amount IN (SELECT total FROM {read})",
    "amount IN (FROM {read})",
    "amount > ALL(SELECT total FROM {read})",
    "CASE WHEN EXISTS (SELECT 1 FROM {read}) THEN 1 ELSE 2 END",
    "amount UNION SELECT total FROM {read}",
    "(WITH t AS (SELECT total FROM {read}) SELECT total FROM t)",
    "IF(amount > 0, (SELECT total FROM {read}), 1)",
]
TABLES = [
    "(SELECT total FROM frame)",
    '(SELECT total FROM "{path}")',
    "(FROM frame)",
    "(TABLE frame)",
    "amount IN (TABLE frame)",
    "amount IN (VALUES (1), (2))",
    "amount; SELECT total FROM frame",
    "amount; DROP TABLE frame",
    "amount FROM frame",
    "amount UNION ALL SELECT 1",
    "amount EXCEPT SELECT 1",
    "amount INTERSECT SELECT 1",
    "amount IN UNNEST(items)",
    "UNNEST(items)",
    "COLUMNS('.*')",
    "frame.total",
    "*",
]
SECRET = 987_654_321


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "secret.csv"
    pl.DataFrame({"total": [SECRET]}).write_csv(written)
    return written


def compiled(written: str) -> None:
    compile_values(settings({"won": {"value": written, "meta": "Won"}}), SCHEMA)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reader", READERS)
def test_no_file_is_read(reader: str, shape: str, path: Path) -> None:
    for name in (reader, reader.upper(), f'"{reader}"', f"`{reader}`"):
        with pytest.raises(ValueExpressionError):
            compiled(shape.format(read=f"{name}('{path}')"))


@pytest.mark.parametrize("shape", TABLES)
def test_no_table_but_the_row_is_read(shape: str, path: Path) -> None:
    frame = pl.DataFrame({"total": [SECRET]})
    with pytest.raises(ValueExpressionError):
        compiled(shape.format(path=path))
    assert frame.height == 1


def test_a_file_that_a_refused_expression_names_is_not_even_looked_for() -> None:
    said = []
    for name in ("/no/such/folder/at-all.csv", __file__):
        with pytest.raises(ValueExpressionError) as refused:
            compiled(f"(SELECT total FROM read_csv('{name}'))")
        said.append(str(refused.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("name", sorted(ROW_FUNCTIONS))
def test_a_function_that_may_be_called_takes_a_path_for_a_text(name: str, path: Path) -> None:
    found = []
    for arguments in (
        f"'{path}'",
        f"'{path}', 1",
        f"'{path}', '{path}'",
        f"1, '{path}'",
        f"amount, '{path}', 1",
    ):
        try:
            value = compile_values(
                settings({"won": {"value": f"{name}({arguments})", "meta": "Won"}}), SCHEMA
            )["won"]
        except ValueExpressionError:
            continue
        found += value.of(entries({})).to_list()
    assert SECRET not in found
