"""Addresses: which ones belong to the platform, and how they are shown."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from .exceptions import ConfigurationError

__all__ = ["is_below", "masked", "require_same_origin"]


def masked(url: str) -> str:
    """The address without what could open it: a signed query and any password.

    Examples
    --------
    >>> masked("https://me:secret@store/a.mha?X-Amz-Signature=0123")
    'https://store/a.mha?...'
    >>> masked("https://platform/api/v1/archives/?slug=demo")
    'https://platform/api/v1/archives/?slug=demo'
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "an invalid URL"
    # Filters of a list are worth showing; signatures are not.
    secret = any(word in parts.query.lower() for word in ("signature", "token", "credential"))
    return urlunsplit((parts.scheme, host, parts.path, "..." if secret else parts.query, ""))


def _origin(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError as error:
        raise ConfigurationError(f"{url!r} is no URL: {error}") from error
    return parts.scheme, (parts.hostname or "").lower(), port


def require_same_origin(url: str, base_url: str) -> None:
    """Raises if the token must not be sent to an address.

    Raises
    ------
    ConfigurationError
        It is not https, or on another host or port than the base URL.
    """
    origin = _origin(url)
    if origin[0] != "https" or origin != _origin(base_url):
        raise ConfigurationError(
            f"{masked(url)} is not on the platform of this client, {base_url}; "
            "give an https URL on the same host and port"
        )


def is_below(url: str, base_url: str) -> bool:
    """Whether an address is a path of the interface, not of media."""
    return _origin(url) == _origin(base_url) and urlsplit(url).path.startswith(
        urlsplit(base_url).path
    )
