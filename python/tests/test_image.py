"""Images as NumPy arrays, held against SimpleITK."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from conftest import Platform

from gcapi_rs.archive import Archive
from gcapi_rs.image import Image, ImageArray, UnreadableImageError, read_image


def volumes(platform: Platform) -> list[Path]:
    """Every MetaImage of the demo archive."""
    values = (value for item in Archive(platform.reference) for value in item.values())
    paths = {value.path for value in values if value.kind == "Image"}
    return sorted(path for path in paths if path.suffix in {".mha", ".mhd"})


def test_volumes_are_those_simpleitk_reads(platform: Platform) -> None:
    paths = volumes(platform)
    assert len(paths) > 8
    for path in paths:
        mine, theirs = read_image(path), sitk.ReadImage(str(path))
        expected = sitk.GetArrayFromImage(theirs)
        assert mine.dtype == expected.dtype
        np.testing.assert_array_equal(mine, expected)
        assert mine.spacing == theirs.GetSpacing()
        assert mine.origin == theirs.GetOrigin()
        assert mine.direction is not None
        assert tuple(mine.direction.ravel()) == theirs.GetDirection()


def test_dicom_sets_are_sorted_volumes(platform: Platform) -> None:
    values = (value for item in Archive(platform.reference) for value in item.values())
    sets = {value.path for value in values if value.socket == "ct-series"}
    assert sets
    for folder in sets:
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
        theirs = reader.Execute()
        mine = read_image(folder)
        np.testing.assert_array_equal(mine, sitk.GetArrayFromImage(theirs))
        assert mine.spacing == pytest.approx(theirs.GetSpacing())
        assert mine.origin == pytest.approx(theirs.GetOrigin())
        assert mine.direction is not None
        assert mine.direction.ravel() == pytest.approx(theirs.GetDirection())


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("kind", ["int8", "uint16", "int32", "uint64", "float32", "float64"])
def test_every_type_of_sample_is_read(tmp_path: Path, kind: str, compressed: bool) -> None:
    samples = (np.arange(2 * 3 * 4) - 5).reshape(2, 3, 4).astype(kind)
    path = tmp_path / "image.mha"
    sitk.WriteImage(sitk.GetImageFromArray(samples), str(path), useCompression=compressed)
    found = read_image(path)
    assert found.dtype == samples.dtype
    np.testing.assert_array_equal(found, samples)


def test_colours_are_the_last_axis(tmp_path: Path) -> None:
    samples = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    path = tmp_path / "image.mha"
    sitk.WriteImage(sitk.GetImageFromArray(samples, isVector=True), str(path))
    assert read_image(path).shape == samples.shape
    image = Image(path)
    assert (image.format, image.size, image.channels) == ("MetaImage", (5, 4, 2), 3)
    np.testing.assert_array_equal(image.slice(1), samples[1])
    with pytest.raises(IndexError):
        image.slice(2)


def place(array: Any) -> tuple[Any, ...]:
    """Where an array lies."""
    direction = None if array.direction is None else array.direction.tolist()
    return array.spacing, array.origin, direction


def test_an_array_knows_its_place_as_long_as_it_has_one(platform: Platform) -> None:
    volume = read_image(volumes(platform)[0])
    here, nowhere = place(volume), (None, None, None)
    assert None not in here
    for same in (volume * 2, volume.astype(np.float64), volume.copy(), np.abs(volume), volume[:]):
        assert isinstance(same, ImageArray)
        assert place(same) == here
    for other in (volume[0], volume[::-1], volume[:, :, 1:], volume.T, volume.reshape(-1)):
        assert place(other) == nowhere
    cube = volume[:8, :8, :8].copy()
    assert place(cube) == nowhere
    restored = pickle.loads(pickle.dumps(volume))
    np.testing.assert_array_equal(restored, volume)
    assert place(restored) == here


def test_samples_belong_to_the_array(platform: Platform) -> None:
    volume = read_image(volumes(platform)[0])
    assert volume.flags.writeable
    assert volume.flags.c_contiguous
    volume[0, 0, 0] = 7
    assert volume[0, 0, 0] == 7


def test_slides_are_read_by_region(platform: Platform) -> None:
    values = (value for item in Archive(platform.reference) for value in item.values())
    slide = next(value for value in values if value.socket == "histopathology-slide")
    assert slide.path.suffix == ".tif"
    image = Image(slide.path)
    assert len(image.levels) > 1
    whole = slide.array()
    assert whole.shape == (image.levels[0][1], image.levels[0][0], 3)
    region = image.region(0, 100, 200, 40, 30)
    np.testing.assert_array_equal(region, whole[200:230, 100:140])


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "image.mha"
    samples = np.arange(4000, dtype=np.int16).reshape(10, 20, 20)
    sitk.WriteImage(sitk.GetImageFromArray(samples), str(path))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UnreadableImageError, match="image.mha"):
        read_image(path)
    path.write_bytes(b"no image at all")
    with pytest.raises(UnreadableImageError):
        read_image(path)
    with pytest.raises(FileNotFoundError):
        read_image(tmp_path / "none.mha")
