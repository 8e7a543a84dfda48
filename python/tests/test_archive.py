"""Archives on disk: items, values, tables, verification."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pytest
from conftest import Platform

import gcapi_rs
from gcapi_rs.archive import Archive, NoArchiveError
from gcapi_rs.exceptions import GCAPIError


@pytest.fixture(scope="module")
def archive(platform: Platform) -> Archive:
    """The demo archive."""
    return Archive(platform.reference)


def with_socket(archive: Archive, socket: str) -> Any:
    """The value of the first item that has one of this socket."""
    return next(item[socket] for item in archive if socket in item)


def test_an_archive_holds_what_the_platform_says(archive: Archive, ours: gcapi_rs.Client) -> None:
    remote = ours.archives.detail(slug="demo")
    assert (archive.pk, archive.title, archive.slug) == (remote.pk, remote.title, "demo")
    assert archive.record["pk"] == remote.pk
    items = {item.pk: item for item in ours.archive_items.iterate_all({"archive": remote.pk})}
    assert len(archive) == len(items)
    assert [item.pk for item in archive] == sorted(items)
    for item in archive:
        assert item.title == items[item.pk].title
        assert list(item) == [value.interface.slug for value in items[item.pk].values]
        for value in items[item.pk].values:
            mine = item[value.interface.slug]
            assert mine.kind == value.interface.super_kind
            if mine.kind == "Value":
                assert mine.value == value.value
                assert mine.json() == value.value
            elif mine.kind == "File":
                assert mine.path.is_file()
            else:
                assert mine.image is not None
                assert mine.image in value.image
                assert mine.path.exists()


def test_values_files_and_images_are_told_apart(archive: Archive) -> None:
    assert archive.sockets["diagnosis"] == "Value"
    raw = with_socket(archive, "raw-findings")
    assert raw.value == json.loads(raw.path.read_text("utf-8"))
    with pytest.raises(ValueError):
        with_socket(archive, "radiology-report").json()
    with pytest.raises(TypeError, match="array"):
        _ = with_socket(archive, "computed-tomography").value
    assert with_socket(archive, "ct-series").path.is_dir()
    assert with_socket(archive, "earlier-examination").path.suffix in {".mha", ".mhd"}


def test_what_is_not_there_is_said_by_name(archive: Archive) -> None:
    item = next(iter(archive))
    with pytest.raises(KeyError, match="no-such-socket"):
        item["no-such-socket"]
    assert item.get("no-such-socket") is None
    assert "no-such-item" not in archive
    with pytest.raises(KeyError):
        archive.item("no-such-item")
    with pytest.raises(KeyError):
        archive["00000000-0000-0000-0000-000000000000"]
    assert archive[item.pk] == item


def test_what_was_not_downloaded_has_no_path(ours: gcapi_rs.Client, tmp_path: Path) -> None:
    ours.archives.download("demo", tmp_path, sockets="diagnosis", progress=False)
    scan = with_socket(Archive(tmp_path), "computed-tomography")
    assert scan.paths == ()
    with pytest.raises(FileNotFoundError, match="computed-tomography"):
        _ = scan.path


def test_a_folder_without_an_archive_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(NoArchiveError) as raised:
            Archive(path)
        assert isinstance(raised.value, FileNotFoundError)
        assert isinstance(raised.value, GCAPIError)


def test_verify_finds_what_changed(platform: Platform, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(platform.reference, folder)
    archive = Archive(folder)
    whole = archive.verify()
    assert whole.is_intact
    assert whole.intact > 50
    changed = with_socket(archive, "diagnosis").path
    changed.write_bytes(changed.read_bytes().swapcase())
    missing = with_socket(archive, "raw-findings").path
    missing.unlink()
    (folder / "extra").write_text("mine")
    report = archive.verify()
    assert not report.is_intact
    assert {(finding.path, finding.problem) for finding in report.findings} == {
        (changed, "content"),
        (missing, "missing"),
        (folder / "extra", "unknown"),
    }
    assert report.intact == whole.intact - 2


def rows(archive: Archive) -> list[tuple[Any, ...]]:
    """What a table of some columns should hold."""

    def row(item: Any) -> tuple[Any, ...]:
        scan, count = item.get("computed-tomography"), item.get("lesion-count")
        return (
            item.pk,
            item.title,
            None if count is None else count.value,
            None if scan is None else str(scan.path),
            None if scan is None else sum(path.stat().st_size for path in scan.paths),
        )

    return [row(item) for item in archive]


COLUMNS = [
    "item",
    "title",
    "lesion-count.value",
    "computed-tomography.path",
    "computed-tomography.size",
]


def test_a_table_has_one_row_for_each_item(archive: Archive) -> None:
    table = archive.to_table()
    assert len(table) == len(archive)
    columns = table.to_dict()
    assert list(columns) == table.column_names
    assert list(zip(*(columns[name] for name in COLUMNS), strict=True)) == rows(archive)
    assert set(columns["follow-up-required.value"]) <= {True, False, None}
    assert {type(value) for value in columns["lesion-diameter-mm.value"]} == {float, type(None)}
    words = with_socket(archive, "keywords").value
    assert words in [json.loads(text) for text in columns["keywords.value"] if text]


def test_polars_reads_a_table_through_arrow(archive: Archive) -> None:
    frame = polars.DataFrame(archive.to_table())
    assert frame.select(COLUMNS).rows() == rows(archive)
    assert frame.schema["computed-tomography.size"] == polars.UInt64
    assert frame.schema["follow-up-required.value"] == polars.Boolean


def test_duckdb_reads_a_table_through_arrow(archive: Archive) -> None:
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    with duckdb.connect() as connection:
        connection.register("items", archive.to_table())
        found = connection.sql(f"SELECT {names} FROM items ORDER BY item").fetchall()
    assert found == rows(archive)


def test_pandas_has_a_table_without_pyarrow(archive: Archive) -> None:
    frame = archive.to_table().to_pandas()
    found = frame[COLUMNS].astype(object).where(frame[COLUMNS].notna(), None)
    assert list(found.itertuples(index=False, name=None)) == rows(archive)
    assert isinstance(frame["computed-tomography.size"].dtype, pandas.Int64Dtype)
