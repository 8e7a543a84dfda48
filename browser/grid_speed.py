"""How soon the grid is seen, for the benchmark.

    python grid_speed.py make FOLDER
    python grid_speed.py open FOLDER PROGRAM BROWSER

The first makes an archive of 500 items with an image each (it needs numpy, tifffile and
imagecodecs). The second starts the viewer, opens its page, and prints what it took as a JSON line
(it needs playwright).
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import uuid
import zlib
from pathlib import Path
from typing import Any

#: Items; one of ten is a slide, the others are volumes.
ITEMS = 500
#: Images that differ: the others are further names of them, so that the archive is small.
VOLUMES, SLIDES = 20, 5

SCHEMA = Path(__file__).parent.parent / "crates/gcapi-archive/src/catalogue/schema.sql"
URL = "https://platform.example.org/api/v1/"


def volume(seed: int) -> bytes:
    """A compressed MetaImage of 128 x 128 x 64 samples: soft shapes, and noise in the lowest bits."""
    import numpy as np

    z, y, x = np.ogrid[-1:1:64j, -1:1:128j, -1:1:128j]
    shape = 1000 * np.exp(-3 * (x**2 + (1 + seed / 20) * y**2 + z**2)) - 500 * (x**2 + 2 * y**2 < 0.1)
    samples = (shape + np.random.default_rng(seed).normal(0, 12, shape.shape)).astype("<i2")
    data = zlib.compress(samples.tobytes())
    header = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = True\n"
        f"CompressedDataSize = {len(data)}\nElementSpacing = 1 1 2\nDimSize = 128 128 64\n"
        "ElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    )
    return header.encode() + data


def slide(seed: int, path: Path) -> bytes:
    """A pyramid of JPEG tiles, 4096 x 3072 pixels."""
    import numpy as np
    import tifffile

    y, x = np.mgrid[0:3072, 0:4096]
    waves = [np.sin(x / (40 + seed)), np.cos(y / 30), np.sin((x + y) / 50)]
    level = np.stack([(160 + 90 * wave) for wave in waves], axis=-1).astype(np.uint8)
    with tifffile.TiffWriter(path) as writer:
        for number in range(5):
            writer.write(
                level, tile=(256, 256), photometric="rgb", compression="jpeg", subfiletype=int(number > 0)
            )
            level = np.ascontiguousarray(level[::2, ::2])
    return path.read_bytes()


def make(folder: Path) -> None:
    """The archive, as a download leaves it."""
    (folder / ".gcapi").mkdir(parents=True)
    images = [(volume(seed), "mha") for seed in range(VOLUMES)]
    images += [(slide(seed, folder / ".gcapi" / "slide.tif"), "tif") for seed in range(SLIDES)]
    (folder / ".gcapi" / "slide.tif").unlink()
    first: dict[int, Path] = {}
    catalogue = sqlite3.connect(folder / ".gcapi" / "catalogue.sqlite")
    with catalogue:
        catalogue.executescript(SCHEMA.read_text(encoding="utf-8"))
        catalogue.execute("PRAGMA user_version = 1")
        settings = {"layout": "container", "images_only": "false", "base_url": URL}
        catalogue.executemany("INSERT INTO setting VALUES (?, ?)", settings.items())
        catalogue.execute("INSERT INTO listing VALUES (1, 1, 1, ?, ?)", [ITEMS, ITEMS])
        catalogue.execute("INSERT INTO archive VALUES (?, 'grid', 'Grid', '{}')", [str(uuid.UUID(int=1))])
        socket = {"title": "Image", "slug": "image", "kind": "Image"}
        catalogue.execute("INSERT INTO socket VALUES (1, 'image', 'Image', 'images/image', ?)", [json.dumps(socket)])
        for number in range(ITEMS):
            kind = VOLUMES + number // 10 % SLIDES if number % 10 == 0 else number % VOLUMES
            content, suffix = images[kind]
            item, image, file = (str(uuid.UUID(int=(part << 64) + number)) for part in (2, 3, 4))
            path = folder / item / "images" / "image" / f"{image}.{suffix}"
            path.parent.mkdir(parents=True)
            if kind in first:
                os.link(first[kind], path)
            else:
                path.write_bytes(content)
                first[kind] = path
            digest, changed = hashlib.sha256(content).hexdigest(), path.stat().st_mtime_ns
            record = json.dumps({"modality": {"modality": "HP" if suffix == "tif" else "CT"}})
            catalogue.execute("INSERT INTO archive_item VALUES (?, ?, '{}', 1)", [item, f"Case {number}"])
            catalogue.execute("INSERT INTO socket_value VALUES (?, 0, ?, 1, NULL, NULL, ?)", [item, number, image])
            catalogue.execute("INSERT INTO image VALUES (?, 'image', NULL, ?, 1)", [image, record])
            catalogue.execute("INSERT INTO image_file VALUES (?, 0, ?, NULL, '')", [image, file])
            catalogue.execute(
                "INSERT INTO file VALUES (?, 'image-file', ?, 1, ?, ?, ?, NULL, ?, ?, ?, ?, NULL, ?, 1)",
                [path.relative_to(folder).as_posix(), item, number, image, file]
                + [len(content), digest, len(content), digest, changed],
            )


#: Whether all items are counted and every picture in sight is drawn; when, in milliseconds since the
#: address was entered.
IN_SIGHT = """async (items) => {
    const place = document.getElementById('content').getBoundingClientRect();
    for (;;) {
        const images = [...document.querySelectorAll('.card img')];
        const inSight = images.filter((image) => image.getBoundingClientRect().top < place.bottom);
        const counted = document.getElementById('found').textContent === `${items} items`;
        if (counted && inSight.length > 0 && inSight.every((image) => image.complete && image.naturalWidth > 50)) {
            await Promise.all(inSight.map((image) => image.decode()));
            await new Promise(requestAnimationFrame);
            return { milliseconds: performance.now(), pictures: inSight.length };
        }
        await new Promise(requestAnimationFrame);
    }
}"""

#: Fetches the pictures of all items side by side; when the last was there.
ALL = """async () => {
    const list = await (await fetch('api/items?limit=1000')).json();
    const sizes = await Promise.all(list.items.map(async (item) => {
        const path = item.preview.split('/').map(encodeURIComponent).join('/');
        const answer = await fetch(`thumbnails/${path}.jpg`, { cache: 'no-store' });
        if (answer.headers.get('content-type') !== 'image/jpeg') throw new Error(item.preview);
        return (await answer.arrayBuffer()).byteLength;
    }));
    return { milliseconds: performance.now(), pictures: sizes.length };
}"""


def seen(context: Any, link: str) -> tuple[dict[str, float], dict[str, float]]:
    """Opens the page."""
    page = context.new_page()
    page.goto(link, wait_until="commit")
    page.wait_for_url(lambda url: "token" not in url, wait_until="domcontentloaded")
    found = page.evaluate(IN_SIGHT, ITEMS), page.evaluate(ALL)
    page.close()
    return found


def open_(folder: Path, program: str, browser: str) -> None:
    """What the page takes, from a program that was just started, and again."""
    from conftest import ARGUMENTS
    from playwright.sync_api import sync_playwright

    # The files are in memory, as after a download.
    for path in folder.rglob("*"):
        if path.is_file():
            path.read_bytes()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS)
        # A browser that has shown something already.
        chromium.new_context().new_page().goto("data:text/html,ready")
        command = [program, "view", "--no-open", "--quiet", str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as viewer:
            assert viewer.stdout is not None
            link = viewer.stdout.readline().strip()
            context = chromium.new_context(viewport={"width": 1280, "height": 800})
            first, second = seen(context, link), seen(context, link.split("?")[0])
            peak = next(
                int(line.split()[1]) * 1024
                for line in Path(f"/proc/{viewer.pid}/status").read_text().splitlines()
                if line.startswith("VmHWM")
            )
            viewer.terminate()
        chromium.close()
    assert first[1]["pictures"] == ITEMS
    print(
        json.dumps(
            {
                "in_sight": first[0]["milliseconds"] / 1000,
                "all": first[1]["milliseconds"] / 1000,
                "again_in_sight": second[0]["milliseconds"] / 1000,
                "again_all": second[1]["milliseconds"] / 1000,
                "pictures_in_sight": first[0]["pictures"],
                "peak_bytes": peak,
            }
        )
    )


def main() -> None:
    """Does what is asked for."""
    what, folder, *rest = sys.argv[1:]
    if what == "make":
        make(Path(folder))
    else:
        open_(Path(folder), *rest)


if __name__ == "__main__":
    main()
