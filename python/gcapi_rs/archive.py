"""An archive on disk: items, and their values by the slug of the socket.

Examples
--------
>>> archive = Archive("my-folder")                        # doctest: +SKIP
>>> for item in archive:                                  # doctest: +SKIP
...     volume = item["ct-image"].array()
...     age = item["age-in-months"].value
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _native
from .exceptions import GCAPIError
from .native_errors import from_native
from .parts import ItemParts

if TYPE_CHECKING:
    from .image import ImageArray
    from .table import Table

__all__ = ["Archive", "ArchivedItem", "ArchivedValue", "Finding", "VerifyReport"]

#: Items read from the catalogue at a time.
PAGE = 1000

#: Of the files of one image the one that stands for it: a header before its data file, and a
#: slide before the list of its tiles.
PREFERENCE = {".mhd": 0, ".dzi": 2}


@dataclass(frozen=True)
class ArchivedValue:
    """The value of one socket of an item.

    Attributes
    ----------
    socket : str
        The socket's slug.
    kind : str
        Its super kind: ``Image``, ``Value`` or ``File``.
    image : str or None
        The pk of the image, for an Image.
    paths : tuple of Path
        Every file; of a DICOM image set its folder. Empty if it was not downloaded.
    """

    socket: str
    kind: str
    image: str | None
    paths: tuple[Path, ...]
    #: JSON text as served.
    text: str | None = None

    @property
    def path(self) -> Path:
        """The file, or the folder of a DICOM image set; of several files the header or the slide.

        Raises
        ------
        FileNotFoundError
            It was not downloaded.
        """
        if not self.paths:
            raise FileNotFoundError(
                f"{self.socket} was not downloaded; download the archive again with this socket"
            )
        return min(self.paths, key=lambda path: PREFERENCE.get(path.suffix.lower(), 1))

    @property
    def value(self) -> Any:
        """The JSON value of a Value, as ``json.loads`` gives it; a File that is JSON is read.

        Raises
        ------
        TypeError
            It is an Image.
        ValueError
            The File is not JSON.
        FileNotFoundError
            The File was not downloaded.
        """
        if self.text is not None:
            return json.loads(self.text)
        if self.image is not None:
            raise TypeError(f"{self.socket} is an Image; use .path or .array()")
        return self.json()

    def json(self) -> Any:
        """The file's content as ``json.load`` gives it.

        Raises
        ------
        ValueError
            It is not JSON.
        FileNotFoundError
            It was not downloaded.
        """
        with self.path.open("rb") as file:
            return json.load(file)

    def array(self) -> ImageArray:
        """The image's samples as a NumPy array, and where they lie in the patient.

        Returns
        -------
        ImageArray
            Shape ``z, y, x[, channels]`` (``y, x[, channels]`` of an image of two dimensions),
            with ``spacing`` (mm), ``origin`` (mm) and ``direction``.

        Raises
        ------
        ImportError
            NumPy is not installed.
        GCAPIError
            The file is damaged, or of a format that cannot be read.
        """
        from .image import read_image

        return read_image(self.path)


class ArchivedItem(Mapping[str, ArchivedValue]):
    """An item of an archive: its values by the slug of the socket.

    Items can be pickled, so that a ``DataLoader`` may hand them to its workers.

    Attributes
    ----------
    pk, title : str
    record : dict
        What the platform said of it, without its values.
    """

    __slots__ = ("_record", "_values", "pk", "title")

    def __init__(self, root: Path, parts: ItemParts) -> None:
        self.pk, self.title, self._record, values = parts
        self._values = {
            slug: ArchivedValue(slug, kind, image, tuple(root / path for path in paths), text)
            for slug, kind, text, image, paths in values
        }

    @property
    def record(self) -> dict[str, Any]:
        """What the platform said of it, without its values."""
        found: dict[str, Any] = json.loads(self._record)
        return found

    def __getitem__(self, socket: str) -> ArchivedValue:
        try:
            return self._values[socket]
        except KeyError:
            known = ", ".join(sorted(self._values)) or "none at all"
            raise KeyError(f"item {self.pk} has no value of {socket!r}; it has {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ArchivedItem):
            return NotImplemented
        return self.pk == other.pk and self._values == other._values

    def __hash__(self) -> int:
        return hash(self.pk)

    def __repr__(self) -> str:
        return f"<ArchivedItem {self.pk} {self.title!r}: {', '.join(self._values)}>"


@dataclass(frozen=True)
class Finding:
    """A file that is not what was fetched.

    Attributes
    ----------
    path : Path
    problem : str
        ``missing``, ``size``, ``content``, ``unreadable``, or ``unknown`` for a file that was not
        fetched.
    detail : str
    """

    path: Path
    problem: str
    detail: str


@dataclass(frozen=True)
class VerifyReport:
    """What reading every file showed.

    Attributes
    ----------
    intact : int
        Files that are what was fetched.
    bytes : int
        Their bytes.
    findings : tuple of Finding
        Everything else, in the order of the paths.
    """

    intact: int
    bytes: int
    findings: tuple[Finding, ...]

    @property
    def is_intact(self) -> bool:
        """Whether every file that was fetched is there and unchanged."""
        return all(finding.problem == "unknown" for finding in self.findings)


class Archive:
    """An archive that was downloaded before.

    Iterating gives its items in the order of their pks; they are read from the catalogue as they
    are needed. It may be used from several threads, pickled, and taken through a ``fork``.

    Parameters
    ----------
    path : str or Path
        The folder it was downloaded to.

    Raises
    ------
    FileNotFoundError
        The folder holds no archive.
    GCAPIError
        Its catalogue cannot be read, or a download is working on it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._native = _native.Archive(self.path)
            about = self._native.about()
        except _native.NativeError as error:
            if error.kind == "not-an-archive":
                raise NoArchiveError(str(error)) from error
            raise from_native(error) from error
        if about is None:
            raise NoArchiveError(f"{self.path} holds an archive that was never listed; download it")
        #: The archive's pk and title, and its slug where it is known.
        self.pk, self.slug, self.title, self._record = about

    @property
    def record(self) -> dict[str, Any]:
        """What the platform said of the archive."""
        found: dict[str, Any] = json.loads(self._record)
        return found

    @property
    def sockets(self) -> dict[str, str]:
        """Super kinds of the sockets by their slugs."""
        return dict(_called(self._native.sockets))

    @property
    def items(self) -> Iterator[ArchivedItem]:
        """The items, in the order of their pks."""
        return iter(self)

    def item(self, pk: str) -> ArchivedItem:
        """One item.

        Raises
        ------
        KeyError
            There is none of this pk.
        """
        parts = _called(self._native.item, str(pk))
        if parts is None:
            raise KeyError(f"{self.path} has no item {pk!r}")
        return ArchivedItem(self.path, parts)

    def __getitem__(self, pk: str) -> ArchivedItem:
        return self.item(pk)

    def __contains__(self, pk: object) -> bool:
        return isinstance(pk, str) and _called(self._native.item, pk) is not None

    def __iter__(self) -> Iterator[ArchivedItem]:
        after = None
        while page := _called(self._native.items_after, after, PAGE):
            after = page[-1][0]
            for parts in page:
                yield ArchivedItem(self.path, parts)

    def __len__(self) -> int:
        return int(_called(self._native.count))

    def __repr__(self) -> str:
        return f"<Archive {self.title!r} in {self.path}>"

    def __reduce__(self) -> tuple[type[Archive], tuple[Path]]:
        return Archive, (self.path,)

    def to_table(self) -> Table:
        """One row for each item, for pandas, polars, DuckDB and whoever else reads Arrow.

        Returns
        -------
        Table
            Columns ``item`` and ``title``; and for each socket ``<slug>.value`` of a Value,
            ``<slug>.path`` and ``<slug>.size`` (bytes) of an Image or a File.
        """
        from .table import Table

        return Table(_called(self._native.to_table))

    def verify(self) -> VerifyReport:
        """Reads every file and compares size and SHA-256 with what was fetched.

        Returns
        -------
        VerifyReport
        """
        intact, size, findings = _called(self._native.verify)
        found = (Finding(self.path / path, problem, detail) for path, problem, detail in findings)
        return VerifyReport(intact, size, tuple(found))


class NoArchiveError(GCAPIError, FileNotFoundError):
    """A folder holds no archive."""


def _called(function: Any, *arguments: Any) -> Any:
    """What a native function gives, with its errors as ours."""
    try:
        return function(*arguments)
    except _native.NativeError as error:
        raise from_native(error) from error
