"""A value of a socket becomes a file, or the files of an image."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from .exceptions import GCAPIError, MalformedResponse
from .files import fetch, publish, require_absent
from .models import HyperlinkedComponentInterfaceValue

if TYPE_CHECKING:
    from .client import Client

__all__ = ["download"]


def download(client: Client, value: HyperlinkedComponentInterfaceValue, folder: Path) -> None:
    """Writes a value below a folder; see `Client.download_socket_value`."""
    socket = value.interface
    try:
        path = folder / _below(socket.relative_path)
        kind = socket.super_kind.casefold()
        # By the kind and never by what is set: None, False, 0 and "" are values.
        if kind == "value":
            publish(path, json.dumps(value.value, indent=2).encode("ascii"))
        elif kind == "file":
            require_absent([path])
            url = _address(value.file, socket.slug)
            client.expected.asked(url)
            fetch(client, [(url, path)])
        elif kind == "image":
            image = _address(value.image, socket.slug)
            client.images.download(url=image, output_directory=path)
        else:
            raise ValueError(
                f"the socket {socket.slug} has the super kind {socket.super_kind!r}, "
                "which is neither Image, File nor Value"
            )
    except GCAPIError as error:
        error.item, error.socket = value.listed_in, socket.slug
        raise


def _address(url: str | None, slug: str) -> str:
    if url is None:
        raise MalformedResponse(
            f"the value of the socket {slug} has no address; "
            "it may still be processed by the platform: list the item again later"
        )
    return url


def _below(relative_path: str) -> PurePosixPath:
    """A path that the platform gave, if it stays below where it is put."""
    path = PurePosixPath(relative_path)
    if path.is_absolute() or ".." in path.parts or any(c in relative_path for c in "\\\0:"):
        raise MalformedResponse(
            f"the relative path {relative_path!r} of a socket leads out of its folder"
        )
    return path
