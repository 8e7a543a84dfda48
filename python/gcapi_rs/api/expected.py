"""What a loop over the items of an archive will probably ask for next.

A script that takes one value after the other waits for each. Once it has taken the same sockets of
more than one item, it is a loop, and the engine is told the media URLs that come next, so that it
can fetch small ones while the script is busy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..models import ArchiveItem, HyperlinkedImage

__all__ = ["Expected"]

#: Media URLs that are expected at a time.
AHEAD = 16

#: Values that are looked at to find them.
LOOK = 64

#: Values of a list that are kept in mind; the pages before are forgotten when there are more.
MOST = 50_000

#: Bytes from which on waiting for the first one is not what takes the time.
LARGE = 2 << 20


@dataclass(frozen=True)
class _Listed:
    """A file or an image that lies on the way of the loop.

    Attributes
    ----------
    item, socket : str
    url : str
        What is asked for.
    files : tuple of str or None
        Its media URLs; None if the record of the image has to be looked at.
    """

    item: str
    socket: str
    url: str
    files: tuple[str, ...] | None


class Expected:
    """Watches what is asked for, and says what comes next.

    Only what one thread asks for in the order of a list is a loop. A guess is never of a socket
    that the script did not take before, nor of one with large files.

    Parameters
    ----------
    tell : callable
        Is given the media URLs that come next; those that it was given before and that are not
        among them are no longer expected.
    record_of : callable
        Gives the record of an image by its URL, if it is known without asking.
    """

    def __init__(
        self,
        tell: Callable[[list[str]], None],
        record_of: Callable[[str], HyperlinkedImage | None],
    ) -> None:
        self._tell = tell
        self._record_of = record_of
        self._told: list[str] = []
        self._begin()

    def _begin(self) -> None:
        """Forgets what was listed and fetched."""
        self._thread = threading.get_ident()
        self._items: set[str] = set()
        self._sockets: set[str] = set()
        self._large: set[str] = set()
        self._order: list[_Listed] = []
        # Every place of a URL: an image may be of several items.
        self._places: dict[str, list[int]] = {}
        self._place = 0

    def items_listed(self, items: Iterable[ArchiveItem], *, first: bool) -> None:
        """Says that a page of items was listed; ``first`` if a list begins with it."""
        values = ((item.pk, value) for item in items for value in item.values)
        self._listed(
            (
                _Listed(item, value.interface.slug, url, None if value.image else (url,))
                for item, value in values
                if (url := value.file or value.image) is not None
            ),
            first=first,
        )

    def images_listed(self, images: Iterable[HyperlinkedImage], *, first: bool) -> None:
        """Says that a page of images was listed, whose files may be asked for."""
        listed = ((image.pk, tuple(file.file for file in image.files)) for image in images)
        self._listed((_Listed(pk, "", urls[0], urls) for pk, urls in listed if urls), first=first)

    def _listed(self, page: Iterable[_Listed], *, first: bool) -> None:
        if first:
            self._begin()
        elif len(self._order) > MOST:
            self._order, self._places, self._place = [], {}, 0
        for listed in page:
            self._places.setdefault(listed.url, []).append(len(self._order))
            self._order.append(listed)

    def asked(self, url: str) -> None:
        """Says that a file or an image is asked for now."""
        places = self._places.get(url)
        if places is None or threading.get_ident() != self._thread:
            return
        self._place = next((one for one in places if one >= self._place), places[0])
        here = self._order[self._place]
        if self._items - {here.item}:
            # What is asked for now stays expected until it is taken.
            urls = [one for one in self._media(here) if one in self._told]
            urls += [one for one in self._next() if one not in urls]
            if urls != self._told:
                self._told = urls
                self._tell(urls)

    def fetched(self, size: int) -> None:
        """Says that what was asked for last was fetched, and how large it was, in bytes.

        What is there already is asked for and not fetched, and nothing is learnt from it.
        """
        if self._order and threading.get_ident() == self._thread:
            here = self._order[self._place]
            self._items.add(here.item)
            self._sockets.add(here.socket)
            if size > LARGE:
                self._large.add(here.socket)

    def _next(self) -> list[str]:
        urls: list[str] = []
        wanted = self._sockets - self._large
        for listed in self._order[self._place + 1 : self._place + 1 + LOOK]:
            if len(urls) >= AHEAD:
                break
            if listed.socket in wanted:
                urls += self._media(listed)
        return urls

    def _media(self, listed: _Listed) -> tuple[str, ...]:
        if listed.files is not None:
            return listed.files
        record = self._record_of(listed.url)
        return () if record is None else tuple(file.file for file in record.files)
