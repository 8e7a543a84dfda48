"""The same questions to gcapi and gcapi_rs: the same answers, and errors caught alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gcapi
import pytest
from compare import assert_same, outcome

import gcapi_rs

UNKNOWN = "00000000-0000-0000-0000-000000000000"

#: The groups, sub-groups among them.
GROUPS = [
    "images",
    "reader_studies",
    "reader_studies.answers",
    "reader_studies.answers.mine",
    "reader_studies.questions",
    "reader_studies.display_sets",
    "sessions",
    "uploads",
    "algorithms",
    "algorithm_jobs",
    "algorithm_images",
    "algorithm_endpoints",
    "algorithm_invocations",
    "archives",
    "workstation_configs",
    "raw_image_upload_sessions",
    "archive_items",
    "interfaces",
]

#: The groups that the server of the demo archive has.
SERVED = ["images", "archives", "archive_items", "interfaces"]

Call = Callable[[Any], Any]


def group_of(client: Any, path: str) -> Any:
    """The group at a path of attributes."""
    for name in path.split("."):
        client = getattr(client, name)
    return client


def same(theirs: gcapi.Client, ours: gcapi_rs.Client, call: Call) -> None:
    assert_same(outcome(lambda: call(theirs)), outcome(lambda: call(ours)))


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_lists(theirs: gcapi.Client, ours: gcapi_rs.Client, group: str) -> None:
    same(theirs, ours, lambda client: group_of(client, group).page())
    same(theirs, ours, lambda client: group_of(client, group).page(3, 2))
    same(
        theirs,
        ours,
        lambda client: group_of(client, group).page(offset=1, limit=5, params={"a": 1}),
    )
    same(theirs, ours, lambda client: group_of(client, group).iterate_all())
    same(theirs, ours, lambda client: group_of(client, group).iterate_all(params={"a": ["b", 2]}))


@pytest.mark.parametrize("group", SERVED)
def test_every_object_in_detail(theirs: gcapi.Client, ours: gcapi_rs.Client, group: str) -> None:
    objects = list(group_of(theirs, group).iterate_all())
    assert objects
    for one in objects:
        same(theirs, ours, lambda client: group_of(client, group).detail(pk=str(one.pk)))
        same(theirs, ours, lambda client: group_of(client, group).detail(str(one.pk)))
        if hasattr(one, "api_url"):
            same(theirs, ours, lambda client: group_of(client, group).detail(api_url=one.api_url))


@pytest.mark.parametrize("group", GROUPS)
def test_mistakes_about_an_object(theirs: gcapi.Client, ours: gcapi_rs.Client, group: str) -> None:
    url = theirs.archives.page()[0].api_url
    for arguments in [
        {},
        {"pk": UNKNOWN, "api_url": url},
        {"pk": UNKNOWN, "slug": "demo"},
        {"api_url": url, "slug": "demo"},
        {"pk": UNKNOWN},
        {"pk": "no-uuid"},
        {"api_url": f"{theirs.base_url}{group_of(theirs, group).base_path}{UNKNOWN}/"},
        {"api_url": url.replace("https", "http")},
        {"api_url": "https://example.invalid/api/v1/archives/"},
        {"api_url": "archives/"},
        {"slug": "no-such-slug"},
        {"no_such_filter": "x"},
        {"archive": "no-uuid"},
        {"archive": UNKNOWN},
    ]:
        same(theirs, ours, lambda client: group_of(client, group).detail(**arguments))


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.archives.detail(slug="demo"),
        lambda client: client.interfaces.detail(slug="lesion-count"),
        lambda client: client.images.detail(name="t1.mha"),
        lambda client: client.images.detail(name="case_001.mha"),
        lambda client: client.images.page(limit=0),
        lambda client: client.images.page(limit=-1, offset=-4),
        lambda client: client.images.page(limit=5000, offset=13),
        lambda client: client.images.page(offset=99),
        lambda client: client.images.page(params={"a": None, "b": True, "c": 1.5}),
        lambda client: client.images.page(limit=3)[-1],
        lambda client: client.images.page(limit=3)[:2],
        lambda client: client.images.page(limit=3)[7],
        lambda client: client.images.page(limit=3)["pk"],
        lambda client: len(client.images.page(limit=3)),
        lambda client: client.archive_items.page(params={"archive": "no-uuid"}),
        lambda client: list(client.archive_items.iterate_all(params={"archive": UNKNOWN})),
        lambda client: client.reader_studies.ground_truth("a", "b"),
        lambda client: client.algorithm_jobs.by_input_image(pk=UNKNOWN),
        lambda client: client.uploads.list_parts(pk="a", s3_upload_id="b"),
        lambda client: client.no_such_group,
        lambda client: client.archives.create,
    ],
)
def test_a_question(theirs: gcapi.Client, ours: gcapi_rs.Client, call: Call) -> None:
    same(theirs, ours, call)


def test_items_of_an_archive(theirs: gcapi.Client, ours: gcapi_rs.Client) -> None:
    def items(client: Any) -> Any:
        archive = client.archives.detail(slug="demo")
        return list(client.archive_items.iterate_all(params={"archive": archive.pk}))

    assert len(items(ours)) == 12
    same(theirs, ours, items)
    same(
        theirs,
        ours,
        lambda client: client.images.iterate_all(params={"archive": items(client)[0].pk}),
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"path": "gcapi/"},
        {"path": "archives/"},
        {"path": "archives"},
        {"path": "archives", "follow_redirects": True},
        {"path": "/archives/"},
        {"path": "archives/?limit=1", "params": {"offset": 3}},
        {"path": "archives/", "params": {"limit": 1}},
        {"path": "no-such-path/"},
        {"path": f"archives/{UNKNOWN}/"},
        {"method": "get", "path": "archives/"},
        {"method": "POST", "path": "archives/", "json": {"title": "x"}},
        {"method": "PATCH", "path": "archives/", "data": {"title": "x", "list": ["a", "b"]}},
        {"method": "DELETE", "path": f"archives/items/{UNKNOWN}/"},
        {"url": "http://localhost/api/v1/"},
        {"url": "https://example.invalid/"},
        {"url": "archives/"},
        {"path": "https://example.invalid/"},
    ],
)
def test_a_request(theirs: gcapi.Client, ours: gcapi_rs.Client, arguments: dict[str, Any]) -> None:
    same(theirs, ours, lambda client: client(**arguments))


def test_a_media_url_that_is_no_json(theirs: gcapi.Client, ours: gcapi_rs.Client) -> None:
    files = [
        value.file
        for item in theirs.archive_items.iterate_all()
        for value in item.values
        if value.file is not None and not value.file.endswith(".json")
    ]
    assert files
    for file in files:
        same(theirs, ours, lambda client: client(url=file, follow_redirects=True))
        same(theirs, ours, lambda client: client(url=file))


def test_a_media_url_of_json_gives_its_exact_bytes(ours: gcapi_rs.Client, platform: Any) -> None:
    for item in ours.archive_items.iterate_all():
        for value in item.values:
            if value.file is not None:
                answer = ours(url=value.file, follow_redirects=True)
                answer.raise_for_status()
                kept = platform.reference / item.pk / value.socket.relative_path
                assert answer.content == kept.read_bytes()
