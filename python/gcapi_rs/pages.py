"""A page of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, overload

__all__ = ["PageResult"]

T = TypeVar("T")


class PageResult(Sequence[T], Generic[T]):
    """Some of the objects of a list, and how many there are in all.

    Parameters
    ----------
    offset : int
        The position of the first one in the whole list, from 0.
    limit : int
        The most that were asked for.
    total_count : int
        How many the whole list has.
    results : list
        The objects of this page.

    Examples
    --------
    >>> page = PageResult(offset=0, limit=2, total_count=5, results=["a", "b"])
    >>> len(page), page[-1], page.total_count
    (2, 'b', 5)
    """

    def __init__(
        self, *, offset: int, limit: int, total_count: int, results: list[T], **kwargs: Any
    ) -> None:
        self._offset = offset
        self._limit = limit
        self._total_count = total_count
        self._results = results

    @overload
    def __getitem__(self, key: int) -> T: ...

    @overload
    def __getitem__(self, key: slice) -> list[T]: ...

    def __getitem__(self, key: int | slice) -> T | list[T]:
        return self._results[key]

    def __len__(self) -> int:
        return len(self._results)

    @property
    def offset(self) -> int:
        """The position of the first object in the whole list, from 0."""
        return self._offset

    @property
    def limit(self) -> int:
        """The most that were asked for."""
        return self._limit

    @property
    def total_count(self) -> int:
        """How many objects the whole list has."""
        return self._total_count

    def __repr__(self) -> str:
        return (
            f"PageResult(offset={self.offset}, limit={self.limit}, "
            f"total_count={self.total_count}, results={self._results!r})"
        )
