"""The writing side of the interface, which this package does not have yet."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["ModifiableMixin", "not_yet"]


def not_yet(what: str) -> NoReturn:
    """Says what is missing, and who has it."""
    raise NotImplementedError(
        f"{what} writes to the platform, which gcapi_rs does not do yet; use gcapi for it"
    )


class ModifiableMixin:
    """Creating, changing and deleting objects: `NotImplementedError` until it exists."""

    def create(self, **kwargs: Any) -> NoReturn:
        """Would create an object."""
        not_yet(f"{type(self).__name__}.create")

    def update(self, pk: str, **kwargs: Any) -> NoReturn:
        """Would replace an object."""
        not_yet(f"{type(self).__name__}.update")

    def partial_update(self, pk: str, **kwargs: Any) -> NoReturn:
        """Would change some fields of an object."""
        not_yet(f"{type(self).__name__}.partial_update")

    def delete(self, pk: str) -> NoReturn:
        """Would delete an object."""
        not_yet(f"{type(self).__name__}.delete")
