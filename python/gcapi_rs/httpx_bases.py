"""The exceptions of ``httpx`` where it is installed, and plain ones where it is not.

They are bases of ours, so that ``except httpx.HTTPStatusError`` of a script goes on working.
Nothing else of ``httpx`` is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "ConnectError",
    "HTTPStatusError",
    "ReadTimeout",
    "RemoteProtocolError",
    "TooManyRedirects",
    "TransportError",
]

if not TYPE_CHECKING:
    try:
        from httpx import (
            ConnectError,
            HTTPStatusError,
            ReadTimeout,
            RemoteProtocolError,
            TooManyRedirects,
            TransportError,
        )
    except ImportError:
        HTTPStatusError = TransportError = Exception
        ConnectError = ReadTimeout = RemoteProtocolError = TooManyRedirects = Exception
else:

    class HTTPStatusError(Exception):
        """The status of an answer is no success."""

    class TransportError(Exception):
        """No answer came."""

    class ConnectError(Exception):
        """There is no connection."""

    class ReadTimeout(Exception):
        """The answer took too long."""

    class RemoteProtocolError(Exception):
        """The answer broke off."""

    class TooManyRedirects(Exception):
        """Redirects lead nowhere."""
