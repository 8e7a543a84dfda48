"""A whole list from its pages, whatever the list does meanwhile.

Archive items come in no order: while others add or rename items, a walk over the pages misses some
and repeats others, with the count unchanged. So objects are told apart by their primary key, and
walks go on until all that the platform counts were seen.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, TypeVar

from .models import Model
from .pages import PageResult

__all__ = ["Pager", "pages", "walk"]

#: The most that the platform gives at a time.
PAGE = 1000

#: Walks that bring nothing new, after which the list is given up as changing.
PATIENCE = 2

M = TypeVar("M", bound=Model)

#: Fetches the page at an offset, of a limit.
Pager: TypeAlias = Callable[[int, int], PageResult[M]]


def walk(page: Pager[M]) -> Iterator[M]:
    """Every object once.

    Parameters
    ----------
    page : callable
    """
    seen: set[Any] = set()
    fruitless = 0
    while fruitless < PATIENCE:
        before = len(seen)
        total = 0
        for objects in pages(page):
            total = objects.total_count
            for one in objects:
                key = vars(one).get("pk", id(one))
                if key not in seen:
                    seen.add(key)
                    yield one
        if len(seen) >= total:
            return
        fruitless = fruitless + 1 if len(seen) == before else 0
    warnings.warn(
        f"the platform counts {total} objects and listed {len(seen)}; "
        "the list changes while it is read, so list it again later",
        stacklevel=2,
    )


def pages(page: Pager[M]) -> Iterator[PageResult[M]]:
    """The pages one after the other; each goes on where the last one really ended."""
    offset = 0
    while True:
        objects = page(offset, PAGE)
        yield objects
        offset += len(objects)
        if len(objects) == 0 or offset >= objects.total_count:
            return
