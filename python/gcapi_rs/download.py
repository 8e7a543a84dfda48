"""A whole archive in one call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _native
from .exceptions import DownloadError, GCAPIError
from .native_errors import from_native
from .progress import Counts, Progress, reporter

__all__ = [
    "DownloadFailure",
    "DownloadResult",
    "FolderNotEmptyError",
    "download_archive",
    "download_archive_async",
    "settings",
]

#: Seconds between two looks at a download.
TICK = 0.1

#: Seconds a download that is asked to stop is given to put down what is in flight.
PATIENCE = 5.0


class FolderNotEmptyError(DownloadError, FileExistsError):
    """The output folder holds something already, and nothing of it may be touched."""


@dataclass(frozen=True)
class DownloadFailure:
    """One thing that could not be brought.

    Attributes
    ----------
    place : str
        The path below the output folder, or the item or image where no path could be made.
    item, socket : str or None
        The pk of the item and the slug of the socket, where it is of one.
    url : str or None
        The media URL.
    reason, next_step : str
        What happened, and what to do. Signatures are masked.
    """

    place: str
    item: str | None
    socket: str | None
    url: str | None
    reason: str
    next_step: str


@dataclass(frozen=True)
class DownloadResult:
    """What a download came to.

    Attributes
    ----------
    output : Path
        The folder.
    items, images : int
        How many the archive has.
    fetched, kept : int
        Files that were fetched, and files that were here already.
    bytes, bytes_kept : int
        Their bytes.
    failures : tuple of DownloadFailure
        What could not be brought. The same call again tries only that.
    seconds : float
        Wall time.
    requests, retries : int
        HTTP requests, and how many repeated one that failed.
    stopped : bool
        Whether it was asked to stop before its end.
    """

    output: Path
    items: int
    images: int
    fetched: int
    kept: int
    bytes: int
    bytes_kept: int
    failures: tuple[DownloadFailure, ...]
    seconds: float
    requests: int
    retries: int
    stopped: bool

    @property
    def ok(self) -> bool:
        """Whether everything that was asked for is on the disk."""
        return not self.failures and not self.stopped

    def raise_for_failures(self) -> None:
        """Raises an error if something could not be brought.

        Raises
        ------
        DownloadError
            Its ``item``, ``socket`` and ``url`` are those of the first failure.
        """
        if not self.failures:
            return
        first = self.failures[0]
        more = f" (and {len(self.failures) - 1} more)" if len(self.failures) > 1 else ""
        error = DownloadError(f"{first.place}: {first.reason}; {first.next_step}{more}")
        error.item, error.socket, error.url = first.item, first.socket, first.url
        raise error


def download_archive(
    session: _native.Session,
    archive: str,
    output: Path,
    options: dict[str, Any],
    progress: bool | Callable[[Counts], Any],
) -> DownloadResult:
    """Downloads an archive; see `ArchivesAPI.download`. `options` come from `settings`."""
    running = start(session, archive, output, options)
    shown = reporter(progress)
    try:
        while not running.wait(TICK):
            shown.update(running.counts())
    except BaseException:
        settle(running)
        raise
    finally:
        close(shown, running)
    return result(running, output)


async def download_archive_async(
    session: _native.Session,
    archive: str,
    output: Path,
    options: dict[str, Any],
    progress: bool | Callable[[Counts], Any],
) -> DownloadResult:
    """As `download_archive`, for ``await``. Cancelling it stops the download.

    Other tasks run meanwhile.
    """
    running = start(session, archive, output, options)
    shown = reporter(progress)
    try:
        while not running.wait(0):
            await asyncio.sleep(TICK / 2)
            shown.update(running.counts())
    except asyncio.CancelledError:
        await settle_async(running)
        raise
    except BaseException:
        settle(running)
        raise
    finally:
        close(shown, running)
    return result(running, output)


def settings(
    sockets: str | Iterable[str] | None,
    items: str | Iterable[str] | None,
    layout: str,
    existing: str,
    jobs: int | None,
    prefetch: int | None = None,
) -> dict[str, Any]:
    """What the engine is asked for.

    Raises
    ------
    ValueError
        A number is below 1.
    """
    for name, number in (("jobs", jobs), ("prefetch", prefetch)):
        if number is not None and number < 1:
            raise ValueError(f"{name} is {number}; it must be at least 1")
    return {
        "sockets": names(sockets),
        "items": names(items),
        "layout": layout,
        "existing": existing,
        "jobs": jobs,
        "prefetch": prefetch,
    }


def names(given: str | Iterable[str] | None) -> list[str]:
    """One name or several as a list."""
    if given is None:
        return []
    return [given] if isinstance(given, str) else [str(name) for name in given]


def start(
    session: _native.Session, archive: str, output: Path, options: dict[str, Any]
) -> _native.Download:
    """Starts a download."""
    try:
        return session.download(archive, output, **options)
    except _native.NativeError as error:
        raise translated(error) from error


def settle(running: _native.Download) -> None:
    """Stops a download and waits until what is in flight was put down."""
    running.stop()
    deadline = time.monotonic() + PATIENCE
    while not running.wait(TICK) and time.monotonic() < deadline:
        pass


async def settle_async(running: _native.Download) -> None:
    """As `settle`, while other tasks run: whoever comes next finds the folder free."""
    running.stop()
    deadline = time.monotonic() + PATIENCE
    while not running.wait(0) and time.monotonic() < deadline:
        await asyncio.sleep(TICK / 10)


def close(shown: Progress, running: _native.Download) -> None:
    """Shows the last numbers."""
    try:
        shown.update(running.counts())
    finally:
        shown.close()


def result(running: _native.Download, output: Path) -> DownloadResult:
    """What a download that is over came to."""
    try:
        numbers, failed = running.result()
    except _native.NativeError as error:
        raise translated(error) from error
    failures = tuple(
        DownloadFailure(one.place, one.item, one.socket, one.url, one.reason, one.next_step)
        for one in failed
    )
    return DownloadResult(
        output=output,
        items=int(numbers["items"]),
        images=int(numbers["images"]),
        fetched=int(numbers["fetched"]),
        kept=int(numbers["kept"]),
        bytes=int(numbers["bytes_fetched"]),
        bytes_kept=int(numbers["bytes_kept"]),
        failures=failures,
        seconds=float(numbers["seconds"]),
        requests=int(numbers["requests"]),
        retries=int(numbers["retries"]),
        stopped=bool(numbers["stopped"]),
    )


def translated(error: _native.NativeError) -> GCAPIError:
    """The exception to raise for one of the engine."""
    if error.kind == "not-empty":
        return FolderNotEmptyError(str(error))
    return from_native(error, fallback=DownloadError)
