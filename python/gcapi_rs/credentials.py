"""The token and the address it may be sent to."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from .addresses import masked
from .exceptions import ConfigurationError

__all__ = ["find_token", "require_https"]

VARIABLE = "GRAND_CHALLENGE_AUTHORIZATION"


def find_token(given: str) -> str:
    """The token to use, with or without the word ``Bearer`` before it.

    Raises
    ------
    ConfigurationError
        There is none, or it is not one word.
    """
    words = (given or os.environ.get(VARIABLE, "")).split()
    if len(words) > 1 and words[0].lower() == "bearer":
        del words[0]
    if not words:
        raise ConfigurationError(
            f"there is no token; pass token=..., or set the environment variable {VARIABLE}"
        )
    if len(words) > 1:
        # The platform would take such a token for none, and show an empty archive.
        raise ConfigurationError("the token has to be one word, with or without 'Bearer' before it")
    return words[0]


def require_https(base_url: str) -> None:
    """Raises if a token would be sent in the clear."""
    if urlsplit(base_url).scheme != "https":
        raise ConfigurationError(f"the base URL {masked(base_url)} has to begin with https://")
