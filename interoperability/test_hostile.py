"""Files that lie about what they need, or hold far more than they show: an error in little memory and time.

A process that takes more memory than it may is ended by the system, and one that panics says so.
"""

from __future__ import annotations

import functools
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, UID

from image_reader import describe_with_little_memory, instance, smooth, volume

#: Bytes that a bomb holds.
BOMB = 256 << 20

#: Seconds that every file of these is decided upon in.
PATIENCE = 20


@functools.cache
def zeros(kind: int, start: bytes = b"") -> bytes:
    """Something and 256 MiB of zeros as zlib (15), gzip (31) or bare (-15)."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, kind)
    parts = [compressor.compress(start)]
    block = bytes(1 << 20)
    parts += [compressor.compress(block) for _ in range(BOMB >> 20)]
    return b"".join([*parts, compressor.flush()])


def metaimage(size: str, data: bytes, more: str = "CompressedData = True\n") -> bytes:
    """A MetaImage of bytes."""
    header = f"ObjectType = Image\nNDims = 3\nDimSize = {size}\nElementType = MET_UCHAR\n{more}"
    return header.encode() + b"ElementDataFile = LOCAL\n" + data


def nifti(*size: int) -> bytes:
    """A header of bytes."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, len(size), *size, *[1] * (7 - len(size)))
    struct.pack_into("<hh", header, 70, 2, 8)
    struct.pack_into("<8f", header, 76, *[1.0] * 8)
    struct.pack_into("<f", header, 108, 352)
    header[344:348] = b"n+1\0"
    return bytes(header)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A piece of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes, *more: bytes) -> bytes:
    """A grey picture."""
    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pieces = [chunk(b"IHDR", size), *more, chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(pieces)


def tiff(*entries: tuple[int, int, int, int], data: bytes = b"", following: int = 0) -> bytes:
    """A directory at byte 8, and behind it, at byte 1024, data."""
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    directory += struct.pack("<I", following)
    return (b"II*\0\x08\0\0\0" + directory).ljust(1024, b"\0") + data


LONG = 4


def grey(width: int, height: int, compression: int, length: int, offset: int = 1024) -> list[tuple[int, int, int, int]]:
    """A picture in one strip."""
    numbers = {256: width, 257: height, 258: 8, 259: compression, 262: 1, 273: offset, 277: 1, 278: height, 279: length}
    return [(tag, LONG, 1, number) for tag, number in numbers.items()]


def tiles(width: int, height: int, edge: int, compression: int, data: bytes) -> bytes:
    """A picture in one tile."""
    numbers = {256: width, 257: height, 258: 8, 259: compression, 262: 1, 277: 1}
    numbers |= {322: edge, 323: edge, 324: 1024, 325: len(data)}
    return tiff(*[(tag, LONG, 1, number) for tag, number in numbers.items()], data=data)


def dicom(dataset: pydicom.Dataset, syntax: str = ExplicitVRLittleEndian, data: bytes = b"") -> bytes:
    """An instance; of a deflated one, other data in their place."""
    file = io.BytesIO()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.save_as(file, enforce_file_format=True)
    content = file.getvalue()
    if data:
        length = struct.unpack_from("<I", content, 140)[0]
        content = content[: 144 + length] + data
    return content


def slice_of(rows: int, columns: int) -> pydicom.Dataset:
    """An instance that says to have so many pixels, and has few."""
    dataset = instance(volume("uint8", (4, 4)), 0)
    dataset.Rows, dataset.Columns = rows, columns
    return dataset


def huge_jpeg() -> bytes:
    """A JPEG that says to be as large as it can."""
    content = bytearray(imagecodecs.jpeg8_encode(smooth(16, 16)))
    frame = content.index(b"\xff\xc0")
    struct.pack_into(">HH", content, frame + 5, 65_500, 65_500)
    return bytes(content)


def huge_jpeg_2000() -> bytes:
    """A codestream that says to be as large as an instance can be."""
    content = bytearray(imagecodecs.jpeg2k_encode(smooth(16, 16)[..., 0], level=0, codecformat="j2k"))
    struct.pack_into(">II", content, 8, 65_500, 65_500)
    return bytes(content)


def encapsulated(frame: bytes, syntax: str) -> bytes:
    """An instance of 65 500 rows and columns."""
    dataset = slice_of(65_500, 65_500)
    dataset.PixelData = pydicom.encaps.encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dicom(dataset, syntax)


def segments() -> bytes:
    """A frame of run lengths."""
    return struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\0" * 1000


#: By the name of a file.
FILES: dict[str, Callable[[], bytes]] = {
    "bomb.mha": lambda: metaimage("4 4 4", zeros(15)),
    "bomb of gzip.mha": lambda: metaimage("4 4 4", zeros(31)),
    "size.mha": lambda: metaimage("100000 100000 100000", bytes(64), ""),
    "compressed size.mha": lambda: metaimage("30000 30000 30", zlib.compress(bytes(64))),
    "beyond counting.mha": lambda: metaimage("4294967295 4294967295 4294967295", bytes(64), ""),
    "channels.mha": lambda: metaimage("4 4 4", bytes(64), "ElementNumberOfChannels = 4000000000\n"),
    "bomb.nii.gz": lambda: zeros(31, nifti(4, 4, 4)),
    "bomb of a header.nii.gz": lambda: zeros(31),
    "size.nii": lambda: nifti(32_000, 32_000, 32_000) + bytes(64),
    "size.nii.gz": lambda: zlib.compress(nifti(32_000, 32_000, 32_000) + bytes(64), wbits=31),
    "bomb.png": lambda: png(4, 4, zeros(15)),
    "bomb of a profile.png": lambda: png(4, 4, b"", chunk(b"iCCP", b"a\0\0" + zeros(15))),
    "bomb of a text.png": lambda: png(4, 4, b"", chunk(b"zTXt", b"a\0\0" + zeros(15))),
    "size.png": lambda: png(2**31 - 1, 2**31 - 1, zlib.compress(bytes(64))),
    "size.jpg": huge_jpeg,
    "size.tif": lambda: tiff(*grey(2**31, 2**31, 1, 64), data=bytes(64)),
    "deflated size.tif": lambda: tiff(*grey(2**16, 2**16, 8, 64), data=zlib.compress(bytes(64)).ljust(64)),
    "tile.tif": lambda: tiles(16, 16, 2**16, 8, zlib.compress(bytes(64))),
    "tile of lzw.tif": lambda: tiles(2**16, 2**16, 2**16, 5, bytes(64)),
    "small tiles.tif": lambda: tiles(2**31, 2**31, 1, 1, bytes(64)),
    "directories in a circle.tif": lambda: tiff(*grey(4, 4, 1, 16), data=bytes(16), following=8),
    "directories below themselves.tif": lambda: tiff(*grey(4, 4, 1, 16), (330, LONG, 1, 8), data=bytes(16)),
    "table.tif": lambda: tiff(*grey(4, 4, 1, 16)[:-4], (273, LONG, 2**31, 1024), data=bytes(16)),
    "directories below.tif": lambda: tiff(*grey(4, 4, 1, 16), (330, LONG, 2**30, 1024), data=bytes(16)),
    "description.tif": lambda: tiff(*grey(4, 4, 1, 16), (270, 2, 2**32 - 1, 1024), (257, LONG, 1, 4), data=bytes(16)),
    "size.dcm": lambda: dicom(slice_of(65_535, 65_535)),
    "bomb.dcm": lambda: dicom(slice_of(4, 4), DeflatedExplicitVRLittleEndian, zeros(-15)),
    "value.dcm": lambda: dicom(
        slice_of(4, 4), DeflatedExplicitVRLittleEndian, zeros(-15, b"\x09\0\x10\x10OB\0\0" + struct.pack("<I", BOMB))
    ),
    "run lengths.dcm": lambda: encapsulated(segments(), "1.2.840.10008.1.2.5"),
    "jpeg.dcm": lambda: encapsulated(huge_jpeg(), "1.2.840.10008.1.2.4.50"),
    "jpeg 2000.dcm": lambda: encapsulated(huge_jpeg_2000(), "1.2.840.10008.1.2.4.90"),
    "jpeg-ls.dcm": lambda: encapsulated(
        imagecodecs.jpegls_encode(smooth(16, 16)[..., 0]).replace(b"\0\x10\0\x10", b"\xff\xdc\xff\xdc", 1),
        "1.2.840.10008.1.2.4.80",
    ),
}

#: These hold what they say, and more that nobody asked for.
READ = {"bomb.png", "directories below.tif", "description.tif"}


@pytest.mark.parametrize("option", ["--only-check", "--slice"])
@pytest.mark.parametrize("name", FILES)
def test_little_memory_and_time(tmp_path: Path, name: str, option: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    assert path.stat().st_size < 4 << 20
    options = [option, "0"] if option == "--slice" else [option]
    done = describe_with_little_memory(path, *options, seconds=PATIENCE)
    assert "panicked" not in done.stderr
    # One slice may be what it says even though others are not; and no signal ends the process.
    assert done.returncode == 1 or (done.returncode == 0 and (option == "--slice" or name in READ)), done.stderr
