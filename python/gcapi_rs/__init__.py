"""Grand Challenge archives from Python: a drop-in for gcapi, and whole archives in one call.

A script that uses gcapi to read runs unchanged but for its import::

    import gcapi_rs as gcapi

    client = gcapi.Client(token="my-token")
    archive = client.archives.detail(slug="my-archive")

And a whole archive is one call::

    client.archives.download("my-archive", "my-folder")
"""

from __future__ import annotations

from . import exceptions, models, retries
from ._native import __version__
from .archive import Archive, ArchivedItem, ArchivedValue
from .client import Client
from .download import DownloadFailure, DownloadResult
from .pages import PageResult
from .response import Response
from .writing_client import SocketValueSpec

__all__ = [
    "Archive",
    "ArchivedItem",
    "ArchivedValue",
    "Client",
    "DownloadFailure",
    "DownloadResult",
    "PageResult",
    "Response",
    "SocketValueSpec",
    "__version__",
    "exceptions",
    "models",
    "retries",
]
