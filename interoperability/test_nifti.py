"""NIfTI written by SimpleITK and nibabel, read by our reader, and the other way round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK

from image_reader import TYPES, agree, describe, digest, name, placed, samples, volume


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("suffix", ["nii", "nii.gz"])
@pytest.mark.parametrize("kind", TYPES)
def test_nifti(tmp_path: Path, kind: str, suffix: str, compressed: bool) -> None:
    path = tmp_path / f"image.{suffix}"
    SimpleITK.WriteImage(placed(volume(kind)), str(path), compressed)
    agree(path, SimpleITK.ReadImage(str(path)))


@pytest.mark.parametrize("shape", [(5, 6), (3, 4, 5, 6)])
def test_nifti_with_axes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "image.nii"
    SimpleITK.WriteImage(placed(volume("int16", shape)), str(path))
    agree(path, SimpleITK.ReadImage(str(path)))


@pytest.mark.parametrize("version", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", TYPES)
def test_nifti_of_nibabel(tmp_path: Path, kind: str, order: str, version: Any) -> None:
    path = tmp_path / "image.nii.gz"
    affine = np.array([[0.0, -1.5, 0, 3], [0.5, 0, 0, -2], [0, 0, 2, 1], [0, 0, 0, 1]])
    array = volume(kind)
    header = version.header_class(endianness=order)
    header.set_data_dtype(np.dtype(kind).newbyteorder(order))
    image = version(array.T, affine, header)
    image.header.set_slope_inter(1, 0)
    nibabel.save(image, path)
    found = describe(path, "--check")
    assert found["element"] == name(kind)
    assert found["sha256"] == digest(array)
    turned = np.array(found["direction"]).reshape(3, 3) * np.array(found["spacing"])
    lps = np.diag([-1.0, -1, 1])
    assert np.allclose(turned, lps @ affine[:3, :3])
    assert np.allclose(found["origin"], lps @ affine[:3, 3])


def test_nifti_with_slope(tmp_path: Path) -> None:
    path = tmp_path / "image.nii"
    image = nibabel.Nifti1Image(volume("int16").T, np.eye(4))
    image.header.set_slope_inter(0.25, -7)
    nibabel.save(image, path)
    expected = nibabel.load(path).get_fdata().T
    assert np.allclose(samples(path).reshape(expected.shape), expected)


@pytest.mark.parametrize("channels", [3, 4])
def test_nifti_with_colours(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "image.nii"
    array = volume("uint8", (4, 5, 6, channels))
    SimpleITK.WriteImage(placed(array, True), str(path.with_suffix(".mha")))
    found = describe(path.with_suffix(".mha"), "--nifti", str(path))
    again = describe(path, "--check")
    assert (again["channels"], again["sha256"]) == (channels, found["sha256"])
    colours = np.asanyarray(nibabel.load(path).dataobj).T
    stacked = np.stack([colours[letter] for letter in "RGBA"[:channels]], axis=-1)
    assert digest(stacked) == digest(array)


@pytest.mark.parametrize("version", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("channels", [3, 4])
def test_nifti_with_colours_of_nibabel(tmp_path: Path, channels: int, version: Any) -> None:
    path = tmp_path / "image.nii.gz"
    array = volume("uint8", (4, 5, 6, channels))
    colours = array.view([(letter, "u1") for letter in "RGBA"[:channels]])[..., 0]
    nibabel.save(version(colours.T, np.eye(4)), path)
    found = describe(path, "--check")
    assert (found["channels"], found["element"], found["size"]) == (channels, "u8", [6, 5, 4])
    assert found["sha256"] == digest(array)


@pytest.mark.parametrize("shape", [(5, 6), (4, 5, 6), (3, 4, 5, 6)])
@pytest.mark.parametrize("kind", TYPES)
def test_written_nifti(tmp_path: Path, kind: str, shape: tuple[int, ...]) -> None:
    original = tmp_path / "image.mha"
    path = tmp_path / "image.nii"
    SimpleITK.WriteImage(placed(volume(kind, shape)), str(original))
    describe(original, "--nifti", str(path))
    before = SimpleITK.ReadImage(str(original))
    after = SimpleITK.ReadImage(str(path))
    assert np.array_equal(SimpleITK.GetArrayFromImage(after), SimpleITK.GetArrayFromImage(before))
    assert np.allclose(after.GetSpacing(), before.GetSpacing())
    assert np.allclose(after.GetOrigin(), before.GetOrigin(), atol=1e-4)
    if len(shape) > 2:
        # NIfTI has no plane that is not in space, and SimpleITK takes the rest of it away.
        assert np.allclose(after.GetDirection(), before.GetDirection(), atol=1e-5)
