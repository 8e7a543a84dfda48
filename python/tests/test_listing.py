"""Whole lists from pages, also of lists that change meanwhile."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from scripted import Answer, Asked, ScriptedPlatform, answer_json
from synthetic import Maker

import gcapi_rs
from gcapi_rs import models
from gcapi_rs.listing import walk
from gcapi_rs.pages import PageResult


def archives(count: int) -> list[models.Archive]:
    kind = models.Archive
    return [kind(str(n), f"title {n}", "", None, "", "") for n in range(count)]


class Changing:
    """A list that shows another order each time it is read from its beginning.

    Parameters
    ----------
    orders : list
        For each walk the positions shown, the last one for every further walk.
    """

    def __init__(self, count: int, orders: list[list[int]], size: int = 3) -> None:
        self.entries = archives(count)
        self.orders = orders
        self.size = size
        self.walks = -1
        self.pages = 0

    def page(self, offset: int, limit: int) -> PageResult[models.Archive]:
        self.pages += 1
        if offset == 0:
            self.walks += 1
        order = self.orders[min(self.walks, len(self.orders) - 1)]
        # The platform gives less than it is asked for.
        shown = [self.entries[number] for number in order[offset : offset + self.size]]
        return PageResult(offset=offset, limit=limit, total_count=len(self.entries), results=shown)


def pks(changing: Changing) -> list[int]:
    return [int(one.pk) for one in walk(changing.page)]


def test_each_object_once_and_in_order() -> None:
    changing = Changing(7, [list(range(7))])
    assert pks(changing) == list(range(7))
    assert changing.pages == 3


def test_what_a_walk_missed_comes_with_the_next() -> None:
    changing = Changing(5, [[0, 1, 2, 2, 1], [4, 3, 2, 1, 0]])
    assert pks(changing) == [0, 1, 2, 4, 3]


def test_a_list_that_never_agrees_is_reported() -> None:
    changing = Changing(5, [[0, 1, 2, 2, 1]])
    with pytest.warns(UserWarning, match="counts 5 objects and listed 3"):
        assert pks(changing) == [0, 1, 2]
    assert changing.walks <= 4


@pytest.mark.parametrize("count", [0, 1, 3])
def test_short_lists(count: int) -> None:
    changing = Changing(count, [list(range(count))])
    assert pks(changing) == list(range(count))
    assert changing.pages == 1


def test_a_page_that_ends_early(scripted: ScriptedPlatform, scripted_ours: Any) -> None:
    """The count says more than the pages give: the walk ends, and says so."""
    entry = Maker().make(models.Archive)

    def page(asked: Asked) -> Answer:
        results = [entry] if asked.query["offset"] == ["0"] else []
        return answer_json({"count": 9, "next": None, "previous": None, "results": results})

    scripted.routes["/api/v1/archives/"] = page
    with pytest.warns(UserWarning, match="counts 9 objects and listed 1"):
        assert len(list(scripted_ours.archives.iterate_all())) == 1


def test_pages_are_asked_for_when_they_are_needed(
    scripted: ScriptedPlatform, scripted_ours: gcapi_rs.Client
) -> None:
    maker = Maker()
    scripted.list("/api/v1/archives/", [maker.make(models.Archive) for _ in range(2500)])
    every = scripted_ours.archives.iterate_all()
    assert scripted.asked == []
    assert len(list(itertools.islice(every, 1000))) == 1000
    assert len(scripted.asked) == 1
    assert len(list(every)) == 1500
    assert [asked.query["offset"] for asked in scripted.asked] == [["0"], ["1000"], ["2000"]]
