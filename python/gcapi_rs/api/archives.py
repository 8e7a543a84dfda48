"""Archives and their items, and whole archives on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..download import (
    DownloadResult,
    download_archive,
    download_archive_async,
    settings,
    start,
)
from ..models import Archive, ArchiveItem
from ..pages import PageResult
from ..progress import Counts
from ..stream import ItemStream
from .group import APIGroup
from .writing import ModifiableMixin

__all__ = ["ArchiveItemsAPI", "ArchivesAPI"]


class ArchivesAPI(APIGroup[Archive]):
    """Archives."""

    base_path = "archives/"
    model = Archive

    def download(
        self,
        archive: str | Archive,
        output: str | Path,
        *,
        sockets: str | Iterable[str] | None = None,
        items: str | Iterable[str] | None = None,
        layout: str = "container",
        existing: str = "resume",
        jobs: int | None = None,
        progress: bool | Callable[[Counts], Any] = True,
    ) -> DownloadResult:
        """Downloads an archive into a folder; the same call again goes on where it was.

        Parameters
        ----------
        archive : str or Archive
            Its slug, its primary key, its URL, or the object itself.
        output : path
            The folder; it is made if need be.
        sockets, items : str or iterable of str, optional
            Slugs of sockets, primary keys or titles of items, or patterns of them such as
            ``"ct-*"``. Everything by default.
        layout : {"container", "flat"}
            Images as ``<relative path>/<image pk>.<ext>``, as a container reads them, or as
            ``<relative path>.<ext>``.
        existing : {"resume", "overwrite", "error"}
            Keep files that are whole, fetch everything again, or refuse a folder with content.
        jobs : int, optional
            The most connections at a time; how many there are follows from what they bring.
        progress : bool or callable
            Whether to show how far it is, or a function that is given the numbers.

        Returns
        -------
        DownloadResult
            Numbers of files and bytes, seconds, and the files that failed: they do not end the
            download, and the same call again tries only them.

        Raises
        ------
        ObjectNotFound
            There is no such archive, or the account may not see it.
        FileExistsError
            ``existing="error"``, and the folder has content.
        GCAPIError
            The download as a whole cannot go on.
        """
        return download_archive(
            self._client.open_session(),
            _reference(archive),
            Path(output),
            settings(sockets, items, layout, existing, jobs),
            progress,
        )

    async def download_async(
        self,
        archive: str | Archive,
        output: str | Path,
        *,
        sockets: str | Iterable[str] | None = None,
        items: str | Iterable[str] | None = None,
        layout: str = "container",
        existing: str = "resume",
        jobs: int | None = None,
        progress: bool | Callable[[Counts], Any] = True,
    ) -> DownloadResult:
        """As `download`, for ``await``; other tasks run meanwhile."""
        return await download_archive_async(
            self._client.open_session(),
            _reference(archive),
            Path(output),
            settings(sockets, items, layout, existing, jobs),
            progress,
        )

    def stream(
        self,
        archive: str | Archive,
        output: str | Path,
        *,
        prefetch: int = 8,
        sockets: str | Iterable[str] | None = None,
        items: str | Iterable[str] | None = None,
        layout: str = "container",
        existing: str = "resume",
        jobs: int | None = None,
        progress: bool | Callable[[Counts], Any] = False,
    ) -> ItemStream:
        """Downloads an archive into a folder, and gives each item as soon as it is whole.

        Leaving the loop ends the download; the same call again goes on where it was.

        Parameters
        ----------
        archive, output, sockets, items, layout, existing, jobs, progress
            As for `download`.
        prefetch : int
            Items fetched ahead of the one that was taken last.

        Returns
        -------
        ItemStream
            For ``for`` and for ``async for``.

        Raises
        ------
        GCAPIError
            As for `download`; while it is iterated.
        """
        options = settings(sockets, items, layout, existing, jobs, prefetch)
        folder = Path(output)
        running = start(self._client.open_session(), _reference(archive), folder, options)
        return ItemStream(running, folder, progress)


def _reference(archive: str | Archive) -> str:
    return archive.pk if isinstance(archive, Archive) else str(archive)


class ArchiveItemsAPI(ModifiableMixin, APIGroup[ArchiveItem]):
    """Items of archives, usually one for each case."""

    base_path = "archives/items/"
    model = ArchiveItem

    def page(
        self, offset: int = 0, limit: int = 100, params: dict[str, Any] | None = None
    ) -> PageResult[ArchiveItem]:
        """Some of the items; see `APIGroup.page`."""
        items = super().page(offset, limit, params)
        archive = (params or {}).get("archive")
        if isinstance(archive, str):
            if offset == 0:
                self._client.images.listed.expect(archive)
            self._client.expected.items_listed(items, first=offset == 0)
        return items
