"""TIFF written by tifffile, read by our reader; slides whose tiles are given out as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile

from image_reader import JPEG_TOLERANCE, TYPES, describe, digest, name, refusal, samples, smooth, volume


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
