"""Errors of the engine as the exceptions of this package."""

from __future__ import annotations

from ._native import NativeError
from .exceptions import (
    ConfigurationError,
    ConnectError,
    GCAPIError,
    ObjectNotFound,
    ProtocolError,
    ReadTimeout,
    TooManyRedirects,
)

__all__ = ["from_native"]

#: The engine's name of a situation, and what Python code catches. What is not here is a
#: `GCAPIError`.
CLASSES: dict[str, type[GCAPIError]] = {
    "configuration": ConfigurationError,
    "foreign-origin": ConfigurationError,
    "insecure-url": ConfigurationError,
    "invalid-url": ConfigurationError,
    "no-such-archive": ObjectNotFound,
    "none-found": ObjectNotFound,
    "connect": ConnectError,
    "certificate": ConnectError,
    "timeout": ReadTimeout,
    "body": ProtocolError,
    "redirect-loop": TooManyRedirects,
}


def from_native(error: NativeError, fallback: type[GCAPIError] = GCAPIError) -> GCAPIError:
    """The exception to raise, ``from`` the one of the engine.

    Parameters
    ----------
    error : NativeError
    fallback : type
        The class for situations that have none of their own.
    """
    raised = CLASSES.get(error.kind, fallback)(str(error))
    # Masked by the engine.
    raised.url = error.url
    return raised
