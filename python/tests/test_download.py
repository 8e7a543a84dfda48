"""A whole archive in one call, and its items while it downloads."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Platform
from slow import SLUG, client_of, slow_platform

import gcapi_rs
from gcapi_rs.archive import Archive, ArchivedItem
from gcapi_rs.download import DownloadResult, FolderNotEmptyError
from gcapi_rs.exceptions import DownloadError, GCAPIError, ObjectNotFound

ITEMS = 12


def files(root: Path) -> dict[str, str]:
    """SHA-256 of every file of an archive, by its path below the root."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and path.relative_to(root).parts[0] != ".gcapi"
    }


def test_an_archive_comes_as_the_program_downloads_it(
    ours: gcapi_rs.Client, platform: Platform, tmp_path: Path
) -> None:
    seen: list[Any] = []
    result = ours.archives.download("demo", tmp_path, progress=seen.append)
    expected = files(platform.reference)
    assert files(tmp_path) == expected
    assert result.ok
    assert (result.items, result.fetched, result.kept) == (ITEMS, len(expected), 0)
    assert result.bytes == sum(path.stat().st_size for path in map(tmp_path.joinpath, expected))
    assert result.seconds > 0
    assert result.requests > ITEMS
    assert (seen[-1]["files_done"], seen[-1]["items_done"]) == (len(expected), ITEMS)
    result.raise_for_failures()

    again = ours.archives.download("demo", tmp_path, progress=False)
    assert (again.fetched, again.kept, again.bytes) == (0, len(expected), 0)
    assert again.requests < result.requests


def test_an_archive_is_found_by_its_pk(
    ours: gcapi_rs.Client, platform: Platform, tmp_path: Path
) -> None:
    pk = ours.archives.detail(slug="demo").pk
    ours.archives.download(pk, tmp_path, sockets="diagnosis", progress=False)
    expected = {path for path in files(platform.reference) if path.endswith("/diagnosis.json")}
    assert set(files(tmp_path)) == expected
    assert expected


def test_a_part_of_an_archive_in_the_flat_layout(
    ours: gcapi_rs.Client, platform: Platform, tmp_path: Path
) -> None:
    item = next(item for item in Archive(platform.reference) if "computed-tomography" in item)
    result = ours.archives.download(
        "demo",
        tmp_path,
        items=[item.pk],
        sockets=["computed-*"],
        layout="flat",
        progress=False,
    )
    assert result.fetched == 1
    (path,) = files(tmp_path)
    assert path == f"{item.pk}/images/ct.mha"
    assert Archive(tmp_path).item(item.pk)["computed-tomography"].path == tmp_path / path


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"layout": "round"}, ValueError),
        ({"existing": "maybe"}, ValueError),
        ({"jobs": 0}, ValueError),
        ({"items": ["["]}, GCAPIError),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    ours: gcapi_rs.Client, tmp_path: Path, settings: dict[str, Any], expected: type[Exception]
) -> None:
    with pytest.raises(expected):
        ours.archives.download("demo", tmp_path / "new", progress=False, **settings)
    assert not (tmp_path / "new").exists()


def test_what_is_not_there_is_not_found(ours: gcapi_rs.Client, tmp_path: Path) -> None:
    with pytest.raises(ObjectNotFound, match="no-such-archive"):
        ours.archives.download("no-such-archive", tmp_path / "new", progress=False)
    assert not (tmp_path / "new").exists()


