"""`download_socket_value`: every value of the demo archive, as gcapi writes it."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import gcapi
import pytest
from compare import tree

import gcapi_rs


@pytest.fixture(scope="module")
def written(theirs: Any, ours: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What both wrote, where gcapi could, and where it could not."""
    folders = tmp_path_factory.mktemp("theirs"), tmp_path_factory.mktemp("ours")
    for client, folder in zip((theirs, ours), folders):
        for item in client.archive_items.iterate_all():
            for value in item.values:
                try:
                    client.download_socket_value(value, output_directory=folder / item.pk)
                except FileExistsError:
                    # gcapi, for an image with two files of one suffix.
                    assert client is theirs
                    assert value.socket.slug == "test-retest"
    return folders


def test_the_trees(written: tuple[Path, Path]) -> None:
    theirs, ours = (tree(folder) for folder in written)
    unlike = {path for path in theirs if ours.get(path) != theirs[path]}
    for path in unlike:
        served = written[0] / path
        if path.endswith(".mhd"):
            # Theirs names data that are not there.
            assert b"phantom.zraw" in served.read_bytes()
        elif path.endswith(".mha"):
            # Theirs stopped at the second file of this image.
            assert "test-retest" in path
        else:
            # Theirs parses JSON files and writes them anew.
            assert path.endswith(".json")
            content = (written[1] / path).read_bytes()
            assert json.loads(content) == json.loads(served.read_bytes())
    assert len(theirs) - len(unlike) > 50


def test_the_bytes_are_those_of_the_program(written: tuple[Path, Path], platform: Any) -> None:
    """The engine writes the same tree; Values differ in digits that Python's floats lose."""
    reference = {
        path: digest
        for path, digest in tree(platform.reference).items()
        if not path.startswith(".gcapi/")
    }
    ours = tree(written[1])
    assert ours.keys() == reference.keys()
    for path in ours:
        if ours[path] != reference[path]:
            kept = (platform.reference / path).read_bytes()
            assert json.loads((written[1] / path).read_bytes()) == json.loads(kept)


def test_a_second_time_everything_exists(written: tuple[Path, Path], ours: Any) -> None:
    before = tree(written[1])
    for item in ours.archive_items.iterate_all():
        for value in item.values:
            with pytest.raises(FileExistsError):
                ours.download_socket_value(value, output_directory=written[1] / item.pk)
    assert tree(written[1]) == before


def value_of(client: Any, slug: str) -> Any:
    """A value of a socket."""
    for item in client.archive_items.iterate_all():
        for value in item.values:
            if value.socket.slug == slug:
                return value
    raise AssertionError(slug)


def test_values_that_are_false_are_values(ours: Any, tmp_path: Path) -> None:
    value = value_of(ours, "lesion-count")
    for number, content in enumerate([None, False, 0, "", [], 10**30, 0.1, {"ä": 1.0}]):
        value.value = content
        ours.download_socket_value(value, output_directory=tmp_path / str(number))
        text = (tmp_path / str(number) / value.socket.relative_path).read_text("ascii")
        assert text == json.dumps(content, indent=2)


def test_mistakes(theirs: Any, ours: Any, tmp_path: Path) -> None:
    for client in (theirs, ours):
        value = copy.deepcopy(value_of(client, "lesion-count"))
        value.socket.super_kind = value.interface.super_kind = "Nothing"
        with pytest.raises(ValueError, match="Nothing"):
            client.download_socket_value(value, output_directory=tmp_path)


@pytest.mark.parametrize("path", ["../x.json", "/x.json", "a/../../x.json", "a\\b.json", "a\0b"])
def test_paths_that_lead_out_of_the_folder(ours: Any, tmp_path: Path, path: str) -> None:
    value = copy.deepcopy(value_of(ours, "lesion-count"))
    value.socket.relative_path = value.interface.relative_path = path
    with pytest.raises(gcapi_rs.exceptions.MalformedResponse, match="leads out") as raised:
        ours.download_socket_value(value, output_directory=tmp_path / "folder")
    assert raised.value.socket == "lesion-count"
    assert tree(tmp_path) == {}


def test_an_error_names_its_item_its_socket_and_its_address(ours: Any, tmp_path: Path) -> None:
    value = copy.deepcopy(value_of(ours, "measurements"))
    value.file = value.file.replace("componentinterfacevalue", "nothing")
    with pytest.raises(gcapi_rs.exceptions.HTTPStatusError) as raised:
        ours.download_socket_value(value, output_directory=tmp_path)
    assert raised.value.response.status_code == 404
    assert (raised.value.socket, raised.value.url) == ("measurements", value.file)
    items = {one.pk: [value.pk for value in one.values] for one in ours.archive_items.iterate_all()}
    assert value.pk in items[raised.value.item]
    assert tree(tmp_path) == {}


def test_a_value_that_is_still_processed(ours: Any, tmp_path: Path) -> None:
    value = copy.deepcopy(value_of(ours, "measurements"))
    value.file = None
    with pytest.raises(gcapi_rs.exceptions.GCAPIError, match="again later"):
        ours.download_socket_value(value, output_directory=tmp_path)


def test_files_have_the_permissions_of_the_user(ours: Any, tmp_path: Path) -> None:
    (tmp_path / "by-hand").write_text("")
    for slug in ["lesion-count", "measurements", "computed-tomography"]:
        ours.download_socket_value(value_of(ours, slug), output_directory=tmp_path)
    modes = {os.stat(path).st_mode for path in tmp_path.rglob("*") if path.is_file()}
    assert len(modes) == 1


def test_peers_agree_on_where_a_value_lies(theirs: gcapi.Client, ours: Any) -> None:
    for slug in ["lesion-count", "computed-tomography"]:
        left, right = value_of(theirs, slug), value_of(ours, slug)
        assert (left.socket.relative_path, left.pk) == (right.interface.relative_path, right.pk)
