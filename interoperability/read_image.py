"""Reads an image once into an array, for the benchmark.

    python read_image.py make PATH
    python read_image.py gcapi_rs|SimpleITK PATH

The first makes a compressed MetaImage. The others print one JSON line: what reading it took,
without starting Python, and a digest of what was read.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from typing import Any

import numpy as np

#: Slices, rows, columns.
SHAPE = (512, 512, 512)


def make(path: str) -> None:
    """A volume that compresses as a scan does: soft shapes, and noise in the lowest bits."""
    import SimpleITK

    z, y, x = np.ogrid[-1 : 1 : SHAPE[0] * 1j, -1 : 1 : SHAPE[1] * 1j, -1 : 1 : SHAPE[2] * 1j]
    volume = 1000 * np.exp(-3 * (x**2 + y**2 + z**2)) - 500 * (x**2 + 2 * y**2 < 0.1)
    volume += np.random.default_rng(1).normal(0, 12, SHAPE)
    image = SimpleITK.GetImageFromArray(volume.astype(np.int16))
    SimpleITK.WriteImage(image, path, useCompression=True)


def reader(name: str) -> Any:
    """What reads a file into an array."""
    if name == "gcapi_rs":
        from gcapi_rs.image import read_image

        return read_image
    import SimpleITK

    return lambda path: SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(path))


def main() -> None:
    """Does what is asked for."""
    what, path = sys.argv[1:]
    if what == "make":
        make(path)
        return
    read = reader(what)
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    array = read(path)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        json.dumps(
            {
                "wall_seconds": wall,
                "cpu_seconds": cpu,
                "peak_bytes": after.ru_maxrss * unit,
                "exit_code": 0,
                "digest": hashlib.sha256(np.ascontiguousarray(array)).hexdigest(),
            }
        )
    )


if __name__ == "__main__":
    main()
