"""Where the files of an image go, and what they are called."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .models import ImageFile

__all__ = ["Placed", "place", "suffix"]

#: Suffixes that only say how a file is compressed; the one before them belongs to it.
COMPRESSIONS = ("gz", "bz2", "xz", "zst")


@dataclass(frozen=True)
class Placed:
    """A file of an image, and the path it gets.

    Attributes
    ----------
    url : str
        Its media URL.
    served_name : str
        Its name on the platform.
    path : Path
        Its name here.
    """

    url: str
    served_name: str
    path: Path


def place(files: list[ImageFile], base: Path) -> list[Placed]:
    """The paths of the files of one image.

    Each is the base with the suffix of the file. Where files have the same suffix, the primary key
    of the file tells them apart.

    Parameters
    ----------
    files : list of ImageFile
    base : Path
        A path without suffix; dots in its name belong to the name.
    """
    names = [_served_name(file.file) for file in files]
    suffixes = [suffix(name) for name in names]
    shared = {one for one, count in Counter(s.lower() for s in suffixes).items() if count > 1}
    placed = []
    for file, name, ending in zip(files, names, suffixes):
        stem = f"{base.name}-{file.pk}" if ending.lower() in shared else base.name
        path = base.with_name(f"{stem}.{ending}" if ending else stem)
        placed.append(Placed(file.file, name, path))
    return placed


def _served_name(url: str) -> str:
    # Not unquoted: what is quoted might be a separator.
    return urlsplit(url).path.rpartition("/")[2]


def suffix(name: str) -> str:
    """The suffix of a name without its dot.

    Examples
    --------
    >>> suffix("scan.1.mha"), suffix("scan.nii.gz"), suffix("scan")
    ('mha', 'nii.gz', '')
    """
    stem, dot, last = name.rpartition(".")
    if not stem:
        return ""
    before, dot, inner = stem.rpartition(".")
    return f"{inner}.{last}" if last.lower() in COMPRESSIONS and before and inner else last
