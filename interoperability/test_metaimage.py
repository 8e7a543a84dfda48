"""MetaImages written by SimpleITK, read by our reader."""

from __future__ import annotations

from pathlib import Path

import pytest
import SimpleITK

from image_reader import TYPES, agree, placed, volume


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("suffix", ["mha", "mhd"])
@pytest.mark.parametrize("kind", TYPES)
def test_metaimage(tmp_path: Path, kind: str, suffix: str, compressed: bool) -> None:
    path = tmp_path / f"image.{suffix}"
    SimpleITK.WriteImage(placed(volume(kind)), str(path), compressed)
    agree(path, SimpleITK.ReadImage(str(path)))


@pytest.mark.parametrize(("shape", "is_vector"), [((5, 6), False), ((5, 6, 3), True), ((4, 5, 6, 2), True), ((3, 4, 5, 6), False)])
def test_metaimage_with_axes_and_channels(tmp_path: Path, shape: tuple[int, ...], is_vector: bool) -> None:
    path = tmp_path / "image.mha"
    SimpleITK.WriteImage(placed(volume("int16", shape), is_vector), str(path))
    agree(path, SimpleITK.ReadImage(str(path)))


#: Fields instead of those that SimpleITK writes itself.
QUIRKS = {
    "line feeds with carriage returns": ("\n", "\r\n"),
    "no blanks": (" = ", "="),
    "colons": (" = ", " : "),
    "Position": ("Offset", "Position"),
    "Origin": ("Offset", "Origin"),
    "Orientation": ("TransformMatrix", "Orientation"),
    "Rotation": ("TransformMatrix", "Rotation"),
    "ElementSize": ("ElementSpacing", "ElementSize"),
    "no TransformMatrix": ("TransformMatrix", "Unknown"),
    "trailing blanks": ("\n", "  \n"),
    "MET_LONG": ("MET_INT", "MET_LONG"),
    "header size": ("ElementType", "HeaderSize = -1\nElementType"),
}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_metaimage_quirks(tmp_path: Path, quirk: str) -> None:
    old, new = QUIRKS[quirk]
    path = tmp_path / "image.mha"
    SimpleITK.WriteImage(placed(volume("int32")), str(path))
    end = b"ElementDataFile = LOCAL\n"
    header, data = path.read_bytes().split(end, 1)
    text = (header + end).decode()
    assert old in text
    path.write_bytes(text.replace(old, new).encode() + data)
    agree(path, SimpleITK.ReadImage(str(path)))
