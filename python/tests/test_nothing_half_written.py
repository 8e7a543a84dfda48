"""Files are complete under their names, or not there; and nobody else's file is touched."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from compare import tree
from scripted import Answer, Asked, ScriptedPlatform
from synthetic import Maker

import gcapi_rs
from gcapi_rs import files, models

KIND = {"Content-Type": "application/octet-stream"}


def listed(platform: ScriptedPlatform, contents: dict[str, bytes | None]) -> list[Any]:
    """Files of an image, served from media URLs; those without content are not found."""
    image = Maker().make(models.HyperlinkedImage)
    served = []
    for name, content in contents.items():
        url = platform.base_url.replace("/api/v1/", f"/media/{name}")
        served.append({**image["files"][0], "pk": f"pk-of-{name}", "file": url})
        if content is not None:
            answer = Answer(200, content, KIND)
            platform.routes[f"/media/{name}"] = lambda asked, answer=answer: answer
    found = models.HyperlinkedImage.from_json({**image, "files": served, "dicom_image_set": None})
    return found.files


HEADER = b"NDims = 3\nElementDataFile = scan.zraw\n"


def test_a_pair_is_there_as_a_pair(
    scripted: ScriptedPlatform, scripted_ours: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    found = listed(scripted, {"scan.mhd": HEADER, "scan.zraw": b"voxels"})
    paths = scripted_ours.images.download(files=found, output_directory=folder, filename="a")
    assert [path.name for path in paths] == ["a.mhd", "a.zraw"]
    assert paths[0].read_bytes() == HEADER.replace(b"scan", b"a")


@pytest.mark.parametrize("missing", ["scan.mhd", "scan.zraw"])
def test_half_a_pair_is_taken_away(
    scripted: ScriptedPlatform, scripted_ours: Any, tmp_path: Path, missing: str
) -> None:
    folder = tmp_path / "folder"
    contents: dict[str, bytes | None] = {"scan.mhd": HEADER, "scan.zraw": b"voxels"}
    found = listed(scripted, {**contents, missing: None})
    with pytest.raises(gcapi_rs.exceptions.HTTPStatusError) as raised:
        scripted_ours.images.download(files=found, output_directory=folder)
    assert raised.value.response.status_code == 404
    assert missing in raised.value.url
    assert tree(folder) == {}


def test_what_somebody_else_writes_meanwhile_is_kept(
    scripted: ScriptedPlatform, scripted_ours: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    found = listed(scripted, {"scan.mha": b"voxels"})

    def meanwhile(asked: Asked) -> Answer:
        (folder / "image.mha").write_bytes(b"theirs")
        return Answer(200, b"voxels", KIND)

    scripted.routes["/media/scan.mha"] = meanwhile
    with pytest.raises(FileExistsError):
        scripted_ours.images.download(files=found, output_directory=folder)
    assert (folder / "image.mha").read_bytes() == b"theirs"
    assert len(tree(folder)) == 1


def test_a_pair_of_which_somebody_else_writes_one_meanwhile(
    scripted: ScriptedPlatform, scripted_ours: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    for appearing in ["image.mhd", "image.zraw"]:
        found = listed(scripted, {"scan.mhd": HEADER, "scan.zraw": b"voxels"})

        def meanwhile(asked: Asked, appearing: str = appearing) -> Answer:
            (folder / appearing).write_bytes(b"theirs")
            return Answer(200, b"voxels", KIND)

        scripted.routes["/media/scan.zraw"] = meanwhile
        with pytest.raises(FileExistsError):
            scripted_ours.images.download(files=found, output_directory=folder)
        assert list(tree(folder)) == [appearing]
        assert (folder / appearing).read_bytes() == b"theirs"
        (folder / appearing).unlink()


def test_of_many_writers_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "value.json"
    won: list[bytes] = []

    def write(content: bytes) -> None:
        try:
            files.publish(path, content)
        except FileExistsError:
            return
        won.append(content)

    threads = [threading.Thread(target=write, args=(b"%d" % n * 10000,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [path.read_bytes()]
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "value.json").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        files.publish(folder / "value.json", b"text")
    assert not (tmp_path / "nowhere").exists()
    (folder / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        files.publish(folder / "file" / "below" / "value.json", b"text")


def test_suffixes_do_not_lead_out_of_the_folder(
    scripted: ScriptedPlatform, scripted_ours: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "a" / "folder"
    found = listed(scripted, {"scan.x%2F..%2F..%2F..%2Fescaped": b"voxels"})
    (path,) = scripted_ours.images.download(files=found, output_directory=folder)
    assert path.parent == folder
    assert path.read_bytes() == b"voxels"
    assert len(tree(tmp_path / "a")) == 1
