"""Records of images that a loop over the items of an archive is about to ask for.

A loop asks for one image after the other. A page of the list has a thousand of their records, so
that a request for each is not needed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from ..exceptions import GCAPIError
from ..models import HyperlinkedImage

__all__ = ["ListedImages"]

#: The most records that are kept.
MOST = 20_000

#: Images that are asked for one by one before it looks like a loop.
SINGLE = 2

Pages: TypeAlias = Iterator[Sequence[HyperlinkedImage]]


class ListedImages:
    """Reads one page of a list for each image that is not known, and keeps its records.

    There are never more requests than one for each image and one for each page; and whoever wants
    one image or two causes none. Records are of the archive whose items were listed last, and
    no older than that.

    Parameters
    ----------
    listing : callable
        Gives the pages of images that match filters, each when it is asked for.
    """

    def __init__(self, listing: Callable[[dict[str, Any]], Pages]) -> None:
        self._listing = listing
        self._pages: Pages = iter(())
        self._records: dict[str, HyperlinkedImage] = {}
        self._single = SINGLE
        self._busy = threading.Lock()

    def expect(self, archive: str) -> None:
        """Says that a list of items of an archive begins, whose images may be asked for next."""
        self._pages, self._records, self._single = self._listing({"archive": archive}), {}, SINGLE

    def known(self, url: str) -> HyperlinkedImage | None:
        """The record of an image if it was listed, without asking and without taking it."""
        return self._records.get(url)

    def take(self, url: str) -> HyperlinkedImage | None:
        """The record of an image, once; None if it is not among those that were listed."""
        # Another thread that reads a page is not waited for: it may not exist after a fork.
        if url not in self._records and self._busy.acquire(blocking=False):
            try:
                self._read_page()
            finally:
                self._busy.release()
        return self._records.pop(url, None)

    def _read_page(self) -> None:
        if self._single > 0:
            self._single -= 1
            return
        if len(self._records) < MOST:
            try:
                page = next(self._pages, ())
            except GCAPIError:
                # Whoever asks for an image is told what is wrong; an iterator that raised is over.
                return
            # What is still being imported is asked for when it is its turn.
            ready = (one for one in page if one.files or one.dicom_image_set is not None)
            self._records.update((one.api_url, one) for one in ready)
