"""Tables that our program writes, read back by others."""

from __future__ import annotations

import json
from pathlib import Path

import pandas
import polars
import pyarrow.parquet
import pytest
from conftest import Platform


@pytest.fixture(scope="module")
def tables(demo: tuple[Platform, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo archive in every format."""
    platform, archive = demo
    folder = tmp_path_factory.mktemp("tables")
    for suffix in ("csv", "json", "parquet"):
        platform.run("table", str(archive), "-o", str(folder / f"items.{suffix}"))
    return folder


def test_every_format_holds_the_same(tables: Path) -> None:
    parquet = pyarrow.parquet.read_table(tables / "items.parquet")
    frame = polars.read_parquet(tables / "items.parquet")
    lines = polars.read_ndjson(tables / "items.json", infer_schema_length=None)
    assert frame.rows() == [tuple(row.values()) for row in parquet.to_pylist()]
    for line in (tables / "items.json").read_text().splitlines():
        assert list(json.loads(line)) == frame.columns
    for name in frame.columns:
        column = lines[name].cast(frame.schema[name])
        assert frame[name].to_list() == column.to_list(), name

    csv = pandas.read_csv(tables / "items.csv", dtype=str, keep_default_na=False)
    assert list(csv.columns) == frame.columns
    for name in frame.columns:
        for cell, text in zip(frame[name].to_list(), csv[name], strict=True):
            if cell is None:
                assert text == ""
            elif isinstance(cell, bool):
                assert text == str(cell).lower()
            else:
                assert type(cell)(text) == cell, name


def test_columns_have_types_and_paths_lead_to_files(tables: Path) -> None:
    frame = polars.read_parquet(tables / "items.parquet")
    assert frame.schema["computed-tomography.size"] == polars.UInt64
    assert frame.schema["computed-tomography.voxel_width_mm"] == polars.Float64
    assert frame.schema["follow-up-required.value"] == polars.Boolean
    paths = frame["computed-tomography.path"].drop_nulls()
    assert len(paths) > 0
    assert all(Path(path).exists() for path in paths)
