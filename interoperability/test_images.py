"""Files that SimpleITK, tifffile, pydicom, nibabel and imagecodecs write, read by `gcapi-image`.

`GCAPI_DESCRIBE` is the example `describe` of that crate.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
from pathlib import Path
from typing import Any

import imagecodecs
import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK
import tifffile
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, RLELossless, generate_uid

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


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "lzw", "deflate", "packbits"])
@pytest.mark.parametrize("kind", TYPES)
def test_stack(tmp_path: Path, kind: str, compression: str | None, order: str) -> None:
    path = tmp_path / "image.tif"
    array = volume(kind, (3, 37, 41))
    predicts = compression in ("lzw", "deflate") and np.dtype(kind).itemsize < 8
    tifffile.imwrite(
        path, array, byteorder=order, photometric="minisblack", compression=compression, predictor=predicts
    )
    found = describe(path, "--check")
    assert (found["size"], found["element"]) == ([41, 37, 3], name(kind))
    assert found["sha256"] == digest(array)
    assert describe(path, "--slice", "2")["sha256"] == digest(array[2])


def smooth(height: int, width: int) -> np.ndarray:
    """Colours without edges, which JPEG would blur in its own ways."""
    y, x = np.mgrid[0:height, 0:width]
    colours = [np.sin(x / 40), np.cos(y / 30), np.sin((x + y) / 50)]
    return np.stack([(127 + 120 * colour) for colour in colours], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("tile", [None, (64, 64)])
@pytest.mark.parametrize("compression", [None, "lzw", "deflate", "packbits"])
@pytest.mark.parametrize("big", [False, True])
def test_colours(tmp_path: Path, big: bool, compression: str | None, tile: tuple[int, int] | None, planes: str) -> None:
    path = tmp_path / "image.tif"
    array = smooth(150, 200)
    stored = array if planes == "contig" else np.moveaxis(array, -1, 0)
    tifffile.imwrite(
        path, stored, bigtiff=big, photometric="rgb", planarconfig=planes, compression=compression, tile=tile
    )
    found = describe(path, "--check")
    assert (found["size"], found["channels"]) == ([200, 150], 3)
    assert found["sha256"] == digest(array)
    part = describe(path, "--region", "0", "60", "70", "90", "75")
    assert part["sha256"] == digest(array[70:145, 60:150])


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("compression", ["jpeg", "deflate"])
def test_pyramid(tmp_path: Path, compression: str, below: bool) -> None:
    path = tmp_path / "slide.tif"
    levels = [smooth(300, 400)]
    levels += [levels[0][::2, ::2], levels[0][::4, ::4]]
    options: dict[str, Any] = {"tile": (64, 64), "photometric": "rgb", "compression": compression}
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        for number, level in enumerate(levels):
            resolution = (40000 / 2**number,) * 2
            writer.write(
                level,
                subifds=2 if below and number == 0 else None,
                subfiletype=int(number > 0),
                resolution=resolution,
                resolutionunit="CENTIMETER",
                **options,
            )
        # A thumbnail and a label, as scanners add them.
        writer.write(levels[2][::2, ::2], photometric="rgb")
        writer.write(smooth(80, 30), photometric="rgb")
    found = describe(path, "--check")
    assert found["levels"] == [[400, 300], [200, 150], [100, 75]]
    assert np.allclose(found["spacing"], 0.00025)
    if compression == "deflate":
        for number, level in enumerate(levels):
            part = describe(path, "--region", str(number), "10", "20", "70", "50")
            assert part["sha256"] == digest(level[20:70, 10:80])
    else:
        with tifffile.TiffFile(path) as slide:
            expected = slide.pages[0].asarray().astype(int)
        difference = np.abs(samples(path).reshape(expected.shape) - expected)
        assert difference.max() <= JPEG_TOLERANCE


def refusal(path: Path) -> str:
    """Why our reader gives no picture."""
    done = subprocess.run([DESCRIBE, str(path), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode != 0, done.stdout
    assert "panicked" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("subsampling", [(1, 1), (2, 1), (2, 2), (4, 1)])
@pytest.mark.parametrize("stored", ["ycbcr", "rgb"])
def test_slides_of_jpeg(tmp_path: Path, stored: str, subsampling: tuple[int, int]) -> None:
    path = tmp_path / "slide.tif"
    array = smooth(150, 200)
    if stored == "rgb":
        subsampling = (1, 1)
    options = {"outcolorspace": stored, "level": 95}
    tifffile.imwrite(
        path, array, photometric="rgb", tile=(64, 64), compression="jpeg", subsampling=subsampling, compressionargs=options
    )
    expected = tifffile.imread(path).astype(int)
    assert np.abs(samples(path).reshape(expected.shape) - expected).max() <= JPEG_TOLERANCE
    # Zeros beyond the edge of the picture blur it.
    assert np.abs(expected - array).mean() <= JPEG_TOLERANCE


@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_white_that_is_zero(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "image.tif"
    array = volume(kind, (37, 41))
    tifffile.imwrite(path, array, photometric="miniswhite")
    # Black is zero in all that is given out.
    assert describe(path, "--check")["sha256"] == digest(np.iinfo(kind).max - array)
    tifffile.imwrite(path, array.astype("float32"), photometric="miniswhite")
    assert "Unsupported" in refusal(path)


@pytest.mark.parametrize("compression", ["zstd", "webp", "jpeg2000", "lerc", "jpegxl", "lzma"])
def test_compressions_without_a_decoder(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, smooth(64, 48), photometric="rgb", compression=compression)
    assert 'Unsupported("compression' in refusal(path)


def test_pictures_that_would_be_wrong(tmp_path: Path) -> None:
    path = tmp_path / "image.tif"
    grey = volume("uint8", (16, 37, 41))
    colours = np.stack([np.arange(256, dtype="uint16") * factor for factor in (1, 2, 3)])
    for array, options in [
        (grey, {"photometric": "minisblack", "tile": (16, 32, 32)}),
        (grey[0], {"photometric": "palette", "colormap": colours}),
        (np.moveaxis(grey[:4], 0, -1), {"photometric": "separated"}),
        (np.moveaxis(grey[:3], 0, -1), {"photometric": "cielab"}),
        (grey[0] > 127, {"photometric": "minisblack"}),
        (grey[0].astype("float16"), {"photometric": "minisblack"}),
    ]:
        tifffile.imwrite(path, np.ascontiguousarray(array), **options)
        assert "Unsupported" in refusal(path)


#: Slides in JPEG: their colours and how much smaller the resolution of colour is, across and down.
SLIDES = {
    "YCbCr, as scanners do": ("YCBCR", (2, 2)),
    "YCbCr, halved across": ("YCBCR", (2, 1)),
    "YCbCr, whole": ("YCBCR", (1, 1)),
    "RGB": ("RGB", (1, 1)),
    "grey": (None, None),
}

#: The same in the words of JPEG.
SUBSAMPLING = {(1, 1): "444", (2, 1): "422", (2, 2): "420", None: None}


def scan(stream: bytes) -> bytes:
    """A JPEG stream from its first scan on."""
    at = 2
    while stream[at + 1] != 0xDA:
        at += 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
    return stream[at:]


def stripped(stream: bytes) -> tuple[bytes, bytes]:
    """The tables of a JPEG stream as one of their own, and the rest of it without markers of applications."""
    at, tables, rest = 2, b"", b""
    while stream[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
        if stream[at + 1] in (0xC4, 0xDB):
            tables += stream[at:end]
        elif not 0xE0 <= stream[at + 1] <= 0xEF:
            rest += stream[at:end]
        at = end
    return b"\xff\xd8" + tables + b"\xff\xd9", b"\xff\xd8" + rest + stream[at:]


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("colours", SLIDES)
def test_stored_tiles_of_a_slide(tmp_path: Path, colours: str, apart: bool) -> None:
    path = tmp_path / "slide.tif"
    space, subsampling = SLIDES[colours]
    array = smooth(256, 384)
    # A red corner, which every mistake with the colours would change.
    array[:140, :140] = [230, 30, 40]
    if space is None:
        array = array[..., 0]
    places = [(x, y) for y in (0, 128) for x in (0, 128, 256)]
    tiles = [
        imagecodecs.jpeg8_encode(
            np.ascontiguousarray(array[y : y + 128, x : x + 128]),
            level=90,
            colorspace=space and "RGB",
            outcolorspace=space,
            subsampling=SUBSAMPLING[subsampling],
        )
        for x, y in places
    ]
    extra = []
    if apart:
        tables = stripped(tiles[0])[0]
        assert {stripped(tile)[0] for tile in tiles} == {tables}
        tiles = [stripped(tile)[1] for tile in tiles]
        extra.append((347, 7, len(tables), tables, True))
    tifffile.imwrite(
        path,
        iter(tiles),
        shape=array.shape,
        dtype="uint8",
        tile=(128, 128),
        photometric="rgb" if space else "minisblack",
        compression="jpeg",
        compressionargs={"outcolorspace": space} if space else None,
        subsampling=subsampling,
        extratags=extra,
    )
    with tifffile.TiffFile(path) as slide:
        assert slide.pages[0].photometric.name == (space or "MINISBLACK")
        assert (slide.pages[0].jpegtables is not None) == apart
    for number, ((x, y), stored) in enumerate(zip(places, tiles)):
        file = tmp_path / f"{number}.jpg"
        place = ["0", str(x), str(y), "128", "128"]
        ours = describe(path, "--jpeg", *place, str(file))
        given = file.read_bytes()
        # Nothing was encoded anew.
        assert scan(given) == scan(stored)
        assert describe(path, "--region", *place)["sha256"] == ours["sha256"]
        # What says the colours to a decoder that knows nothing of TIFF, and what ours made of them.
        seen = imagecodecs.jpeg8_decode(given).astype(int)
        read = samples(path).reshape(array.shape)[y : y + 128, x : x + 128].astype(int)
        difference = np.abs(seen - read)
        # Colours of half the resolution are enlarged in different ways, which shows at edges.
        assert difference.mean() < 1.5
        assert np.quantile(difference, 0.95) <= 2 * JPEG_TOLERANCE
        assert np.abs(seen[:100, :100].mean((0, 1)) - array[y : y + 100, x : x + 100].mean((0, 1))).max() < 3
    # What is not exactly a tile has to be drawn.
    for place in [(0, 0, 64, 128), (64, 0, 128, 128), (0, 0, 256, 128)]:
        file = tmp_path / "none.jpg"
        describe(path, "--jpeg", "0", *map(str, place), str(file))
        assert not file.exists()


def test_stored_tiles_of_other_compressions_are_none(tmp_path: Path) -> None:
    path, file = tmp_path / "slide.tif", tmp_path / "none.jpg"
    tifffile.imwrite(path, smooth(256, 256), tile=(128, 128), compression="deflate", photometric="rgb")
    describe(path, "--jpeg", "0", "0", "0", "128", "128", str(file))
    assert not file.exists()


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


@pytest.mark.parametrize(("slope", "intercept"), [("1", "0"), ("1", "-1024"), ("0.5", "3.25")])
@pytest.mark.parametrize("kind", ["uint8", "int8", "uint16", "int16"])
def test_dicom_set(tmp_path: Path, kind: str, slope: str, intercept: str) -> None:
    array = volume(kind, (4, 6, 8))
    for number, slice_ in enumerate(array):
        put(instance(slice_, 2.0 * number, slope, intercept), tmp_path / f"{9 - number}.dcm")
    image = SimpleITK.ReadImage(SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path)))
    found = describe(tmp_path, "--check")
    assert found["size"] == list(image.GetSize())
    assert np.allclose(found["spacing"], image.GetSpacing(), atol=1e-5)
    assert np.allclose(found["origin"], image.GetOrigin(), atol=1e-5)
    assert np.allclose(found["direction"], image.GetDirection(), atol=1e-5)
    expected = array * float(slope) + float(intercept)
    assert np.array_equal(expected, SimpleITK.GetArrayFromImage(image))
    assert found["sha256"] == digest(expected.astype(kind_of(found["element"])))


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize("syntax", ["jpeg lossless", "jpeg 2000", "run lengths"])
def test_compressed_dicom(tmp_path: Path, syntax: str, is_signed: bool) -> None:
    path = tmp_path / "slice.dcm"
    array = volume("int16" if is_signed else "uint16", (64, 48))
    if syntax == "jpeg lossless":
        uid, data = "1.2.840.10008.1.2.4.70", imagecodecs.ljpeg_encode(array.view("uint16"), bitspersample=16)
    elif syntax == "jpeg 2000":
        uid = "1.2.840.10008.1.2.4.90"
        data = imagecodecs.jpeg2k_encode(array, level=0, codecformat="j2k", reversible=True)
    else:
        uid, data = RLELossless, None
    dataset = instance(array, 0)
    if data is None:
        dataset.compress(RLELossless)
    else:
        dataset.file_meta.TransferSyntaxUID = UID(uid)
        dataset.PixelData = encapsulate([bytes(data)])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
    put(dataset, path)
    found = describe(path, "--check")
    assert found["sha256"] == digest(array)


def test_a_sign_that_the_decoder_does_not_know_of(tmp_path: Path) -> None:
    path = tmp_path / "slice.dcm"
    array = volume("int16", (32, 32))
    dataset = instance(array, 0)
    dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.90")
    unsigned = imagecodecs.jpeg2k_encode(array.view("uint16"), level=0, codecformat="j2k", reversible=True)
    dataset.PixelData = encapsulate([bytes(unsigned)])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    put(dataset, path)
    assert describe(path, "--check")["sha256"] == digest(array)


def test_colours_in_dicom(tmp_path: Path) -> None:
    path = tmp_path / "slice.dcm"
    array = smooth(64, 48)
    put(instance(array, 0), path)
    assert describe(path, "--check")["sha256"] == digest(array)
    dataset = instance(array, 0)
    dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.50")
    data = imagecodecs.jpeg8_encode(array, level=95, colorspace="RGB", outcolorspace="YCBCR")
    dataset.PixelData = encapsulate([bytes(data)])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.PhotometricInterpretation = "YBR_FULL_422"
    put(dataset, path)
    expected = imagecodecs.jpeg8_decode(data).astype(int)
    assert np.abs(samples(path).reshape(array.shape) - expected).max() <= JPEG_TOLERANCE
    # What the frame holds is not what the attributes say: no picture.
    dataset.PhotometricInterpretation = "RGB"
    put(dataset, path)
    done = subprocess.run([DESCRIBE, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Unsupported" in done.stderr


@pytest.mark.parametrize("kind", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png(tmp_path: Path, channels: int, kind: str) -> None:
    path = tmp_path / "image.png"
    array = volume(kind, (37, 41, channels)).squeeze()
    path.write_bytes(imagecodecs.png_encode(array))
    found = describe(path, "--check")
    assert (found["size"], found["channels"]) == ([41, 37], channels)
    assert found["sha256"] == digest(array)


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "image.jpg"
    array = np.ascontiguousarray(smooth(64, 48)[..., :channels].squeeze())
    path.write_bytes(imagecodecs.jpeg8_encode(array, level=90))
    expected = imagecodecs.jpeg8_decode(path.read_bytes()).astype(int)
    assert np.abs(samples(path).reshape(expected.shape) - expected).max() <= JPEG_TOLERANCE


def test_jpeg_without_a_decoder(tmp_path: Path) -> None:
    path = tmp_path / "image.jpg"
    array = volume("uint16", (64, 48)) >> 4
    eight = np.ascontiguousarray(smooth(64, 48))
    for content, reason in [
        (imagecodecs.jpeg8_encode(array, bitspersample=12), "lossy JPEG of 12 bits"),
        (imagecodecs.jpeg8_encode(eight, lossless=True, predictor=1), "a lossless JPEG"),
        (imagecodecs.jpegls_encode(eight), "a lossless JPEG"),
    ]:
        path.write_bytes(content)
        assert f'Unsupported("{reason}")' in refusal(path)


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


def describe_with_little_memory(path: Path, *options: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """Our reader, with 32 MiB and some seconds."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (32 << 20, 32 << 20))

    command = [DESCRIBE, str(path), *options]
    return subprocess.run(
        command, preexec_fn=limit, capture_output=True, text=True, check=False, timeout=seconds
    )


@pytest.mark.parametrize("kind", ["mha", "mhd", "nii", "nii.gz", "tif", "dcm"])
def test_a_check_does_not_take_the_memory_of_the_volume(tmp_path: Path, kind: str) -> None:
    path = put_large(tmp_path, kind)
    checked = describe_with_little_memory(path, "--only-check")
    assert (checked.returncode, checked.stdout) == (0, f"{64 << 20}\n"), checked.stderr
    assert "NoMemory" in describe_with_little_memory(path).stderr
