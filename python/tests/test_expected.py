"""What a loop will ask for next is guessed from what it asked for before."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import gcapi
import pytest
from scripted import Answer, Asked, ScriptedPlatform
from synthetic import Maker

import gcapi_rs
from gcapi_rs import models
from gcapi_rs.api import expected
from gcapi_rs.api.expected import Expected


def items(count: int, sockets: dict[str, str]) -> list[models.ArchiveItem]:
    """Items with a value of each socket; its kind says what it is."""
    made = []
    for number in range(count):
        item = Maker().make(gcapi.models.ArchiveItem)
        values = []
        for slug, kind in sockets.items():
            value: dict[str, Any] = {**item["values"][0], "file": None, "image": None}
            value["interface"] = {**value["interface"], "slug": slug}
            if kind != "value":
                value[kind] = f"{slug} of {number}"
            values.append(value)
        made.append(models.ArchiveItem.from_json({**item, "pk": str(number), "values": values}))
    return made


class Watched:
    """What was told, with images whose records are known or not."""

    def __init__(self) -> None:
        self.told: list[list[str]] = []
        self.records: dict[str, models.HyperlinkedImage] = {}
        self.expected = Expected(self.told.append, self.records.get)

    def ask(self, *urls: str) -> list[list[str]]:
        """What is told while some URLs are asked for."""
        before = len(self.told)
        for url in urls:
            self.expected.asked(url)
            self.expected.fetched(1)
        return self.told[before:]


FILES = {"a": "file", "number": "value", "b": "file"}


@pytest.fixture
def watched() -> Watched:
    watched = Watched()
    watched.expected.items_listed(items(20, FILES), first=True)
    return watched


def test_nothing_is_expected_before_it_is_a_loop(watched: Watched) -> None:
    assert watched.ask("a of 0", "b of 0", "unknown", "a of 0") == []


def test_what_comes_next_in_the_order_of_the_list(watched: Watched) -> None:
    (told,) = watched.ask("a of 0", "b of 0", "a of 1")
    assert told == [f"{slug} of {n}" for n in range(1, 20) for slug in "ab"][1 : 1 + expected.AHEAD]
    # What is asked for now was expected, and stays until it was taken.
    (told,) = watched.ask("b of 1")
    assert told[0] == "b of 1"
    assert told[-1] == "b of 9"
    assert len(told) == 1 + expected.AHEAD


def test_sockets_that_were_not_taken_are_not_expected(watched: Watched) -> None:
    (told,) = watched.ask("b of 0", "b of 1")
    assert told == [f"b of {n}" for n in range(2, 2 + expected.AHEAD)]


def test_at_the_end_nothing_is_left(watched: Watched) -> None:
    watched.ask("a of 0", *(f"a of {n}" for n in range(1, 20)))
    assert watched.told[-1] == ["a of 19"]


def test_the_next_page_goes_on(watched: Watched) -> None:
    watched.ask("a of 0", "a of 1")
    more = [item for item in items(30, FILES) if int(item.pk) >= 20]
    watched.expected.items_listed(more, first=False)
    (told,) = watched.ask("a of 18")
    assert told[:2] == ["a of 19", "a of 20"]


def test_a_new_list_begins_anew(watched: Watched) -> None:
    watched.ask("a of 0", "a of 1")
    watched.expected.items_listed(items(20, FILES), first=True)
    assert watched.ask("a of 1") == []


def test_the_list_is_bounded(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected, "MOST", 30)
    more = [item for item in items(30, FILES) if int(item.pk) >= 20]
    watched.expected.items_listed(more, first=False)
    assert watched.ask("a of 0", "a of 1") == []
    assert watched.ask("a of 20", "a of 21") != []


def test_several_threads_are_no_loop(watched: Watched) -> None:
    def ask() -> None:
        watched.ask("a of 0", "a of 1")

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert watched.told == []
    assert watched.ask("a of 1") == []


def test_an_image_of_several_items_does_not_lead_back() -> None:
    watched = Watched()
    listed = items(9, FILES)
    for number in (2, 6):
        listed[number].values[0].file = "shared"
    watched.expected.items_listed(listed, first=True)
    (told,) = watched.ask("a of 0", "a of 1")
    assert told[:2] == ["shared", "a of 3"]
    told = watched.ask("shared", "a of 3", "a of 4", "a of 5", "shared")[-1]
    assert told == ["shared", "a of 7", "a of 8"]


def test_images_are_expected_if_their_records_are_known() -> None:
    watched = Watched()
    watched.expected.items_listed(items(9, {"a": "image", "b": "file"}), first=True)
    record = Maker().make(gcapi.models.HyperlinkedImage)
    record["files"] = [{**record["files"][0], "file": f"file {n}"} for n in range(2)]
    watched.records["a of 3"] = models.HyperlinkedImage.from_json(record)
    (told,) = watched.ask("a of 0", "b of 0", "b of 2")
    assert told[:3] == ["file 0", "file 1", "b of 3"]


def test_what_is_there_already_is_no_loop(watched: Watched) -> None:
    for number in range(9):
        watched.expected.asked(f"a of {number}")
    assert watched.told == []
    watched.ask("a of 9")
    (told,) = watched.ask("a of 10")
    assert told[0] == "a of 11"


def test_large_files_are_not_expected(watched: Watched) -> None:
    watched.ask("a of 0")
    watched.expected.fetched(expected.LARGE + 1)
    (told,) = watched.ask("b of 0", "b of 1")
    assert told == [f"b of {n}" for n in range(2, 2 + expected.AHEAD)]


def test_a_loop_over_images_asks_for_their_files() -> None:
    watched = Watched()
    images = []
    for number in range(9):
        record = Maker().make(gcapi.models.HyperlinkedImage)
        names = [f"{number}.mhd", f"{number}.zraw"] if number != 5 else []
        record["files"] = [{**record["files"][0], "file": name} for name in names]
        images.append(models.HyperlinkedImage.from_json({**record, "pk": str(number)}))
    watched.expected.images_listed(images, first=True)
    assert watched.ask("0.mhd") == []
    (told,) = watched.ask("1.mhd")
    assert told[:2] == ["2.mhd", "2.zraw"]
    (told,) = watched.ask("4.mhd")
    assert told[:3] == ["4.mhd", "4.zraw", "6.mhd"]


def served(platform: ScriptedPlatform, *, refused: str = "") -> Counter[str]:
    """Six items with a file each, and how often each address was asked for."""
    asked_for: Counter[str] = Counter()
    entries = []
    for number in range(6):
        item = Maker().make(gcapi.models.ArchiveItem)
        url = platform.base_url.replace("/api/v1/", f"/media/{number}.csv")
        value = {**item["values"][0], "image": None, "file": url}
        for name in ("socket", "interface"):
            value[name] = {**value[name], "super_kind": "File", "relative_path": "x.csv"}
        entries.append({**item, "pk": str(number), "values": [value]})

        def media(asked: Asked, store: str = f"/store/{number}.csv") -> Answer:
            asked_for[asked.path] += 1
            return Answer(302, b"", {"Location": store})

        def store(asked: Asked) -> Answer:
            asked_for[asked.path] += 1
            if asked.path == refused and asked_for[asked.path] == 1:
                return Answer(500)
            return Answer(200, asked.path.encode())

        platform.routes[f"/media/{number}.csv"] = media
        platform.routes[f"/store/{number}.csv"] = store
    platform.list("/api/v1/archives/items/", entries)
    return asked_for


def until(condition: Any) -> None:
    """Waits for what happens in the background."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def one_by_one(client: Any, *, by_request: bool) -> Any:
    """The documented loop, one step at a time."""
    for item in client.archive_items.iterate_all(params={"archive": "x"}):
        value = item.values[0]
        if by_request:
            yield client(url=value.file, follow_redirects=True).content.decode()
        else:
            folder = Path(item.pk)
            client.download_socket_value(value, output_directory=folder)
            yield (folder / "x.csv").read_text()


