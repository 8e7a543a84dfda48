"""What can go wrong, under one base class.

The names are those of ``gcapi.exceptions``. Where ``httpx`` is installed, errors of requests are
subclasses of its exceptions as well, so that code written for ``gcapi`` catches them unchanged::

    try:
        archive = client.archives.detail(slug="my-archive")
    except httpx.HTTPStatusError as error:
        print(error.response.status_code)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import httpx_bases

if TYPE_CHECKING:
    from .response import Request, Response

__all__ = [
    "ConfigurationError",
    "ConnectError",
    "DownloadError",
    "GCAPIError",
    "HTTPStatusError",
    "MalformedResponse",
    "MultipleObjectsReturned",
    "ObjectNotFound",
    "ProtocolError",
    "ReadTimeout",
    "SocketNotFound",
    "TooManyRedirects",
    "TransportError",
    "UnsupportedVersionError",
]


class GCAPIError(Exception):
    """Base class of every exception of this package.

    Attributes
    ----------
    item, socket : str or None
        The primary key of the archive item and the slug of the socket concerned, where they are
        known.
    url : str or None
        The address concerned, where there is one, with its signature masked.
    """

    item: str | None = None
    socket: str | None = None
    url: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # Attributes that the constructor takes by name come back with the others.
        return _empty, (type(self), self.args), vars(self)


class ObjectNotFound(GCAPIError):
    """One object was expected, and there is none, or none that the account may see."""


class SocketNotFound(ObjectNotFound):
    """There is no socket of this slug.

    Attributes
    ----------
    slug : str
        The slug that was looked up.
    """

    def __init__(self, *args: object, slug: str) -> None:
        super().__init__(*args)
        self.slug = slug


class MultipleObjectsReturned(GCAPIError):
    """One object was expected, and several match."""


class ConfigurationError(GCAPIError, RuntimeError):
    """The client was given something that it cannot work with.

    No token, a base URL that is not https, or a URL outside the platform, to which the token must
    not be sent.
    """


class UnsupportedVersionError(GCAPIError):
    """The platform no longer serves clients of this version."""


class MalformedResponse(GCAPIError, ValueError):
    """An answer of the platform is not what its interface promises."""


class HTTPStatusError(GCAPIError, httpx_bases.HTTPStatusError):
    """The answer to a request has a status that is no success.

    Attributes
    ----------
    response : Response
        The answer, with its ``status_code``, ``headers``, ``text``.
    request : Request
        What was asked.
    """

    def __init__(self, message: str, *, request: Request, response: Response) -> None:
        Exception.__init__(self, message)
        self.request = request
        self.response = response


class TransportError(GCAPIError, httpx_bases.TransportError):
    """No answer came to a request."""

    def __init__(self, message: str) -> None:
        # That of `httpx` would want a request of its own kind.
        Exception.__init__(self, message)


class ConnectError(TransportError, httpx_bases.ConnectError):
    """There is no connection to the server, or its certificate is not trusted."""


class ReadTimeout(TransportError, httpx_bases.ReadTimeout):
    """The server did not answer in time."""


class ProtocolError(TransportError, httpx_bases.RemoteProtocolError):
    """The answer broke off before its end."""


class TooManyRedirects(TransportError, httpx_bases.TooManyRedirects):
    """Redirects lead in a circle, or to a place that must not be asked."""


class DownloadError(GCAPIError):
    """A file could not be fetched whole, and nothing of it is left under its name."""


def _empty(kind: type[Exception], args: tuple[object, ...]) -> Exception:
    """An exception without its attributes, for ``pickle``."""
    return kind.__new__(kind, *args)
