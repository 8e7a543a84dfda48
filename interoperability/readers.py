"""Reads every file of a downloaded demo archive with independent readers.

    cargo run -p gcapi-demo --example expected > expected.json
    python interoperability/readers.py OUT expected.json

`OUT` is a folder written by `gcapi download` (layout `container`):
`OUT/<item pk>/<relative path>` for values and files,
`.../<image pk>.<suffix>` for images and `.../<SOP instance UID>.dcm` for the
instances of a DICOM image set. `expected.json` was computed from the pixels
before they were encoded. SimpleITK, pydicom, tifffile and pypdf have to find
the same shapes, spacings, directions and pixels, and no file may be missing
or left over.

`--as-stored` is for the folder that a server serves (as made by
`gcapi-demo`): there, the header of an MHD image still has the name that its
data file had on the platform.

Exits with 0 if all agree and with 1 if not. `test_readers.py` runs the same.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pydicom
import pypdf
import SimpleITK
import tifffile

#: Greatest difference of the mean of a block of a JPEG-coded slide, of 255.
JPEG_TOLERANCE = 3.0


class Difference(AssertionError):
    """A reader found something else than was expected."""


def agree(what: str, found: Any, expected: Any) -> None:
    """Raises if two values differ."""
    if found != expected:
        raise Difference(f"{what} is {found!r}, not {expected!r}")


def near(what: str, found: Any, expected: Any, tolerance: float = 1e-6) -> None:
    """Raises if two sequences of numbers differ by more than the tolerance."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    agree(f"the shape of {what}", found.shape, expected.shape)
    if not np.allclose(found, expected, rtol=0, atol=tolerance):
        worst = np.abs(found - expected).max()
        raise Difference(f"{what} is off by up to {worst:g}: {found} instead of {expected}")


def digest(array: np.ndarray) -> str:
    """SHA-256 of the pixels, little-endian, in C order."""
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(np.ascontiguousarray(little).tobytes()).hexdigest()


def check_volume(array: np.ndarray, expected: dict[str, Any]) -> None:
    """Compares voxels of shape (depth, height, width)."""
    agree("the shape", list(array.shape), expected["shape"])
    agree("the type", array.dtype.name, expected["element"])
    agree("the checksum of the voxels", digest(array), expected["sha256"])


def read_metaimage(path: Path, expected: dict[str, Any], as_stored: bool) -> None:
    """MHA, or MHD with its data file beside it."""
    platform_name = expected.get("data_file_on_the_platform")
    if as_stored and platform_name:
        # What `gcapi download` does by rewriting the header.
        with tempfile.TemporaryDirectory() as folder:
            header = Path(shutil.copy(path, folder))
            shutil.copy(path.with_suffix(".zraw"), Path(folder, platform_name))
            image = SimpleITK.ReadImage(str(header))
    else:
        image = SimpleITK.ReadImage(str(path))
    check_volume(SimpleITK.GetArrayFromImage(image), expected)
    near("the spacing", image.GetSpacing(), expected["spacing_mm"])
    near("the origin", image.GetOrigin(), expected["origin_mm"])
    near("the direction", image.GetDirection(), expected["direction"])


