"""The unmodified Python client and ours download the same archive.

`SSL_CERT_FILE` is all the Python client is told about our server. Its trees
and ours have to be identical byte for byte, but for what the Python client is
known to change. That is listed below: a difference that is not listed fails,
and so does a listed one that no longer occurs.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path

import gcapi
import pytest
from conftest import Platform

#: Values in which numbers are written otherwise than they were served (`1e3`,
#: `0.10`): the Python client parses them and writes what it parsed.
RE_WRITTEN_NUMBERS = {
    "growth-rate.json",
    "lesion-diameter-mm.json",
    "lesion-contour.json",
    "deep/er/nested.json",
}

#: JSON files, which are served as `application/json`: the Python client parses
#: and writes them anew, on one line and with other spacing.
RE_SERIALISED = {"files/raw-findings.json", "acquisition-protocol.json"}

#: The image with two files of one suffix: for the Python client, the second
#: one finds the name taken and is lost, and the first one is named as if it
#: were the only one.
SAME_SUFFIX_SOCKET = "images/test-retest"

#: The image whose header names its data file. The Python client renames both
#: and leaves the header as it was, so that it names nothing. What our program
#: serves from a download was put right before.
HEADER_SUFFIX = ".mhd"
HEADER_NAMES_NOTHING = {"demo": True, "serve": False}


def files(root: Path) -> dict[str, str]:
    """SHA-256 of every file, by its path below the root."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and path.relative_to(root).parts[0] != ".gcapi"
    }


@pytest.fixture
def client(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> gcapi.Client:
    """The Python client, which knows our certificate from the environment."""
    monkeypatch.setenv("SSL_CERT_FILE", platform.ca)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return gcapi.Client(token=platform.token, base_url=platform.base_url)


def name_taken(download: Callable[[], object]) -> list[str]:
    """Runs one download of the Python client; what it says of a name taken."""
    try:
        download()
    except FileExistsError as error:
        return [str(error)]
    return []


def set_aside_same_suffix(mine: Path, theirs: Path, failures: list[str]) -> tuple[set, set]:
    """Holds the one image with two files of one suffix against what is known
    of it, and gives the paths of both trees without its files."""
    expected, found = files(mine), files(theirs)
    lost, renamed = expected.keys() - found.keys(), found.keys() - expected.keys()
    assert len(failures) == 1, failures
    assert len(lost) == 2 and len(renamed) == 1, (lost, renamed)
    assert {found[path] for path in renamed} < {expected[path] for path in lost}
    return expected.keys() - lost, lost | renamed


def different(mine: Path, theirs: Path, paths: set[str]) -> set[str]:
    """The paths whose bytes differ."""
    expected, found = files(mine), files(theirs)
    return {path for path in paths if expected[path] != found[path]}


def check_header(mine: Path, theirs: Path, platform: Platform, changed: set[str]) -> set[str]:
    """Holds the renamed header against what is known of it, and gives what
    changed besides."""
    headers = {path for path in changed if path.endswith(HEADER_SUFFIX)}
    if not HEADER_NAMES_NOTHING[platform.name]:
        assert not headers
        return changed
    assert len(headers) == 1, "the header names its renamed data file now"
    (path,) = headers
    lines = zip(
        (mine / path).read_bytes().splitlines(keepends=True),
        (theirs / path).read_bytes().splitlines(keepends=True),
        strict=True,
    )
    ((my_line, their_line),) = [(one, other) for one, other in lines if one != other]
    data_files = [line.split(b"=")[1].strip().decode() for line in (my_line, their_line)]
    assert my_line.startswith(b"ElementDataFile") and their_line.startswith(b"ElementDataFile")
    assert (mine / path).with_name(data_files[0]).is_file()
    assert not (theirs / path).with_name(data_files[1]).exists()
    return changed - headers


def test_items_come_out_the_same(
    client: gcapi.Client, platform: Platform, ours: Path, tmp_path: Path
) -> None:
    """The documented loop over archive items, with `download_socket_value`."""
    archive = client.archives.detail(slug="demo")
    failures: list[str] = []
    for item in client.archive_items.iterate_all(params={"archive": archive.pk}):
        for value in item.values:
            failures += name_taken(
                lambda: client.download_socket_value(value, output_directory=tmp_path / item.pk)
            )
    both, aside = set_aside_same_suffix(ours, tmp_path, failures)
    assert all(f"/{SAME_SUFFIX_SOCKET}/" in place for place in [*aside, *failures])
    changed = check_header(ours, tmp_path, platform, different(ours, tmp_path, both))
    assert {path.split("/", 1)[1] for path in changed} == RE_WRITTEN_NUMBERS | RE_SERIALISED
    for path in changed:
        mine, theirs = (json.loads((root / path).read_text("utf-8")) for root in (ours, tmp_path))
        assert mine == theirs, f"{path} differs in more than how it is written"


def test_images_come_out_the_same(
    client: gcapi.Client, platform: Platform, tmp_path: Path
) -> None:
    """The documented loop over images, as `gcapi download --images`."""
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    platform.run("download", "demo", "--images", "--output", str(mine))
    archive = client.archives.detail(slug="demo")
    failures: list[str] = []
    for image in client.images.iterate_all(params={"archive": archive.pk}):
        if image.dicom_image_set is None:
            arguments = {"files": image.files, "filename": image.pk, "output_directory": theirs}
        else:
            arguments = {"pk": image.pk, "output_directory": theirs / image.pk}
        failures += name_taken(lambda: client.images.download(**arguments))
    both, _ = set_aside_same_suffix(mine, theirs, failures)
    changed = check_header(mine, theirs, platform, different(mine, theirs, both))
    assert changed == set()


def test_our_own_download_comes_out_the_same(
    platform: Platform, ours: Path, tmp_path: Path
) -> None:
    """From the demo's server again, and from the one of what it gave."""
    again = tmp_path / "again"
    platform.run("download", "demo", "--output", str(again))
    assert files(again) == files(ours)
