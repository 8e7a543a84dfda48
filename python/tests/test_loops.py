"""Documented scripts run with gcapi and, only the import replaced, with gcapi_rs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from compare import tree

SCRIPTS = Path(__file__).parent / "scripts"

#: The scripts that gcapi 0.16.1 runs to their end.
BOTH = [
    "archive_details",
    "images_by_their_pk",
    "items_by_socket_value",
    "items_in_threads",
]


def with_other_import(script: str) -> str:
    """The script with nothing changed but what it imports."""
    changed = re.sub(r"^import gcapi$", "import gcapi_rs as gcapi", script, flags=re.M)
    changed = re.sub(r"^from gcapi\.", "from gcapi_rs.", changed, flags=re.M)
    assert changed != script
    return changed


def run(name: str, folder: Path, platform: Any, *, ours: bool) -> subprocess.CompletedProcess[str]:
    """A script in an interpreter of its own, writing to a folder."""
    script = (SCRIPTS / f"{name}.py").read_text()
    environment = {
        **os.environ,
        "GRAND_CHALLENGE_AUTHORIZATION": platform.token,
        "GCAPI_BASE_URL": platform.base_url,
        "SSL_CERT_FILE": platform.ca,
    }
    return subprocess.run(
        [sys.executable, "-c", with_other_import(script) if ours else script, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_script_is_run() -> None:
    names = {path.stem for path in SCRIPTS.glob("*.py")}
    assert names == {*BOTH, "images_older_form", "items_by_kind"}


@pytest.mark.parametrize("name", BOTH)
def test_the_same_tree(name: str, platform: Any, tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    for folder in (theirs, ours):
        done = run(name, folder, platform, ours=folder == ours)
        assert done.returncode == 0, done.stderr
    left, right = tree(theirs), tree(ours)
    assert right.keys() == left.keys()
    assert left
    for path in right:
        if right[path] == left[path]:
            continue
        content, served = (ours / path).read_bytes(), (theirs / path).read_bytes()
        if path.endswith(".mhd"):
            # Their header names data that are not there; ours is the same but for the name.
            data = Path(path).with_suffix(".zraw").name
            assert content == served.replace(b"phantom.zraw", data.encode())
        else:
            # Their JSON files were parsed and written anew.
            assert json.loads(content) == json.loads(served)


def test_type_checkers_know_what_scripts_use(tmp_path: Path) -> None:
    for path in SCRIPTS.glob("*.py"):
        (tmp_path / path.name).write_text(with_other_import(path.read_text()))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            *sorted(path.name for path in SCRIPTS.glob("*.py")),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("Success"), done.stdout


def test_the_older_form(platform: Any, tmp_path: Path) -> None:
    """gcapi no longer runs it; every image of the archive has its files."""
    done = run("images_older_form", tmp_path / "theirs", platform, ours=False)
    assert "AttributeError" in done.stderr
    done = run("images_older_form", tmp_path / "ours", platform, ours=True)
    assert done.returncode == 0, done.stderr
    written = tree(tmp_path / "ours")
    # The reference has the files of each image under the same names, somewhere in its items.
    reference = {
        path.name: (path.relative_to(platform.reference), path.read_bytes())
        for path in platform.reference.rglob("*")
        if "images" in path.parts or re.fullmatch(r"[0-9a-f-]{36}\..*", path.name)
        if path.is_file() and ".gcapi" not in path.parts
    }
    assert {Path(path).name for path in written} == reference.keys()
    for path in written:
        assert (tmp_path / "ours" / path).read_bytes() == reference[Path(path).name][1]
    series = [Path(path).parent.name for path in written if path.endswith(".dcm")]
    assert len(series) == 24
    assert len(set(series)) == 1
    assert re.fullmatch("[0-9a-f-]{36}", series[0])


def test_the_newer_form(platform: Any, tmp_path: Path) -> None:
    """gcapi no longer runs it; every value is there, in the layout that the loop asks for."""
    done = run("items_by_kind", tmp_path / "theirs", platform, ours=False)
    assert done.returncode != 0
    done = run("items_by_kind", tmp_path / "ours", platform, ours=True)
    assert done.returncode == 0, done.stderr
    written = tree(tmp_path / "ours")
    reference = {
        path: digest
        for path, digest in tree(platform.reference).items()
        if not path.startswith(".gcapi/")
    }
    assert sorted(_extension(path) for path in written) == sorted(map(_extension, reference))
    # Values, files and DICOM instances lie where they lie in the reference.
    shared = written.keys() & reference.keys()
    assert {
        path for path in reference if _extension(path) in ("json", "pdf", "csv", "dcm")
    } <= shared
    for path in shared:
        if written[path] != reference[path]:
            ours, kept = (tmp_path / "ours" / path), (platform.reference / path)
            assert json.loads(ours.read_bytes()) == json.loads(kept.read_bytes())
    # Image files are named by the socket instead of the image: same bytes, but for headers.
    left, right = (
        sorted(
            digest for path, digest in tree_.items() if _extension(path) in ("mha", "tif", "zraw")
        )
        for tree_ in (written, reference)
    )
    assert left == right


def _extension(path: str) -> str:
    return path.rpartition(".")[2]
