"""Whether the platform still serves clients like this one."""

from __future__ import annotations

import re
from typing import Any

from .exceptions import MalformedResponse, UnsupportedVersionError
from .transport import Transport

__all__ = ["COMPATIBLE_WITH", "check"]

#: The version of gcapi whose interface this package speaks.
COMPATIBLE_WITH = "0.16.1"


def check(transport: Transport, base_url: str) -> None:
    """Asks the platform, once, and raises if it wants newer clients.

    Raises
    ------
    UnsupportedVersionError
    HTTPStatusError
        There is no such platform at the base URL.
    ConnectError
        It cannot be reached.
    """
    accept = [("accept", "application/json")]
    response = transport.send("GET", f"{base_url}gcapi/", headers=accept, params=[], retry=False)
    if response.status_code == 401:
        # A token that is not known is said at the first request that needs it.
        return
    response.raise_for_status()
    try:
        lowest = response.json()["lowest_supported_version"]
    except (ValueError, TypeError, KeyError):
        raise MalformedResponse(
            f"{base_url}gcapi/ does not answer as a Grand Challenge platform; check the base URL"
        ) from None
    if _numbers(lowest) > _numbers(COMPATIBLE_WITH):
        raise UnsupportedVersionError(
            f"the platform serves gcapi {lowest} and newer, and this package speaks the "
            f"interface of {COMPATIBLE_WITH}; install a newer gcapi-rs"
        )


def _numbers(version: Any) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(version))[:3]]
