"""The items of a remote archive while it downloads.

Examples
--------
>>> for item in client.archives.stream("my-archive", "my-folder"):    # doctest: +SKIP
...     train_on(item["ct-image"].array())
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from . import _native
from .archive import ArchivedItem
from .download import TICK, DownloadResult, close, result, settle
from .progress import Counts, reporter

__all__ = ["ItemStream"]


class ItemStream(Iterator[ArchivedItem], AsyncIterator[ArchivedItem]):
    """Gives each item of an archive as soon as all its files are on the disk.

    For ``for`` and for ``async for``. Leaving the loop early stops the download; the same call
    again goes on where it was. Items of which something could not be brought are not given: they
    are in ``result.failures``.

    Attributes
    ----------
    result : DownloadResult or None
        What the download came to, once the loop has reached its end.
    """

    def __init__(
        self,
        running: _native.Download,
        output: Path,
        progress: bool | Callable[[Counts], Any],
    ) -> None:
        self._running: _native.Download | None = running
        self._output = output
        self._shown = reporter(progress)
        self.result: DownloadResult | None = None

    def __iter__(self) -> ItemStream:
        return self

    def __aiter__(self) -> ItemStream:
        return self

    def __next__(self) -> ArchivedItem:
        try:
            while running := self._running:
                if (item := self._take(running, TICK)) is not None:
                    return item
        except BaseException:
            self.close()
            raise
        raise StopIteration

    async def __anext__(self) -> ArchivedItem:
        try:
            while running := self._running:
                if (item := self._take(running, 0)) is not None:
                    return item
                await asyncio.sleep(TICK / 10)
        except BaseException:
            self.close()
            raise
        raise StopAsyncIteration

    def _take(self, running: _native.Download, seconds: float) -> ArchivedItem | None:
        """An item that is whole, if there is one in time; at the end, the result."""
        self._shown.update(running.counts())
        # Asked before the item: whatever is whole when it is over is there to be taken.
        over = running.wait(0)
        if (parts := running.take_item(seconds)) is not None:
            return ArchivedItem(self._output, parts)
        if over:
            self._running = None
            close(self._shown, running)
            self.result = result(running, self._output)
        return None

    def close(self) -> None:
        """Stops the download and waits until what is in flight was put down."""
        running, self._running = self._running, None
        if running is not None:
            settle(running)
            self._shown.close()

    def __enter__(self) -> ItemStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