@pytest.mark.parametrize("by_request", [False, True])
def test_the_next_files_of_a_loop_are_fetched_meanwhile(
    scripted: ScriptedPlatform,
    scripted_ours: gcapi_rs.Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    by_request: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    asked_for = served(scripted)
    loop = one_by_one(scripted_ours, by_request=by_request)
    assert next(loop) == "/store/0.csv"
    assert set(asked_for) == {"/media/0.csv", "/store/0.csv"}
    assert next(loop) == "/store/1.csv"
    until(lambda: asked_for["/store/5.csv"] > 0)
    assert list(loop) == [f"/store/{number}.csv" for number in range(2, 6)]
    # Nothing was asked for twice.
    assert [asked_for[f"/media/{number}.csv"] for number in range(6)] == [1] * 6


def test_what_fails_meanwhile_is_asked_for_again(
    scripted: ScriptedPlatform,
    scripted_ours: gcapi_rs.Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    asked_for = served(scripted, refused="/store/4.csv")
    loop = one_by_one(scripted_ours, by_request=False)
    assert [next(loop), next(loop)] == ["/store/0.csv", "/store/1.csv"]
    until(lambda: asked_for["/store/5.csv"] > 0)
    assert list(loop) == [f"/store/{number}.csv" for number in range(2, 6)]
    assert [asked_for[f"/media/{number}.csv"] for number in range(6)] == [1, 1, 1, 1, 2, 1]
