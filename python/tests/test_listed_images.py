"""A loop over items does not ask for each image by itself; everything else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import Answer, Asked, ScriptedPlatform, answer_json
from synthetic import Maker

import gcapi_rs
from gcapi_rs import models
from gcapi_rs.api import listed_images
from gcapi_rs.api.listed_images import ListedImages

ARCHIVE = "the-archive"


@pytest.fixture
def records(scripted: ScriptedPlatform) -> dict[str, dict[str, Any]]:
    """Twelve items with an image each, listed in another order than their images."""
    maker, images, items = Maker(), {}, []
    for number in range(12):
        pk = f"image-{number}"
        url = f"{scripted.base_url}cases/images/{pk}/"
        media = f"/media/{pk}.mha"
        image = {**maker.make(models.HyperlinkedImage), "pk": pk, "api_url": url}
        file = {**image["files"][0], "file": scripted.base_url.replace("/api/v1/", media)}
        images[url] = {**image, "dicom_image_set": None, "files": [file]}
        item = maker.make(models.ArchiveItem)
        value = {**item["values"][0], "image": url}
        for name in ("socket", "interface"):
            value[name] = {**value[name], "super_kind": "Image", "relative_path": "images/x"}
        items.append({**item, "pk": f"item-{number}", "values": [value]})
        scripted.routes[f"/api/v1/cases/images/{pk}/"] = lambda asked, url=url: answer_json(
            images[url]
        )
        scripted.routes[media] = lambda asked, pk=pk: Answer(200, pk.encode())
    scripted.list("/api/v1/archives/items/", items[::-1])
    scripted.list("/api/v1/cases/images/", list(images.values()))
    return images


def asked_for(platform: ScriptedPlatform, path: str) -> list[Asked]:
    return [asked for asked in platform.asked if asked.path.startswith(f"/api/v1/{path}")]


def loop(client: Any, folder: Path, params: dict[str, Any] | None) -> None:
    """The documented loop."""
    for item in client.archive_items.iterate_all(params=params):
        for value in item.values:
            client.download_socket_value(value, output_directory=folder / item.pk)
    for number in range(12):
        path = folder / f"item-{number}" / "images" / "x" / f"image-{number}.mha"
        assert path.read_text() == f"image-{number}"


def test_a_loop_asks_for_pages(
    scripted: ScriptedPlatform, scripted_ours: Any, records: Any, tmp_path: Path
) -> None:
    loop(scripted_ours, tmp_path, {"archive": ARCHIVE})
    paths = [asked.path.removeprefix("/api/v1/") for asked in asked_for(scripted, "cases/")]
    # Two by themselves, then one page for all the others.
    assert paths == ["cases/images/image-11/", "cases/images/image-10/", "cases/images/"]
    (listing,) = (asked for asked in scripted.asked if asked.path.endswith("/cases/images/"))
    assert listing.query["archive"] == [ARCHIVE]
    # A second loop learns what is new.
    loop(scripted_ours, tmp_path / "again", {"archive": ARCHIVE})
    assert len(asked_for(scripted, "cases/")) == 3 + 3


def test_without_an_archive_each_image_is_asked_for(
    scripted: ScriptedPlatform, scripted_ours: Any, records: Any, tmp_path: Path
) -> None:
    loop(scripted_ours, tmp_path, None)
    assert len(asked_for(scripted, "cases/")) == 12


def test_a_list_that_is_refused_changes_nothing(
    scripted: ScriptedPlatform, scripted_ours: Any, records: Any, tmp_path: Path
) -> None:
    scripted.routes["/api/v1/cases/images/"] = lambda asked: Answer(403)
    loop(scripted_ours, tmp_path, {"archive": ARCHIVE})
    assert len(asked_for(scripted, "cases/")) == 12 + 1


def test_an_image_that_was_listed_while_it_was_imported_is_asked_for(
    scripted: ScriptedPlatform, scripted_ours: Any, records: Any, tmp_path: Path
) -> None:
    importing = [{**record, "files": []} for record in records.values()]
    scripted.list("/api/v1/cases/images/", importing)
    loop(scripted_ours, tmp_path, {"archive": ARCHIVE})
    assert len(asked_for(scripted, "cases/")) == 12 + 1


def test_detail_always_asks(scripted: ScriptedPlatform, scripted_ours: Any, records: Any) -> None:
    list(scripted_ours.archive_items.iterate_all(params={"archive": ARCHIVE}))
    for _ in range(3):
        for url in records:
            scripted_ours.images.detail(api_url=url)
    assert len(asked_for(scripted, "cases/")) == 36


def images(count: int) -> list[models.HyperlinkedImage]:
    made = []
    for number in range(count):
        made.append(models.HyperlinkedImage.from_json(Maker().make(models.HyperlinkedImage)))
        made[-1].api_url = str(number)
    return made


def test_the_records_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed_images, "MOST", 4)
    everything, read = images(100), []

    def listing(filters: dict[str, Any]) -> Iterator[list[models.HyperlinkedImage]]:
        for start in range(0, 100, 2):
            read.append(start)
            yield everything[start : start + 2]

    listed = ListedImages(listing)
    listed.expect("archive")
    for _ in range(50):
        assert listed.take("unknown") is None
    assert len(read) == 2
    assert listed.take("1") is everything[1]
    assert listed.take("1") is None


def test_a_thread_that_reads_is_not_waited_for() -> None:
    inside: list[Any] = []

    def listing(filters: dict[str, Any]) -> Iterator[list[models.HyperlinkedImage]]:
        # As if another thread came while this one reads.
        inside.append(listed.take("7"))
        yield images(9)

    listed = ListedImages(listing)
    listed.expect("archive")
    taken = [listed.take(str(number)) for number in (1, 2, 3)]
    assert [one is None for one in taken] == [True, True, False]
    assert inside == [None]


def test_clients_do_not_share_what_they_listed(
    scripted: ScriptedPlatform, scripted_ours: gcapi_rs.Client
) -> None:
    another = gcapi_rs.Client(token="x", base_url=scripted.base_url, verify=scripted.ca)
    assert another.images.listed is not scripted_ours.images.listed
