"""DICOM: what pydicom and imagecodecs write, and every file that pydicom has for its own tests, read by
`gcapi-image`: the same samples as others find, within the rounding of lossy codecs, or a reason."""

from __future__ import annotations

import itertools
import subprocess
import warnings
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.pixels import convert_color_space
from pydicom.pixels.utils import pack_bits
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless

from image_reader import DESCRIBE, JPEG_TOLERANCE, describe, digest, instance, kind_of, put, refusal, samples, smooth, volume

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_LS_NEAR = "1.2.840.10008.1.2.4.81"
JPEG_2000 = "1.2.840.10008.1.2.4.90"


def compressed(dataset: pydicom.Dataset, syntax: str, *frames: bytes) -> pydicom.Dataset:
    """The same instance with other pixels."""
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.PixelData = encapsulate([bytes(frame) for frame in frames])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


def framed(dataset: pydicom.Dataset, frames: np.ndarray) -> pydicom.Dataset:
    """The same instance with several frames at one place."""
    dataset.NumberOfFrames = len(frames)
    dataset.PixelData = frames.tobytes()
    return dataset


@pytest.mark.parametrize("rows", [8, 7])
def test_one_bit(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "mask.dcm"
    frames = (volume("uint8", (3, rows, 5)) > 127).astype(np.uint8)
    dataset = framed(instance(frames[0], 0), frames)
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = 0
    dataset.PixelData = pack_bits(frames)
    put(dataset, path)
    assert np.array_equal(pydicom.dcmread(path).pixel_array, frames)
    assert describe(path, "--check")["sha256"] == digest(frames)
    assert describe(path, "--slice", "1")["sha256"] == digest(frames[1])


@pytest.mark.parametrize(
    ("syntax", "kind"),
    [
        *itertools.product(["little", "big", "deflated"], ["uint8", "int8", "uint16", "int16", "uint32", "int32"]),
        *itertools.product(["run lengths"], ["uint8", "uint16", "int16"]),
    ],
)
def test_widths_and_orders(tmp_path: Path, syntax: str, kind: str) -> None:
    path = tmp_path / "slice.dcm"
    frames = volume(kind, (3, 7, 6))
    dataset = framed(instance(frames[0], 0), frames)
    if syntax == "big":
        dataset.PixelData = frames.astype(frames.dtype.newbyteorder(">")).tobytes()
        if kind in ("uint8", "int8"):
            dataset["PixelData"].VR = "OB"
        dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        dataset.save_as(path, implicit_vr=False, little_endian=False, enforce_file_format=True)
    elif syntax == "deflated":
        dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        put(dataset, path)
    else:
        if syntax == "run lengths":
            dataset.compress(RLELossless, generate_instance_uid=False)
        put(dataset, path)
    assert np.array_equal(pydicom.dcmread(path).pixel_array, frames)
    assert describe(path, "--check")["sha256"] == digest(frames)
    assert describe(path, "--slice", "2")["sha256"] == digest(frames[2])


@pytest.mark.parametrize("planes", [0, 1])
@pytest.mark.parametrize("kind", ["uint8", "uint16"])
@pytest.mark.parametrize("syntax", ["native", "run lengths"])
def test_colours(tmp_path: Path, syntax: str, kind: str, planes: int) -> None:
    path = tmp_path / "colours.dcm"
    array = volume(kind, (7, 6, 3))
    dataset = instance(array, 0)
    if syntax == "run lengths":
        dataset.compress(RLELossless, generate_instance_uid=False)
    elif planes:
        dataset.PlanarConfiguration = 1
        dataset.PixelData = np.moveaxis(array, -1, 0).tobytes()
    put(dataset, path)
    assert np.array_equal(pydicom.dcmread(path).pixel_array, array)
    assert describe(path, "--check")["sha256"] == digest(array)


@pytest.mark.parametrize("syntax", ["native", "run lengths", "jpeg lossless", "jpeg 2000"])
def test_luminance_and_differences(tmp_path: Path, syntax: str) -> None:
    path = tmp_path / "colours.dcm"
    array = volume("uint8", (64, 48, 3))
    dataset = instance(array, 0)
    dataset.PhotometricInterpretation = "YBR_FULL"
    if syntax == "run lengths":
        dataset.compress(RLELossless, generate_instance_uid=False)
    elif syntax == "jpeg lossless":
        frame = imagecodecs.jpeg8_encode(array, colorspace="RGB", outcolorspace="RGB", lossless=True, predictor=1)
        compressed(dataset, JPEG_LOSSLESS, frame)
    elif syntax == "jpeg 2000":
        frame = imagecodecs.jpeg2k_encode(array, level=0, codecformat="j2k", reversible=True, mct=False)
        compressed(dataset, JPEG_2000, frame)
    put(dataset, path)
    expected = convert_color_space(array, "YBR_FULL", "RGB").astype(int)
    # The two round the last digit of the coefficients differently.
    assert np.abs(samples(path).reshape(array.shape) - expected).max() <= 1


def test_shared_differences(tmp_path: Path) -> None:
    path = tmp_path / "colours.dcm"
    array = volume("uint8", (6, 8, 3))
    array[:, 1::2, 1:] = array[:, ::2, 1:]
    dataset = instance(array, 0)
    dataset.PhotometricInterpretation = "YBR_FULL_422"
    pairs = [array[:, ::2, 0], array[:, 1::2, 0], array[:, ::2, 1], array[:, ::2, 2]]
    dataset.PixelData = np.stack(pairs, axis=-1).tobytes()
    put(dataset, path)
    expected = convert_color_space(array, "YBR_FULL", "RGB").astype(int)
    assert np.array_equal(pydicom.dcmread(path).pixel_array, expected)
    assert np.abs(samples(path).reshape(array.shape) - expected).max() <= 1


@pytest.mark.parametrize(("reversible", "photometric"), [(True, "YBR_RCT"), (False, "YBR_ICT"), (True, "RGB")])
def test_jpeg_2000_with_colours(tmp_path: Path, reversible: bool, photometric: str) -> None:
    path = tmp_path / "colours.dcm"
    array = smooth(64, 48)
    frame = imagecodecs.jpeg2k_encode(
        array, level=0 if reversible else 50, codecformat="j2k", reversible=reversible, mct=True
    )
    dataset = compressed(instance(array, 0), JPEG_2000, frame)
    # Whatever the attributes call it, the frame says that it was transformed, and what it was is RGB.
    dataset.PhotometricInterpretation = photometric
    put(dataset, path)
    expected = imagecodecs.jpeg2k_decode(frame).astype(int)
    assert np.abs(samples(path).reshape(array.shape) - expected).max() <= int(not reversible)
    dataset.PhotometricInterpretation = "YBR_FULL"
    put(dataset, path)
    assert "Unsupported" in refusal(path)


@pytest.mark.parametrize("transformed", [False, True])
@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL", "YBR_FULL_422"])
def test_jpeg_with_colours(tmp_path: Path, photometric: str, transformed: bool) -> None:
    path = tmp_path / "colours.dcm"
    array = smooth(64, 48)
    stored = "YCBCR" if transformed else "RGB"
    frame = imagecodecs.jpeg8_encode(array, level=95, colorspace="RGB", outcolorspace=stored)
    dataset = compressed(instance(array, 0), JPEG_BASELINE, frame)
    dataset.PhotometricInterpretation = photometric
    put(dataset, path)
    if transformed == (photometric != "RGB"):
        expected = imagecodecs.jpeg8_decode(frame).astype(int)
        assert np.abs(samples(path).reshape(array.shape) - expected).max() <= JPEG_TOLERANCE
        assert np.abs(expected - array).max() <= 3 * JPEG_TOLERANCE
    else:
        assert "Unsupported" in refusal(path)


@pytest.mark.parametrize("near", [0, 3])
@pytest.mark.parametrize(("kind", "bits"), [("uint8", 8), ("uint16", 16), ("uint16", 12), ("int16", 16)])
def test_jpeg_ls(tmp_path: Path, kind: str, bits: int, near: int) -> None:
    path = tmp_path / "slice.dcm"
    array = smooth(64, 48)[..., 0].astype(np.int64) * 2 ** (bits - 8)
    array = (array - 2 ** (bits - 1) * (kind == "int16")).astype(kind)
    # What is flat is coded as runs, and what is not without a pattern.
    array[10:20] = array[10, 10]
    array[30:40] = volume("uint8", (10, 48))
    unsigned = array.view(f"uint{8 * array.itemsize}")
    frame = imagecodecs.jpegls_encode(unsigned, level=near)
    dataset = compressed(instance(array, 0), JPEG_LS_NEAR if near else JPEG_LS, frame)
    dataset.BitsStored, dataset.HighBit = bits, bits - 1
    put(dataset, path)
    expected = imagecodecs.jpegls_decode(frame)
    assert describe(path, "--check")["sha256"] == digest(expected.view(kind))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("is_signed", [False, True])
def test_palette(tmp_path: Path, is_signed: bool, bits: int) -> None:
    path = tmp_path / "palette.dcm"
    array = volume("int8" if is_signed else "uint8", (9, 8))
    dataset = instance(array, 0, "2", "7")
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    first, count = (-100, 200) if is_signed else (20, 200)
    tables = volume(f"uint{bits}", (3, count))
    for colour, table in zip(("Red", "Green", "Blue"), tables):
        name = f"{colour}PaletteColorLookupTable"
        setattr(dataset, f"{name}Descriptor", [count, first, bits])
        dataset[f"{name}Descriptor"].VR = "SS" if is_signed else "US"
        setattr(dataset, f"{name}Data", table.tobytes())
        dataset[f"{name}Data"].VR = "OW"
    put(dataset, path)
    index = np.clip(array.astype(int) - first, 0, count - 1)
    expected = np.moveaxis(tables[:, index], 0, -1)
    if not is_signed:
        assert np.array_equal(pydicom.pixels.apply_color_lut(array, dataset), expected)
    found = describe(path, "--check")
    assert (found["channels"], found["size"]) == (3, [8, 9, 1])
    assert found["sha256"] == digest(expected)


def test_formats_without_a_decoder_are_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "slice.dcm"
    array = volume("uint16", (64, 48)) >> 4
    twelve = imagecodecs.jpeg8_encode(array, level=95, bitspersample=12)
    dataset = compressed(instance(array, 0), JPEG_EXTENDED, twelve)
    dataset.BitsStored, dataset.HighBit = 12, 11
    put(dataset, path)
    assert 'Unsupported("lossy JPEG of 12 bits")' in refusal(path)
    colours = imagecodecs.jpegls_encode(smooth(64, 48))
    put(compressed(instance(smooth(64, 48), 0), JPEG_LS, colours), path)
    assert 'Unsupported("JPEG-LS' in refusal(path)
    for syntax in ["1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.94"]:
        put(compressed(instance(array, 0), syntax, b"\1\2\3\4"), path)
        reason = refusal(path)
        assert "Unsupported" in reason and syntax in reason


def test_a_sign_that_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "slice.dcm"
    array = volume("int16", (32, 32)) >> 4
    frame = imagecodecs.jpeg2k_encode(
        (array.view("uint16") & 0xFFF), level=0, codecformat="j2k", reversible=True, bitspersample=12
    )
    dataset = compressed(instance(array, 0), JPEG_2000, frame)
    dataset.BitsStored, dataset.HighBit = 12, 11
    put(dataset, path)
    assert describe(path, "--check")["sha256"] == digest(array)
    # Twelve bits without a sign in sixteen with one: were they below zero?
    dataset.BitsStored, dataset.HighBit = 16, 15
    put(dataset, path)
    assert "sign" in refusal(path)


@pytest.mark.parametrize("table", ["none", "basic", "extended"])
@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize("count", [1, 3])
def test_frames_in_fragments(tmp_path: Path, count: int, fragments: int, table: str) -> None:
    path = tmp_path / "frames.dcm"
    frames = volume("uint16", (count, 32, 24))
    dataset = framed(instance(frames[0], 0), frames)
    encoded = [bytes(imagecodecs.jpegls_encode(frame)) for frame in frames]
    compressed(dataset, JPEG_LS, *encoded)
    if table == "extended":
        extended = encapsulate_extended(encoded)
        dataset.PixelData, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = extended
    else:
        dataset.PixelData = encapsulate(encoded, fragments_per_frame=fragments, has_bot=table == "basic")
    put(dataset, path)
    if (count, fragments, table) == (3, 3, "none"):
        assert "Unsupported" in refusal(path)
    else:
        assert describe(path, "--check")["sha256"] == digest(frames)


def test_a_private_sequence_of_unknown_type(tmp_path: Path) -> None:
    path = tmp_path / "slice.dcm"
    put(instance(volume("uint8", (8, 8)), 0), path)
    # Its items have implicit types, which the parser does not know of.
    undefined = b"\xff" * 4
    item, end = b"\xfe\xff\x00\xe0" + undefined, b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    sequence = b"\x53\x00\x0c\x10UN\0\0" + undefined + item + b"\x08\x00\x50\x11\x04\0\0\x001.2\0" + end
    content = path.read_bytes()
    pixels = content.index(b"\xe0\x7f\x10\x00OW")
    path.write_bytes(content[:pixels] + sequence + content[pixels:])
    assert pydicom.dcmread(path).pixel_array.shape == (8, 8)
    assert "Unsupported" in refusal(path)


#: Files of pydicom that are read as others do but for the rounding of JPEG: the greatest difference. Our
#: decoder of JPEG interpolates differences of colour with another filter than libjpeg does.
ROUNDED = {
    "SC_jpeg_no_color_transform.dcm": 1,
    "SC_jpeg_no_color_transform_2.dcm": 1,
    "SC_rgb_dcmtk_+eb+cy+n1.dcm": 2,
    "SC_rgb_dcmtk_+eb+cy+n2.dcm": 1,
    "SC_rgb_dcmtk_+eb+cy+np.dcm": 2,
    "SC_rgb_dcmtk_+eb+cy+s2.dcm": 1,
    "SC_rgb_dcmtk_+eb+cy+s4.dcm": 1,
    "SC_rgb_jpeg_app14_dcmd.dcm": 1,
    "SC_rgb_jpeg_dcmtk.dcm": 1,
    "SC_rgb_jpeg_lossy_gdcm.dcm": 2,
    "examples_ybr_color.dcm": 3,
}

#: Files that are read exactly as pydicom itself does. SimpleITK makes 255 of one bit, keeps eight bits of
#: palettes, and confuses the order of bytes of 32 bits and of run lengths of 16.
AS_PYDICOM = {
    "SC_rgb_rle_16bit.dcm",
    "SC_rgb_rle_16bit_2frame.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "examples_palette.dcm",
    "liver_1frame.dcm",
    "liver_expb_1frame.dcm",
    "rtdose_1frame.dcm",
    "rtdose_expb.dcm",
    "rtdose_expb_1frame.dcm",
    "rtdose_rle.dcm",
    "rtdose_rle_1frame.dcm",
}

#: Files that are not read, and what is said of them.
REFUSED = {
    # Nothing reads these.
    "DICOMDIR-empty.dcm": "Unsupported",
    "ExplVR_BigEndNoMeta.dcm": "magic code",
    "ExplVR_LitEndNoMeta.dcm": "magic code",
    "JPEG2000-embedded-sequence-delimiter.dcm": "compressed frame of 3722445056x1024",
    "MR_truncated.dcm": "8192 value bytes",
    "UN_sequence.dcm": "private sequence",
    "empty_charset_LEI.dcm": "Unsupported",
    "meta_missing_tsyntax.dcm": "TransferSyntax",
    "nested_priv_SQ.dcm": "Unsupported",
    "no_meta.dcm": "magic code",
    "no_meta_group_length.dcm": "meta group",
    "priv_SQ.dcm": "no attribute Columns",
    "reportsi.dcm": "Basic Text SR",
    "reportsi_with_empty_number_tags.dcm": "Basic Text SR",
    "rtplan.dcm": "RT Plan",
    "rtplan_truncated.dcm": "300A,012C",
    "rtstruct.dcm": "magic code",
    "test-SR.dcm": "Comprehensive SR",
    "waveform_ecg.dcm": "ECG Waveform",
    # No decoder.
    "JPEG-lossy.dcm": "lossy JPEG of 12 bits",
    "JPGExtended.dcm": "lossy JPEG of 12 bits",
    "SC_rgb_jls_lossy_line.dcm": "JPEG-LS with colours",
    "SC_rgb_jls_lossy_sample.dcm": "JPEG-LS with colours",
    "SC_rgb_rle_32bit.dcm": "3 channels of 32 bits",
    "SC_rgb_rle_32bit_2frame.dcm": "3 channels of 32 bits",
    # Types are implicit where the transfer syntax has explicit ones.
    "SC_rgb_jpeg.dcm": "Truncated",
    # The number of frames is 1A.
    "badVR.dcm": "1A",
}

FILES = {path.name: path for path in Path(pydicom.__file__).with_name("data").joinpath("test_files").rglob("*.dcm")}


def as_pydicom(path: Path) -> np.ndarray:
    """The picture that pydicom finds, in red, green and blue if it has colours."""
    dataset = pydicom.dcmread(path)
    array = pydicom.pixels.pixel_array(dataset)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        array = pydicom.pixels.apply_color_lut(array, dataset)
    return array


def as_simple_itk(path: Path) -> np.ndarray:
    """The picture that SimpleITK finds."""
    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))


@pytest.mark.parametrize("name", sorted(FILES))
def test_files_of_pydicom(name: str, tmp_path: Path) -> None:
    path = FILES[name]
    if name in REFUSED:
        assert REFUSED[name] in refusal(path)
        return
    file = tmp_path / "samples"
    found = describe(path, "--samples", str(file))
    ours = np.fromfile(file, kind_of(found["element"])).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = (as_pydicom if name in AS_PYDICOM else as_simple_itk)(path)
    assert ours.size == theirs.size
    assert np.abs(ours - theirs.ravel()).max() <= ROUNDED.get(name, 0)
    describe(path, "--check")


def test_every_file_of_pydicom_is_accounted_for() -> None:
    listed = [*ROUNDED, *AS_PYDICOM, *REFUSED]
    assert len(set(listed)) == len(listed)
    assert set(listed) <= set(FILES)


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
