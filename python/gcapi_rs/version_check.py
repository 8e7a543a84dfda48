"""Whether the platform still serves clients like this one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .exceptions import HTTPStatusError, UnsupportedVersionError

if TYPE_CHECKING:
    from .client import Client

__all__ = ["COMPATIBLE_WITH", "check"]

#: The version of gcapi whose interface this package speaks.
COMPATIBLE_WITH = "0.16.1"


def check(client: Client) -> None:
    """Asks the platform, and raises if it wants newer clients.

    Raises
    ------
    UnsupportedVersionError
    """
    try:
        answer = client(path="gcapi/")
    except HTTPStatusError as error:
        if error.response.status_code == 401:
            # A token that is not known is said at the first request that needs it.
            return
        raise
    lowest = answer.get("lowest_supported_version") if isinstance(answer, dict) else None
    if lowest is not None and _numbers(lowest) > _numbers(COMPATIBLE_WITH):
        raise UnsupportedVersionError(
            f"the platform serves gcapi {lowest} and newer, and this package speaks the "
            f"interface of {COMPATIBLE_WITH}; install a newer gcapi-rs"
        )


def _numbers(version: Any) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(version))[:3]]