def read_tiff(path: Path, expected: dict[str, Any], as_stored: bool) -> None:
    """Every level of a slide."""
    with tifffile.TiffFile(path) as slide:
        agree("the number of levels", len(slide.pages), len(expected["levels"]))
        for number, (page, level) in enumerate(zip(slide.pages, expected["levels"])):
            what = f"of level {number}"
            if not page.is_tiled:
                raise Difference(f"level {number} is not tiled")
            array = page.asarray()
            agree(f"the shape {what}", list(array.shape), level["shape"])
            agree(f"the type {what}", array.dtype.name, "uint8")
            numerator, denominator = page.tags["XResolution"].value
            agree(f"the resolution unit {what}", int(page.tags["ResolutionUnit"].value), 3)
            near(f"the pixel size {what}", 1e4 * denominator / numerator, level["pixel_um"])
            if "sha256" in level:
                agree(f"the checksum {what}", digest(array), level["sha256"])
            height, width, _ = array.shape
            blocks = array.reshape(8, height // 8, 8, width // 8, 3).mean(axis=(1, 3))
            tolerance = 1e-6 if "sha256" in level else JPEG_TOLERANCE
            near(f"the means {what}", blocks.reshape(64, 3), level["block_means"], tolerance)


def read_deep_zoom(path: Path, expected: dict[str, Any], as_stored: bool) -> None:
    """The XML beside a slide."""
    size = ElementTree.parse(path).getroot().find("{*}Size")
    if size is None:
        raise Difference("there is no Size")
    agree("the width", int(size.attrib["Width"]), expected["width"])
    agree("the height", int(size.attrib["Height"]), expected["height"])


def read_value(path: Path, expected: dict[str, Any], as_stored: bool) -> None:
    """A JSON value: written as Python would, but with the digits served."""
    text = path.read_text(encoding="ascii")
    digits: dict[str, Any] = {"parse_float": str, "parse_int": str, "object_pairs_hook": tuple}
    agree("the value", json.loads(text, **digits), json.loads(expected["json"], **digits))
    # A parser that rounds is given the same as well, but NaN equals nothing.
    value = json.loads(text)
    agree("the value as Python reads it", value, json.loads(expected["json"]))
    if not any(c in expected["json"] for c in ".eE"):
        agree("the text", text, json.dumps(value, indent=2))


def check_bytes(path: Path, expected: dict[str, Any]) -> bytes:
    """A File has to be exact to the byte."""
    content = path.read_bytes()
    agree("the size", len(content), expected["size"])
    agree("the checksum", hashlib.sha256(content).hexdigest(), expected["sha256"])
    return content


def read_json(path: Path, expected: dict[str, Any], as_stored: bool) -> None:
    """A JSON file."""
    json.loads(check_bytes(path, expected))


def read_csv(path: Path, expected: dict[str, Any], as_stored: bool) -> None:
    """A table whose rows are equally long."""
    text = check_bytes(path, expected).decode("utf-8")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    agree("the lengths of the rows", {len(row) for row in rows}, {len(rows[0])})


def read_pdf(path: Path, expected: dict[str, Any], as_stored: bool) -> None:
    """A report of one page with words on it."""
    reader = pypdf.PdfReader(io.BytesIO(check_bytes(path, expected)), strict=True)
    agree("the number of pages", len(reader.pages), 1)
    text = reader.pages[0].extract_text()
    if "Radiology report" not in text or "mm" not in text:
        raise Difference(f"the text is {text!r}")


def read_data(path: Path, expected: dict[str, Any], as_stored: bool) -> None:
    """The data file of an MHD image, which is read with its header."""
    if not path.stat().st_size:
        raise Difference("the file is empty")


READERS: dict[str, Callable[[Path, dict[str, Any], bool], None]] = {
    "metaimage": read_metaimage,
    "tiff": read_tiff,
    "deep zoom": read_deep_zoom,
    "value": read_value,
    "json": read_json,
    "csv": read_csv,
    "pdf": read_pdf,
    "data of a header": read_data,
}


def read_series(folder: Path, expected: dict[str, Any]) -> None:
    """A DICOM image set: with pydicom, sorted by position, and with SimpleITK."""
    paths = sorted(folder.glob("*.dcm"))
    uids = expected["instances"]
    agree("the names of the instances", [path.stem for path in paths], sorted(uids))
    slices = [pydicom.dcmread(path) for path in paths]
    for path, instance in zip(paths, slices):
        agree("the SOP instance UID", instance.SOPInstanceUID, path.stem)
        agree("the UID in the header", instance.file_meta.MediaStorageSOPInstanceUID, path.stem)
    rows, columns = (np.array(slices[0].ImageOrientationPatient[i : i + 3], float) for i in (0, 3))
    normal = np.cross(rows, columns)
    slices.sort(key=lambda instance: float(np.dot(normal, np.array(instance.ImagePositionPatient, float))))
    agree("the order of the instances", [instance.SOPInstanceUID for instance in slices], uids)
    first = slices[0]
    for keyword in ("PatientName", "StudyInstanceUID", "SeriesInstanceUID"):
        key = {"PatientName": "patient_name", "StudyInstanceUID": "study_instance_uid"}
        wanted = expected[key.get(keyword, "series_instance_uid")]
        agree(keyword, {str(instance[keyword].value) for instance in slices}, {wanted})
    agree("the modality", first.Modality, "CT")
    near("the origin", first.ImagePositionPatient, expected["origin_mm"])
    positions = np.array([instance.ImagePositionPatient for instance in slices], float)
    steps = np.diff(positions @ normal)
    near("the distances of the slices", steps, np.full(len(steps), expected["spacing_mm"][2]), 1e-4)
    spacing_y, spacing_x = first.PixelSpacing
    near("the spacing", [spacing_x, spacing_y, first.SliceThickness], expected["spacing_mm"])
    near("the direction", np.stack([rows, columns, normal], axis=1).ravel(), expected["direction"])
    volume = np.stack(
        [s.pixel_array * int(s.RescaleSlope) + int(s.RescaleIntercept) for s in slices]
    )
    check_volume(volume.astype(np.int16), expected)
    names = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    image = SimpleITK.ReadImage(names)
    near("the spacing in SimpleITK", image.GetSpacing(), expected["spacing_mm"], 1e-4)
    array = SimpleITK.GetArrayFromImage(image).astype(np.int16)
    agree("the checksum in SimpleITK", digest(array), expected["sha256"])


def files_of(folder: Path) -> set[str]:
    """The files of the archive, without those of the catalogue."""
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {name.as_posix() for name in names if name.parts[0] != ".gcapi"}


def problems(folder: Path, expected: dict[str, Any], as_stored: bool = False) -> list[str]:
    """Reads everything; what did not agree, one line each."""
    found: list[str] = []

    def attempt(name: str, read: Callable[[], None]) -> None:
        try:
            read()
        except Exception as error:  # noqa: BLE001 - a reader may fail in any way
            found.append(f"{name}: {type(error).__name__}: {error}")

    left_over = files_of(folder)
    for name, content in expected["files"].items():
        left_over.discard(name)
        reader = READERS[content["reader"]]
        attempt(name, lambda: reader(folder / name, content, as_stored))
    for name, content in expected["series"].items():
        left_over -= {f"{name}/{uid}.dcm" for uid in content["instances"]}
        attempt(name, lambda: read_series(folder / name, content))
    found.extend(f"{name}: is not expected" for name in sorted(left_over))
    return found


def main() -> int:
    """Reads the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("expected", type=Path)
    parser.add_argument("--as-stored", action="store_true", help="MHD headers name their file on the platform")
    arguments = parser.parse_args()
    expected = json.loads(arguments.expected.read_text(encoding="utf-8"))
    found = problems(arguments.folder, expected, arguments.as_stored)
    for line in found:
        print(line, file=sys.stderr)
    instances = sum(len(series["instances"]) for series in expected["series"].values())
    total = len(expected["files"]) + instances
    print(f"{total} files expected, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
