"""The files of one image, fetched together: all of them, or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ._native import NativeError
from .files import failure, fetch, publish, require_absent, settled
from .image_files import Placed, place
from .metaimage_header import renamed
from .models import ImageFile

if TYPE_CHECKING:
    from .client import Client

__all__ = ["download_dicom_image_set", "download_files"]


def download_files(client: Client, files: list[ImageFile], base: Path) -> list[Path]:
    """Fetches files side by side.

    Parameters
    ----------
    client : Client
    files : list of ImageFile
    base : Path
        Their path without suffix.
    """
    placed = place(files, base)
    paths = [one.path for one in placed]
    require_absent(paths)
    headers = [one for one in placed if _is_header(one, placed)]
    data = [one for one in placed if one not in headers]
    fetch(client, [(one.url, one.path) for one in data])
    written = [one.path for one in data]
    try:
        for header in headers:
            names = {one.served_name: one.path.name for one in placed if one is not header}
            content = client(url=header.url, follow_redirects=True).content
            publish(header.path, renamed(content, names))
            written.append(header.path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return paths


def _is_header(file: Placed, files: list[Placed]) -> bool:
    """Whether a file names another one, which gets another name here."""
    return len(files) > 1 and file.path.suffix.lower() == ".mhd"


def download_dicom_image_set(client: Client, image: str, folder: Path) -> list[Path]:
    """Fetches the instances of a DICOM image set into a folder.

    Parameters
    ----------
    client : Client
    image : str
        The primary key of the image.
    folder : Path
        Gets ``<SOP instance UID>.dcm`` for each instance.
    """
    require_absent([folder / "any.dcm"])
    try:
        results = client.open_session().fetch_dicom_image_set(image, folder)
    except NativeError as error:
        raise failure(error) from error
    return settled(results)
