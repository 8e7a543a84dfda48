"""Files on disk: complete under their names, or not there.

Nothing is overwritten, and what exists is found before anything is fetched.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ._native import FetchedFile, NativeError
from .exceptions import DownloadError, GCAPIError, HTTPStatusError
from .native_errors import from_native
from .response import Request, Response

if TYPE_CHECKING:
    from .client import Client

__all__ = ["failure", "fetch", "publish", "require_absent", "settled"]


def require_absent(paths: Iterable[Path]) -> None:
    """Raises if there is anything under one of the names, or a file where a folder has to be.

    Raises
    ------
    FileExistsError
    """
    for path in paths:
        folder = path.parent
        taken = folder if folder.exists() and not folder.is_dir() else path
        if os.path.lexists(taken):
            raise FileExistsError(
                f"File {taken} already exists; move it away, or choose another folder"
            )


def publish(path: Path, content: bytes) -> None:
    """Writes a small file, whole or not at all.

    Raises
    ------
    FileExistsError
        Also if another process writes it at the same time.
    """
    require_absent([path])
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".{uuid.uuid4()}.part"
    try:
        with open(part, "xb") as file:
            file.write(content)
        try:
            # A link never replaces what is there; a rename might.
            os.link(part, path)
        except FileExistsError:
            raise
        except OSError:
            # This file system has no links.
            require_absent([path])
            part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def fetch(client: Client, jobs: list[tuple[str, Path]]) -> None:
    """Fetches media to disk, side by side and streamed; all of the files, or none.

    Parameters
    ----------
    client : Client
    jobs : list of (str, Path)
        Media URLs and where their bytes go.

    Raises
    ------
    HTTPStatusError
        The platform or its store refuses a file.
    GCAPIError
        A file could not be fetched whole.
    FileExistsError
        A file appeared under one of the names meanwhile.
    """
    try:
        results = client.fetch_media(jobs)
    except NativeError as error:
        if error.kind != "exists":
            remove_of_several(path for _url, path in jobs)
        raise failure(error) from error
    except BaseException:
        remove_of_several(path for _url, path in jobs)
        raise
    settled(results)
    client.expected.fetched(max((result.size for result in results), default=0))


def remove_of_several(paths: Iterable[Path]) -> None:
    """Takes away files that are of no use without each other; a single one is whole."""
    several = list(paths)
    if len(several) > 1:
        for path in several:
            path.unlink(missing_ok=True)


def settled(results: list[FetchedFile]) -> list[Path]:
    """The paths of what was fetched, if all of it was; otherwise what was is taken away.

    Raises
    ------
    Exception
        As `fetch`, for the first file that failed.
    """
    written = [result.path for result in results if result.error is None and result.path]
    for result in results:
        if result.error is not None:
            for path in written:
                path.unlink(missing_ok=True)
            raise failure(result.error) from result.error
    return written


def failure(error: NativeError) -> Exception:
    """The exception for a file that could not be fetched."""
    if error.kind == "exists":
        return FileExistsError(str(error))
    raised: GCAPIError
    if error.status is None or 200 <= error.status <= 299:
        return from_native(error, DownloadError)
    url = error.url or ""
    response = Response(error.status, url=url)
    raised = HTTPStatusError(str(error), request=Request("GET", url), response=response)
    raised.url = error.url
    return raised
