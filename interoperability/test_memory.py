"""Whatever the format, a check takes little memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import tifffile

from image_reader import describe_with_little_memory, instance, put


def put_large(folder: Path, kind: str) -> Path:
    """64 MiB of samples, which take less room in their file."""
    array = np.zeros((16, 1024, 2048), "int16")
    array[:, ::7, ::5] = 1000
    path = folder / f"image.{kind}"
    if kind == "dcm":
        for number, slice_ in enumerate(array):
            put(instance(slice_, 2.0 * number), folder / f"{number}.dcm")
        return folder
    if kind == "tif":
        tifffile.imwrite(path, array, photometric="minisblack", compression="deflate", rowsperstrip=64)
    else:
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(path), useCompression=True)
    return path


@pytest.mark.parametrize("kind", ["mha", "mhd", "nii", "nii.gz", "tif", "dcm"])
def test_a_check_does_not_take_the_memory_of_the_volume(tmp_path: Path, kind: str) -> None:
    path = put_large(tmp_path, kind)
    checked = describe_with_little_memory(path, "--only-check")
    assert (checked.returncode, checked.stdout) == (0, f"{64 << 20}\n"), checked.stderr
    assert "NoMemory" in describe_with_little_memory(path).stderr
