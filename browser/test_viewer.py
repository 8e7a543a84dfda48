"""What a person sees who opens the viewer.

Every page that is opened here must neither complain on the console nor ask anything of
another origin: the fixture `open_page` says so at its end.
"""

import re
import shutil
import sqlite3
import urllib.request
from collections import Counter
from urllib.error import HTTPError

import pytest
from conftest import Watched

PHONE = {"width": 390, "height": 844}


def until(page, condition):
    """Waits until an expression holds. The page's policy forbids the usual way, which evaluates text in it."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"it never came true: {condition}")


def items(page):
    """Primary keys by title, of all items."""
    answer = page.evaluate("fetch('api/items?limit=1000').then((answer) => answer.json())")
    return {item["title"]: item["pk"] for item in answer["items"]}


def show(page, words):
    """Opens the item whose title has these words."""
    [pk] = [pk for title, pk in items(page).items() if words in title]
    page.evaluate(f"location.hash = '#/item/{pk}'")
    page.get_by_role("heading", level=1).filter(has_text=words).wait_for()
    return pk


def volume(page, words):
    """Opens an item with a volume, and waits until it is drawn."""
    show(page, words)
    page.get_by_role("toolbar", name="Volume").get_by_role("button", name="Axial").wait_for()
    return page.locator(".stage canvas")


def colours(page, locator):
    """How many pixels of a screenshot have which colour."""
    picture = locator.screenshot()
    counted = page.evaluate(
        """async (bytes) => {
            const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
            const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
            const context = canvas.getContext('2d');
            context.drawImage(bitmap, 0, 0);
            const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
            const counts = new Map();
            for (let at = 0; at < data.length; at += 4) {
                const key = `${data[at]} ${data[at + 1]} ${data[at + 2]}`;
                counts.set(key, (counts.get(key) ?? 0) + 1);
            }
            return [...counts];
        }""",
        list(picture),
    )
    return Counter({tuple(map(int, key.split())): count for key, count in counted})


def vivid(counts):
    """Pixels that are clearly not grey."""
    return sum(count for colour, count in counts.items() if max(colour) - min(colour) > 40)


def changed_after(page, locator, act, differs):
    """Does something, and waits until the picture is another one."""
    before = colours(page, locator)
    act()
    for _ in range(40):
        page.wait_for_timeout(150)
        after = colours(page, locator)
        if differs(before, after):
            return after
    pytest.fail("the picture stayed as it was")


def test_the_grid_shows_every_item(open_page, archive, keep):
    page = open_page()
    page.locator(".card").first.wait_for()
    catalogue = sqlite3.connect(archive / ".gcapi" / "catalogue.sqlite")
    expected = {pk for (pk,) in catalogue.execute("SELECT pk FROM archive_item")}
    shown = set()
    while True:
        shown |= {card.get_attribute("data-pk") for card in page.locator(".card").all()}
        content = page.locator("#content")
        at_end = content.evaluate("(it) => it.scrollTop + it.clientHeight >= it.scrollHeight - 2")
        if at_end:
            break
        content.evaluate("(it) => { it.scrollTop += it.clientHeight / 2; }")
        page.wait_for_timeout(100)
    assert shown == expected
    page.locator("#content").evaluate("(it) => { it.scrollTop = 0; }")
    until(page, "[...document.querySelectorAll('.card img')].every((image) => image.complete && image.naturalWidth > 50)")
    keep(page, "grid")


def test_filters_and_search_leave_what_fits(open_page, keep):
    page = open_page()
    everything = len(items(page))
    page.locator(".card").first.wait_for()
    page.get_by_label(re.compile("^HP")).click()
    until(page, "document.querySelectorAll('.card').length === 2")
    keep(page, "filtered")
    page.get_by_role("button", name="Clear filters").click()
    until(page, f"document.querySelectorAll('.card').length >= {min(everything, 10)}")
    page.keyboard.press("/")
    page.keyboard.type("Leber")
    until(page, "document.getElementById('found').textContent === '1 item'")
    page.keyboard.press("Enter")
    until(page, "document.activeElement.closest('.card') !== null")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1).filter(has_text="Leber").wait_for()
    assert page.get_by_text("1 of 1").is_visible()


def test_a_volume_is_drawn_and_scrolls(open_page, keep):
    page = open_page()
    canvas = volume(page, "Schädel")
    drawn = colours(page, canvas)
    # A blank canvas has one colour.
    assert len(drawn) > 50
    keep(page, "volume")
    canvas.focus()
    changed_after(page, canvas, lambda: page.keyboard.press("PageUp"), lambda before, after: before != after)
    canvas.hover(position={"x": 150, "y": 150})
    changed_after(page, canvas, lambda: page.mouse.wheel(0, 300), lambda before, after: before != after)
    assert re.match(r"voxel \d+, \d+, \d+ · value", page.locator(".location").inner_text())


def test_the_window_changes_what_is_seen(open_page):
    page = open_page()
    canvas = volume(page, "DICOM")
    dark = lambda counts: sum(count for colour, count in counts.items() if max(colour) < 10)
    changed_after(page, canvas, lambda: page.get_by_label("Window", exact=True).select_option("Lung"), lambda before, after: dark(after) < dark(before) * 0.95)
    assert page.get_by_label("Black of the window").input_value() == "-1350"


def test_a_volume_that_is_stored_as_a_negative_is_shown_as_it_is_meant(open_page, browser, archive, start, tmp_path, keep):
    page = open_page()
    brightness = lambda counts: sum(sum(colour) * count for colour, count in counts.items()) / counts.total()
    as_stored = brightness(colours(page, volume(page, "DICOM")))
    negative = tmp_path / "negative"
    shutil.copytree(archive, negative)
    instances = list(negative.rglob("*.dcm"))
    for instance in instances:
        stored = instance.read_bytes()
        assert stored.count(b"MONOCHROME2 ") == 1
        instance.write_bytes(stored.replace(b"MONOCHROME2 ", b"MONOCHROME1 "))
    assert instances
    viewer = start(negative)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(viewer.link)
    page.wait_for_url(lambda url: "token" not in url)
    page.goto(viewer.url)
    as_meant = brightness(colours(page, volume(page, "DICOM")))
    keep(page, "negative")
    # Air, which is most of it, is the least sample.
    assert as_meant > 2 * as_stored
    context.close()


def test_overlays_lie_on_the_image_and_go_and_come(open_page, keep):
    page = open_page()
    canvas = volume(page, "Leber")
    for name in ["Lung", "Liver", "Spleen", "Kidney", "Bone", "Lesion"]:
        assert page.locator(".layer").get_by_text(name, exact=True).is_visible()
    assert vivid(colours(page, canvas)) > 5000
    keep(page, "overlays")
    changed_after(page, canvas, lambda: page.keyboard.press("o"), lambda before, after: vivid(after) < vivid(before) / 5)
    changed_after(page, canvas, lambda: page.keyboard.press("o"), lambda before, after: vivid(after) > vivid(before) * 5)
    changed_after(page, canvas, lambda: page.get_by_label("Organ Segmentation", exact=True).uncheck(), lambda before, after: vivid(after) < vivid(before))


def test_a_slide_zooms_into_its_tiles(open_page, keep):
    page = open_page()
    levels = set()
    page.on("response", lambda answer: answer.ok and (found := re.search(r"_files/(\d+)/\d+_\d+\.jpg", answer.url)) and levels.add(int(found[1])))
    show(page, "Slide 06")
    stage = page.locator(".slide canvas").first
    stage.wait_for()
    page.wait_for_timeout(1000)
    assert len(colours(page, page.locator(".holder"))) > 500
    keep(page, "slide")
    first = max(levels)
    for _ in range(5):
        page.keyboard.press("+")
    page.wait_for_timeout(1500)
    assert max(levels) > first
    keep(page, "slide-near")
    assert page.locator(".scale output").inner_text().endswith("µm")


def test_tiles_are_sent_as_the_file_has_them(open_page, archive):
    page = open_page()
    pk = show(page, "Core biopsy")
    page.locator(".slide canvas").first.wait_for()
    [path] = (archive / pk).rglob("*.tif")
    stored = path.read_bytes()
    base = f"slides/{path.relative_to(archive).as_posix()}"
    found = page.evaluate(
        """async (base) => {
            const description = await (await fetch(`${base}.dzi`)).text();
            const [edge, width, height] = ['TileSize', 'Width', 'Height'].map((name) => Number(new RegExp(`${name}="(\\\\d+)"`).exec(description)[1]));
            const top = Math.ceil(Math.log2(Math.max(width, height)));
            const tiles = [];
            for (const level of [top, top - 1]) {
                const answer = await fetch(`${base}_files/${level}/1_1.jpg`);
                const bytes = new Uint8Array(await answer.arrayBuffer());
                const bitmap = await createImageBitmap(new Blob([bytes]));
                tiles.push({ bytes: [...bytes], size: [bitmap.width, bitmap.height] });
            }
            return { edge, tiles };
        }""",
        base,
    )
    assert found["edge"] == 256
    for tile in found["tiles"]:
        assert tile["size"] == [256, 256]
        data = bytes(tile["bytes"])
        # From the start of the scan on, nothing was encoded anew.
        scan = data[data.index(b"\xff\xda") :]
        assert len(scan) > 1000 and scan in stored


def test_a_large_picture_of_16_bits_has_a_window(browser, archive, start, tmp_path, keep):
    """As an X-ray is: 2200 x 3000 samples, brighter from left to right."""
    many = tmp_path / "xray"
    shutil.copytree(archive, many)
    catalogue = sqlite3.connect(many / ".gcapi" / "catalogue.sqlite")
    [(path, pk)] = catalogue.execute("SELECT path, item FROM file WHERE path LIKE '%.mha' ORDER BY path LIMIT 1")
    header = b"NDims = 2\nDimSize = 2200 3000\nElementType = MET_USHORT\nElementDataFile = LOCAL\n"
    row = b"".join((20 * column).to_bytes(2, "little") for column in range(2200))
    (many / path).write_bytes(header + 3000 * row)
    viewer = start(many)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(viewer.link)
    page.wait_for_url(lambda url: "token" not in url)
    page.goto(f"{viewer.url}#/item/{pk}")
    stage = page.locator(".holder")
    page.get_by_label("White of the window").wait_for()
    # The platform's record is of the image that was here before.
    page.get_by_label("Window", exact=True).select_option("Automatic")
    grey = lambda: sum(count for colour, count in colours(page, stage).items() if 60 < colour[0] < 200 and len(set(colour)) == 1)
    for _ in range(50):
        page.wait_for_timeout(100)
        if grey() > 10_000:
            break
    assert grey() > 10_000
    keep(page, "window-of-a-picture")
    before = stage.bounding_box()
    # Everything left of the middle is white now.
    white = lambda counts: counts[(255, 255, 255)] + counts[(254, 254, 254)]
    page.get_by_label("White of the window").fill("22000")
    after = changed_after(page, stage, lambda: page.keyboard.press("Tab"), lambda old, new: white(new) > white(old) + 20_000)
    assert vivid(after) < 100
    assert stage.bounding_box() == before
    assert page.get_by_label("Window", exact=True).input_value() == ""
    context.close()


def test_a_mask_lies_on_a_slide(browser, archive, start, tmp_path, keep):
    masked = tmp_path / "masked"
    shutil.copytree(archive, masked)
    catalogue = sqlite3.connect(masked / ".gcapi" / "catalogue.sqlite")
    mask, file = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
    with catalogue:
        [(pk,)] = catalogue.execute("SELECT pk FROM archive_item WHERE title LIKE '%Slide 06%'")
        [(socket,)] = catalogue.execute("SELECT pk FROM socket WHERE record LIKE '%\"Liver\"%' AND record LIKE '%\"Lung\"%' ORDER BY pk LIMIT 1")
        path = f"{pk}/images/mask/{mask}.mha"
        catalogue.execute("INSERT INTO socket_value VALUES (?, 99, 9999, ?, NULL, NULL, ?)", [pk, socket, mask])
        [(listing,)] = catalogue.execute("SELECT max(number) FROM listing")
        catalogue.execute("INSERT INTO image VALUES (?, 'mask', NULL, '{}', ?)", [mask, listing])
        catalogue.execute("INSERT INTO file VALUES (?, 'image-file', ?, ?, 9999, ?, ?, NULL, 1, '', 1, '', NULL, 1, 1)", [path, pk, socket, mask, file])
    # Label 1 in the upper left quarter, of a tenth of the resolution.
    header = b"NDims = 2\nDimSize = 200 200\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    row = bytes([1]) * 100 + bytes(100)
    (masked / path).parent.mkdir(parents=True)
    (masked / path).write_bytes(header + 100 * row + bytes(100 * 200))
    viewer = start(masked)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    watched = Watched(context, viewer.origin)
    page = watched.page
    page.goto(viewer.link)
    page.wait_for_url(lambda url: "token" not in url)
    page.goto(f"{viewer.url}#/item/{pk}")
    page.locator(".slide canvas").first.wait_for()
    holder = page.locator(".holder")
    assert page.locator(".layer").get_by_text("Lung", exact=True).is_visible()
    page.wait_for_timeout(1500)
    keep(page, "mask")
    # Orange, the colour of label 1, over the colours of the slide.
    orange = lambda counts: sum(count for (red, green, blue), count in counts.items() if red - blue > 90 and red > green > blue)
    assert orange(colours(page, holder)) > 20_000
    changed_after(page, holder, lambda: page.keyboard.press("o"), lambda before, after: orange(after) < orange(before) / 10)
    changed_after(page, holder, lambda: page.keyboard.press("o"), lambda before, after: orange(after) > orange(before) * 10)
    context.close()
    assert watched.complaints == []


def test_documents_tables_and_json_are_shown(open_page, keep):
    page = open_page()
    show(page, "Leber")
    right = page.locator(".right")
    right.locator("table").wait_for()
    assert right.locator("th").count() > 2
    # Digits stay as they were written.
    assert right.get_by_text("34.0", exact=True).first.is_visible()
    frame = right.locator("iframe")
    frame.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    keep(page, "document")
    answer = page.evaluate(
        """async (url) => {
            const answer = await fetch(url);
            return [answer.headers.get('content-type'), (await answer.text()).slice(0, 5)];
        }""",
        frame.get_attribute("src"),
    )
    assert answer == ["application/pdf", "%PDF-"]
    with page.expect_download() as waiting:
        right.get_by_role("link", name="measurements.csv").click()
    assert waiting.value.suggested_filename == "measurements.csv"


def test_the_keys_go_through_the_items(open_page):
    page = open_page()
    page.locator(".card").first.wait_for()
    page.keyboard.press("n")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.closest('.card').dataset.index") == "1"
    page.keyboard.press("Enter")
    page.get_by_text("2 of 12").wait_for()
    page.keyboard.press("n")
    page.get_by_text("3 of 12").wait_for()
    page.keyboard.press("p")
    page.get_by_text("2 of 12").wait_for()
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    until(page, "document.activeElement.closest('.card')?.dataset.index === '1'")


def test_everything_can_be_done_with_the_keyboard(open_page):
    page = open_page()
    page.locator(".card").first.wait_for()
    focused = lambda what: page.evaluate(f"document.activeElement.{what}")

    def press_until(key, condition):
        for _ in range(60):
            if page.evaluate(condition):
                return
            page.keyboard.press(key)
        pytest.fail(f"{key} never led to {condition}")

    # The first thing the keyboard reaches leads to the items.
    page.keyboard.press("Tab")
    assert focused("textContent") == "Skip to the items"
    page.keyboard.press("Enter")
    until(page, "document.activeElement.closest('.card') !== null")
    press_until("ArrowRight", "document.activeElement.textContent.includes('Leber')")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1).filter(has_text="Leber").wait_for()
    page.get_by_role("toolbar", name="Volume").get_by_role("button", name="Axial").wait_for()
    # The title has the focus, so that it is read first.
    assert focused("tagName") == "H1"
    canvas = page.locator(".stage canvas")
    press_until("Tab", "document.activeElement.textContent === 'Axial'")
    page.keyboard.press("Enter")
    assert focused("getAttribute('aria-pressed')") == "true"
    press_until("Tab", "document.activeElement.tagName === 'CANVAS'")
    changed_after(page, canvas, lambda: page.keyboard.press("ArrowUp"), lambda before, after: before != after)
    press_until("Tab", "document.activeElement.type === 'checkbox'")
    changed_after(page, canvas, lambda: page.keyboard.press("Space"), lambda before, after: before != after)
    press_until("Tab", "document.activeElement.type === 'range'")
    # Within a slider the arrows are its own.
    value = focused("value")
    page.keyboard.press("ArrowLeft")
    assert focused("value") != value
    # What is focused can be seen.
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    until(page, "document.activeElement.closest('.card')?.textContent.includes('Leber')")


@pytest.mark.parametrize("words", ["test and retest", "Core biopsy", "Fall 02", "Fall 03", "Fall 09", "noch leer", "DICOM", "肺"])
def test_every_item_can_be_looked_at(open_page, words):
    page = open_page()
    show(page, words)
    until(page, "document.querySelector('.loading') === null")
    assert page.locator(".problem").count() == 0


def test_it_fits_a_phone_and_the_dark(open_page, keep):
    page = open_page(viewport=PHONE, color_scheme="dark")
    page.locator(".card img").first.wait_for()
    page.wait_for_timeout(500)
    keep(page, "phone-grid")
    narrow = "document.documentElement.scrollWidth <= window.innerWidth"
    assert page.evaluate(narrow)
    page.get_by_role("button", name="Filters").click()
    assert page.get_by_role("complementary").is_visible()
    keep(page, "phone-filters")
    page.get_by_role("button", name="Filters").click()
    volume(page, "Leber")
    page.wait_for_timeout(500)
    keep(page, "phone-item")
    assert page.evaluate(narrow)
    wide = open_page(color_scheme="dark")
    wide.locator(".card img").first.wait_for()
    wide.wait_for_timeout(500)
    keep(wide, "dark-grid")
    background = wide.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(18, 23, 28)"


def test_whoever_has_no_token_is_refused(browser, viewer, session, keep):
    context = browser.new_context()
    page = context.new_page()
    # The token was used by the session.
    for link, status in [(viewer.url, 401), (viewer.link, 403)]:
        assert page.goto(link).status == status
        assert "Ctrl-C" in page.content()
    keep(page, "refused")
    context.close()
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(viewer.url + "api/items")
    assert refused.value.code == 401


def test_what_is_missing_or_failed_is_marked(browser, archive, start, tmp_path, keep):
    broken = tmp_path / "broken"
    shutil.copytree(archive, broken)
    catalogue = sqlite3.connect(broken / ".gcapi" / "catalogue.sqlite")
    with catalogue:
        [(path, pk)] = catalogue.execute("SELECT path, item FROM file WHERE path LIKE '%.mha' LIMIT 1")
        catalogue.execute("DELETE FROM file WHERE path = ?", [path])
        catalogue.execute("INSERT INTO failure VALUES (?, 'the connection broke', 'run it again', 1)", [path])
        [(other, damaged)] = catalogue.execute("SELECT item, path FROM file WHERE path LIKE '%.mha' AND item <> ? LIMIT 1", [pk])
    (broken / damaged).write_bytes(b"NDims = 3\nDimSize = 99999 99999 99999\nElementDataFile = LOCAL\n")
    viewer = start(broken)
    context = browser.new_context()
    page = context.new_page()
    page.goto(viewer.link)
    card = page.locator(f'[data-pk="{pk}"]')
    card.get_by_text("1 failed").wait_for()
    page.wait_for_timeout(500)
    keep(page, "failed")
    page.goto(f"{viewer.url}#/item/{pk}")
    page.get_by_text("the connection broke", exact=True).wait_for()
    page.goto(f"{viewer.url}#/item/{other}")
    page.get_by_text("No preview.").first.wait_for()
    keep(page, "damaged")
    context.close()


def test_a_hundred_thousand_items_scroll(browser, archive, start, tmp_path):
    many = tmp_path / "many"
    (many / ".gcapi").mkdir(parents=True)
    shutil.copy(archive / ".gcapi" / "catalogue.sqlite", many / ".gcapi")
    catalogue = sqlite3.connect(many / ".gcapi" / "catalogue.sqlite")
    with catalogue:
        [(listing, record)] = catalogue.execute("SELECT listing, record FROM archive_item LIMIT 1")
        catalogue.execute("DELETE FROM archive_item")
        catalogue.execute("DELETE FROM socket_value")
        rows = ((f"00000000-0000-4000-8000-{number:012x}", f"Case {number}", record, listing) for number in range(100_000))
        catalogue.executemany("INSERT INTO archive_item VALUES (?, ?, ?, ?)", rows)
    viewer = start(many)
    context = browser.new_context()
    page = context.new_page()
    page.goto(viewer.link)
    page.get_by_text("Case 0", exact=True).wait_for()
    assert page.locator(".card").count() < 200
    page.locator(".card a").first.focus()
    page.keyboard.press("End")
    page.get_by_text("Case 99999", exact=True).wait_for()
    assert page.locator(".card").count() < 200
    assert page.evaluate("document.activeElement.textContent").startswith("no valuesCase 99999")
    context.close()
