"""The unmodified Python client and ours download the same archive.

`SSL_CERT_FILE` is all the Python client is told about our server. Its trees
and ours have to be identical byte for byte, but for what the Python client is
known to change; a difference that is not listed fails, and so does a listed
one that no longer occurs.
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

#: Values in which numbers are written otherwise than they were served: the
#: Python client parses them and writes what it parsed.
RE_WRITTEN_NUMBERS = {
    "growth-rate.json",
    "lesion-diameter-mm.json",
    "lesion-contour.json",
    "deep/er/nested.json",
}

#: JSON files, which are served as `application/json`: the Python client parses
#: and writes them anew, on one line and with other spacing.
RE_SERIALISED = {"files/raw-findings.json", "acquisition-protocol.json"}

#: The image with two files of one suffix: the second one finds the first one's
#: name taken.
SAME_SUFFIX_SOCKET = "images/test-retest"


def digests(root: Path) -> dict[str, str]:
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


def collect(what: Callable[[], object], failures: list[str]) -> None:
    """Runs one download of the Python client and keeps what it raises."""
    try:
        what()
    except FileExistsError as error:
        failures.append(str(error))


def test_items_come_out_the_same(
    client: gcapi.Client, platform: Platform, ours: Path, tmp_path: Path
) -> None:
    """The documented loop over archive items, with `download_socket_value`."""
    archive = client.archives.detail(slug="demo")
    failures: list[str] = []
    for item in client.archive_items.iterate_all(params={"archive": archive.pk}):
        for value in item.values:
            collect(
                lambda: client.download_socket_value(value, output_directory=tmp_path / item.pk),
                failures,
            )
    expected, found = digests(ours), digests(tmp_path)

    # Two files of one image with one suffix: it loses the second one and has
    # the first one under a name of its own.
    assert len(failures) == 1 and SAME_SUFFIX_SOCKET in failures[0]
    lost = {path for path in expected if f"/{SAME_SUFFIX_SOCKET}/" in path}
    renamed = {path for path in found if f"/{SAME_SUFFIX_SOCKET}/" in path}
    assert len(lost) == 2 and len(renamed) == 1
    assert {found[path] for path in renamed} <= {expected[path] for path in lost}

    # The header it renames together with its data file still names the old one.
    headers = {path for path in expected if path.endswith(".mhd")}
    assert len(headers) == 1

    assert expected.keys() - lost == found.keys() - renamed
    different = {path for path in found.keys() - renamed if found[path] != expected[path]}
    assert headers <= different, "the header that names phantom.zraw differs"
    changed = {path.split("/", 1)[1] for path in different - headers}
    assert changed <= RE_WRITTEN_NUMBERS | RE_SERIALISED, changed
    assert RE_SERIALISED <= changed
    for path in different - headers:
        theirs, mine = (json.loads((root / path).read_text("utf-8")) for root in (tmp_path, ours))
        assert theirs == mine, f"{path} differs in more than how it is written"
    unused = RE_WRITTEN_NUMBERS - changed
    assert not unused, f"these no longer differ: {unused}"


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
        collect(lambda: client.images.download(**arguments), failures)
    expected, found = digests(mine), digests(theirs)
    assert len(failures) == 1
    lost = expected.keys() - found.keys()
    renamed = found.keys() - expected.keys()
    assert len(lost) == 2 and len(renamed) == 1, (lost, renamed)
    assert {found[path] for path in renamed} <= {expected[path] for path in lost}
    different = {path for path in found.keys() - renamed if found[path] != expected[path]}
    assert {Path(path).suffix for path in different} == {".mhd"}, different


def test_what_it_served_again_is_readable_for_the_python_client(
    platform: Platform, ours: Path, tmp_path: Path
) -> None:
    """Nothing of ours stands in the way of a second download by anybody."""
    again = tmp_path / "again"
    platform.run("download", "demo", "--output", str(again))
    assert digests(again) == digests(ours)