def test_a_folder_of_somebody_else_is_left_alone(ours: gcapi_rs.Client, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    for existing in ("resume", "error"):
        with pytest.raises(FolderNotEmptyError) as raised:
            ours.archives.download("demo", tmp_path, existing=existing, progress=False)
        assert isinstance(raised.value, FileExistsError)
        assert isinstance(raised.value, GCAPIError)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_failures_name_item_socket_and_address(tmp_path: Path) -> None:
    shape = {"items": 3, "values": 1, "files": 2, "size": 1000}
    with slow_platform(tmp_path / "platform", **shape) as platform:
        served = tmp_path / "platform" / "archive"
        lost = next(item for item in Archive(served))
        socket = next(value for value in lost.values() if value.kind == "File")
        socket.path.unlink()
        client = client_of(platform)
        result = client.archives.download(SLUG, tmp_path / "mine", progress=False)
        assert not result.ok
        (failure,) = result.failures
        assert (failure.item, failure.socket) == (lost.pk, socket.socket)
        assert failure.url is not None
        assert failure.url.startswith(platform["base_url"].replace("api/v1/", "media/"))
        assert failure.reason and failure.next_step
        with pytest.raises(DownloadError) as raised:
            result.raise_for_failures()
        assert (raised.value.item, raised.value.socket) == (lost.pk, socket.socket)
        assert raised.value.url == failure.url

        streamed = client.archives.stream(SLUG, tmp_path / "streamed")
        whole = {item.pk for item in streamed}
        assert whole == {item.pk for item in Archive(served)} - {lost.pk}
        assert streamed.result is not None
        assert len(streamed.result.failures) == 1


def is_whole(item: ArchivedItem) -> bool:
    """Whether everything of an item is on the disk."""
    return all(
        value.paths and all(path.exists() for path in value.paths) for value in item.values()
    )


def test_items_are_given_when_they_are_whole(ours: gcapi_rs.Client, tmp_path: Path) -> None:
    stream = ours.archives.stream("demo", tmp_path)
    given = []
    for item in stream:
        assert is_whole(item)
        given.append(item)
    assert stream.result is not None
    assert stream.result.ok
    assert sorted(given, key=lambda item: item.pk) == list(Archive(tmp_path))
    # What is here already is given as well.
    assert {item.pk for item in ours.archives.stream("demo", tmp_path)} == {
        item.pk for item in given
    }


@pytest.fixture(scope="module")
def trickling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A platform whose files of 1 MB take about a second each."""
    folder = tmp_path_factory.mktemp("trickling")
    shape = {"items": 40, "values": 1, "files": 1, "size": 1_000_000}
    with slow_platform(folder, rate=1_000_000, **shape) as platform:
        yield platform


def test_leaving_a_loop_stops_it_and_the_rest_comes_later(
    trickling: dict[str, Any], tmp_path: Path
) -> None:
    client = client_of(trickling)
    for item in client.archives.stream(SLUG, tmp_path, prefetch=2):
        assert is_whole(item)
        break
    # It is stopped, so that nobody else is at work on the folder.
    before = Archive(tmp_path).verify()
    assert before.is_intact
    assert 0 < before.intact < 40
    started = time.monotonic()
    result = client.archives.download(SLUG, tmp_path, progress=False)
    assert result.ok
    assert result.kept >= 2
    assert time.monotonic() - started < 30
    assert len(list(client.archives.stream(SLUG, tmp_path))) == 40


def test_a_stream_is_not_far_ahead_of_who_takes_it(
    trickling: dict[str, Any], tmp_path: Path
) -> None:
    stream = client_of(trickling).archives.stream(SLUG, tmp_path, prefetch=3)
    next(stream)
    # More than enough for all forty, side by side.
    time.sleep(4)
    folders = [path for path in tmp_path.iterdir() if path.name != ".gcapi"]
    # The one that was taken, and those ahead of it.
    assert len(folders) == 1 + 3
    stream.close()
    with pytest.raises(StopIteration):
        next(stream)


INTERRUPTED = """
import sys
import gcapi_rs
client = gcapi_rs.Client(base_url=sys.argv[1], token=sys.argv[2], verify=sys.argv[3])
def shown(counts):
    if counts["bytes_received"]:
        print("under way", flush=True)
try:
    client.archives.download(sys.argv[4], sys.argv[5], jobs=4, progress=shown)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise on Windows")
def test_ctrl_c_stops_a_download_that_goes_on_later(
    trickling: dict[str, Any], tmp_path: Path
) -> None:
    arguments = [
        trickling["base_url"],
        trickling["token"],
        trickling["ca_cert"],
        SLUG,
        str(tmp_path),
    ]
    script = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *arguments], stdout=subprocess.PIPE, text=True
    )
    assert script.stdout is not None
    assert script.stdout.readline() == "under way\n"
    started = time.monotonic()
    script.send_signal(signal.SIGINT)
    output, _ = script.communicate(timeout=20)
    assert output.endswith("interrupted\n")
    assert time.monotonic() - started < 5
    result = client_of(trickling).archives.download(SLUG, tmp_path, progress=False)
    assert result.ok
    assert Archive(tmp_path).verify().intact == 80


ABANDONED = """
import sys
import gcapi_rs
client = gcapi_rs.Client(base_url=sys.argv[1], token=sys.argv[2], verify=sys.argv[3])
stream = client.archives.stream(sys.argv[4], sys.argv[5])
next(stream)
"""


def test_a_process_ends_while_a_download_is_under_way(
    trickling: dict[str, Any], tmp_path: Path
) -> None:
    arguments = [
        trickling["base_url"],
        trickling["token"],
        trickling["ca_cert"],
        SLUG,
        str(tmp_path),
    ]
    done = subprocess.run(
        [sys.executable, "-c", ABANDONED, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_downloads_can_be_awaited_side_by_side(
    ours: gcapi_rs.Client, platform: Platform, tmp_path: Path
) -> None:
    async def both() -> tuple[DownloadResult, list[str], int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        async def stream() -> list[str]:
            return [item.pk async for item in ours.archives.stream("demo", tmp_path / "b")]

        ticking = asyncio.create_task(tick())
        result, pks = await asyncio.gather(
            ours.archives.download_async("demo", tmp_path / "a", progress=False), stream()
        )
        ticking.cancel()
        return result, pks, ticks

    result, pks, ticks = asyncio.run(both())
    assert result.ok
    assert len(pks) == ITEMS
    assert ticks > 5
    assert files(tmp_path / "a") == files(tmp_path / "b") == files(platform.reference)


def test_a_download_that_is_cancelled_stops(trickling: dict[str, Any], tmp_path: Path) -> None:
    client = client_of(trickling)

    async def cancelled() -> None:
        download = client.archives.download_async(SLUG, tmp_path, progress=False)
        await asyncio.wait_for(download, 1)

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(cancelled())
    assert client.archives.download(SLUG, tmp_path, progress=False).ok
