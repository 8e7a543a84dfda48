"""Image files as Grand Challenge stores them, for the benchmark of `gcapi verify --deep`.

    python bench_images.py FOLDER
    python bench_images.py evict FOLDER

The first makes the files of one item, and `images.json`, which says what they are: for each image
its socket, its file or its folder of DICOM instances, and what the platform would say of it. The
second has the system forget what it holds of the files below a folder.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import SimpleITK
import tifffile
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, JPEG2000Lossless

#: Slices, rows, columns.
VOLUME = (256, 512, 512)

#: Millimetres along x, y and z.
SPACING = (0.7, 0.7, 1.5)

#: What is added to samples of DICOM instances, so that none is negative.
LOWEST = 2048

#: Instances of each DICOM image set.
INSTANCES = 128

#: Rows and columns of the slide at its largest level, and of a tile.
SLIDE = 12288
TILE = 512
LEVELS = 4

#: Millimetres of a pixel of the slide.
PIXEL = 0.0005


def main() -> None:
    """Does what is asked for."""
    if sys.argv[1] == "evict":
        evict(Path(sys.argv[2]))
    else:
        make(Path(sys.argv[1]))


def make(folder: Path) -> None:
    """Makes the files of one item."""
    folder.mkdir(parents=True, exist_ok=True)
    scan = volume()
    organs = np.digitize(scan, (-200, 0, 300, 700)).astype(np.uint8)
    images = []
    for socket, samples, compressed in [
        ("ct", scan, False),
        ("ct-compressed", scan, True),
        ("organs-compressed", organs, True),
    ]:
        image = SimpleITK.GetImageFromArray(samples)
        image.SetSpacing(SPACING)
        SimpleITK.WriteImage(image, str(folder / f"{socket}.mha"), useCompression=compressed)
        images.append({"socket": socket, "path": f"{socket}.mha", "record": record(VOLUME, SPACING)})
    for socket, syntax in [("dicom", ExplicitVRLittleEndian), ("dicom-compressed", JPEG2000Lossless)]:
        dicom(folder / socket, scan[:INSTANCES], syntax)
        shape = (INSTANCES, *VOLUME[1:])
        images.append({"socket": socket, "path": socket, "record": record(shape, SPACING)})
    slide(folder / "slide.tif")
    of_slide = record((1, SLIDE, SLIDE), (PIXEL, PIXEL, 1.0), colour=True)
    images.append({"socket": "slide", "path": "slide.tif", "record": of_slide})
    # Last, so that what is broken off is made anew.
    (folder / "images.json").write_text(json.dumps(images))


def record(shape: tuple[int, ...], spacing: tuple[float, ...], *, colour: bool = False) -> dict[str, Any]:
    """What the platform says of an image."""
    return {
        "shape": [*shape, 3] if colour else list(shape),
        "shape_without_color": list(shape),
        "depth": shape[0],
        "height": shape[1],
        "width": shape[2],
        "color_space": "RGB" if colour else "GRAY",
        "voxel_width_mm": spacing[0],
        "voxel_height_mm": spacing[1],
        "voxel_depth_mm": spacing[2],
    }


def volume() -> np.ndarray:
    """A volume that compresses as a scan does: soft shapes, and noise in the lowest bits."""
    z, y, x = np.ogrid[-1 : 1 : VOLUME[0] * 1j, -1 : 1 : VOLUME[1] * 1j, -1 : 1 : VOLUME[2] * 1j]
    samples = 1000 * np.exp(-3 * (x**2 + y**2 + z**2)) - 500 * (x**2 + 2 * y**2 < 0.1)
    samples += np.random.default_rng(1).normal(0, 12, VOLUME)
    return samples.astype(np.int16)


def dicom(folder: Path, samples: np.ndarray, syntax: pydicom.uid.UID) -> None:
    """A DICOM image set, an instance for each slice."""
    folder.mkdir(exist_ok=True)
    # Room for a number behind it: a UID has 64 characters at most.
    series = pydicom.uid.generate_uid(entropy_srcs=[folder.name])[:56].rstrip(".")
    for number, plane in enumerate(samples):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = f"{series}.{number + 1}"
        meta.TransferSyntaxUID = syntax
        instance = FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
        instance.SOPClassUID = meta.MediaStorageSOPClassUID
        instance.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
        instance.StudyInstanceUID = series
        instance.SeriesInstanceUID = series
        instance.Modality = "CT"
        instance.InstanceNumber = number + 1
        instance.ImagePositionPatient = [0, 0, number * SPACING[2]]
        instance.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        instance.PixelSpacing = [SPACING[1], SPACING[0]]
        instance.SliceThickness = SPACING[2]
        instance.Rows, instance.Columns = plane.shape
        instance.SamplesPerPixel = 1
        instance.PhotometricInterpretation = "MONOCHROME2"
        instance.BitsAllocated = instance.BitsStored = 16
        instance.HighBit = 15
        instance.PixelRepresentation = 0
        instance.RescaleIntercept, instance.RescaleSlope = -LOWEST, 1
        stored = (plane + LOWEST).astype(np.uint16)
        if syntax == JPEG2000Lossless:
            frame = imagecodecs.jpeg2k_encode(stored, level=0, reversible=True, codecformat="j2k")
            instance.PixelData = encapsulate([frame])
            instance["PixelData"].is_undefined_length = True
        else:
            instance.PixelData = stored.tobytes()
        instance.save_as(folder / f"{instance.SOPInstanceUID}.dcm", enforce_file_format=True)


def slide(path: Path) -> None:
    """A pyramid of JPEG tiles, each level half of the one before."""
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        for level in range(LEVELS):
            size = SLIDE >> level
            writer.write(
                tiles(size, level),
                shape=(size, size, 3),
                dtype=np.uint8,
                tile=(TILE, TILE),
                photometric="rgb",
                compression="jpeg",
                compressionargs={"level": 85},
                resolution=(10 / (PIXEL * 2**level), 10 / (PIXEL * 2**level)),
                resolutionunit="CENTIMETER",
                subfiletype=1 if level else 0,
            )


def tiles(size: int, level: int) -> Iterator[np.ndarray]:
    """The tiles of a level: tissue-like waves with grain."""
    grain = np.random.default_rng(level).normal(0, 14, (TILE, TILE, 3))
    for top in range(0, size, TILE):
        for left in range(0, size, TILE):
            y = np.arange(top, top + TILE)[:, None] * 2.0**level
            x = np.arange(left, left + TILE)[None, :] * 2.0**level
            waves = np.sin(x / 37) * np.cos(y / 53) + np.sin((x + y) / 311)
            tile = np.stack([200 + 20 * waves, 150 + 40 * waves, 190 + 15 * waves], axis=-1)
            yield np.clip(tile + grain, 0, 255).astype(np.uint8)


def evict(folder: Path) -> None:
    """Has the system forget the files below a folder; they have to be on the disk already."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


if __name__ == "__main__":
    main()
