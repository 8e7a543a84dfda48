"""Our reader of images as a program, what it says, and the images it is asked about.

`GCAPI_DESCRIBE` is the example `describe` of `gcapi-image`.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import SimpleITK
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

DESCRIBE = os.environ["GCAPI_DESCRIBE"]

INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
TYPES = [*INTEGERS, "float32", "float64"]

#: Greatest difference of two decoders of JPEG, of 255.
JPEG_TOLERANCE = 4


def name(kind: np.dtype | str) -> str:
    """The name that Rust has for a type."""
    kind = np.dtype(kind)
    return f"{kind.kind}{8 * kind.itemsize}"


def kind_of(element: str) -> str:
    """The name that numpy has for a type of Rust."""
    return f"{element[0]}{int(element[1:]) // 8}"


def describe(path: Path, *options: str) -> dict[str, Any]:
    """What our reader finds."""
    done = subprocess.run([DESCRIBE, str(path), *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def samples(path: Path) -> np.ndarray:
    """All samples that our reader finds, flat."""
    file = path.with_name(path.name + ".samples")
    found = describe(path, "--samples", str(file))
    return np.fromfile(file, kind_of(found["element"]))


def digest(array: np.ndarray) -> str:
    """SHA-256 of the samples, little-endian, in C order."""
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(np.ascontiguousarray(little).tobytes()).hexdigest()


def volume(kind: str, shape: tuple[int, ...] = (4, 5, 6)) -> np.ndarray:
    """Values over the whole range of a type."""
    random = np.random.default_rng(7)
    if np.dtype(kind).kind == "f":
        return (random.standard_normal(shape) * 1000).astype(kind)
    info = np.iinfo(kind)
    array = random.integers(info.min, info.max, shape, dtype=kind, endpoint=True)
    # A byte that looks like the end of a line, first of all.
    array.flat[0] = 10
    return array


def agree(path: Path, image: SimpleITK.Image) -> None:
    """Our reader has to find what SimpleITK does."""
    array = SimpleITK.GetArrayFromImage(image)
    found = describe(path, "--check")
    assert found["size"] == list(image.GetSize())
    assert found["channels"] == image.GetNumberOfComponentsPerPixel()
    assert found["element"] == name(array.dtype)
    for key, value in [
        ("spacing", image.GetSpacing()),
        ("origin", image.GetOrigin()),
        ("direction", image.GetDirection()),
    ]:
        assert np.allclose(found[key], value, rtol=1e-5, atol=1e-5), (key, found[key], value)
    assert found["sha256"] == digest(array)
    if array.ndim - (found["channels"] > 1) == 3:
        assert describe(path, "--slice", "1")["sha256"] == digest(array[1])


def placed(array: np.ndarray, is_vector: bool = False) -> SimpleITK.Image:
    """An image that is turned, moved and of uneven spacing."""
    image = SimpleITK.GetImageFromArray(array, isVector=is_vector)
    axes = image.GetDimension()
    image.SetSpacing([0.5, 0.75, 2.5, 3.0][:axes])
    image.SetOrigin([-12.5, 7.25, 100.0, 1.0][:axes])
    turned = np.eye(axes)
    if axes == 2:
        turned = np.array([[0.6, -0.8], [0.8, 0.6]])
    else:
        turned[:3, :3] = np.array([[0.0, -0.6, 0.8], [1.0, 0.0, 0.0], [0.0, 0.8, 0.6]])
    image.SetDirection(turned.ravel().tolist())
    return image


def smooth(height: int, width: int) -> np.ndarray:
    """Colours without edges, which JPEG would blur in its own ways."""
    y, x = np.mgrid[0:height, 0:width]
    colours = [np.sin(x / 40), np.cos(y / 30), np.sin((x + y) / 50)]
    return np.stack([(127 + 120 * colour) for colour in colours], axis=-1).astype(np.uint8)


def refusal(path: Path) -> str:
    """Why our reader gives no picture."""
    done = subprocess.run([DESCRIBE, str(path), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode != 0, done.stdout
    assert "panicked" not in done.stderr
    return done.stderr


def instance(array: np.ndarray, z: float, slope: str = "1", intercept: str = "0") -> pydicom.Dataset:
    """A slice, not compressed."""
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    dataset.SOPInstanceUID = generate_uid()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SeriesInstanceUID = "1.2.3.4"
    dataset.StudyInstanceUID = "1.2.3"
    dataset.Modality = "CT"
    dataset.Rows, dataset.Columns = array.shape[:2]
    dataset.SamplesPerPixel = 3 if array.ndim == 3 else 1
    dataset.PhotometricInterpretation = "RGB" if array.ndim == 3 else "MONOCHROME2"
    if array.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8 * array.dtype.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(array.dtype.kind == "i")
    dataset.ImagePositionPatient = [-12.5, 7.25 + 0.8 * z, 100 + 0.6 * z]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 0.6, -0.8]
    dataset.PixelSpacing = [0.75, 0.5]
    dataset.SpacingBetweenSlices = 2
    dataset.RescaleSlope, dataset.RescaleIntercept = slope, intercept
    dataset.PixelData = array.tobytes()
    dataset["PixelData"].VR = "OW"
    return dataset


def put(dataset: pydicom.Dataset, path: Path) -> None:
    """Writes an instance."""
    dataset.save_as(path, enforce_file_format=True)


def describe_with_little_memory(path: Path, *options: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """Our reader, with 32 MiB and some seconds."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (32 << 20, 32 << 20))

    command = [DESCRIBE, str(path), *options]
    return subprocess.run(
        command, preexec_fn=limit, capture_output=True, text=True, check=False, timeout=seconds
    )
