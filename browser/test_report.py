"""What a person sees who opens a report."""

import os
import shutil
import sqlite3
import subprocess

import pytest
from conftest import Watched

HOSTILE = """</title><script>alert(1)</script><img src="https://example.org/a.png" onerror="alert(2)">'"""

PHONE = {"width": 390, "height": 844}


def gcapi(*arguments):
    subprocess.run([os.environ["GCAPI_BINARY"], "--quiet", *arguments], check=True)


@pytest.fixture(scope="module")
def page_of(archive, tmp_path_factory):
    """A report of the demo archive, after verifying it; a part of it goes by a hostile name, and something failed."""
    folder = tmp_path_factory.mktemp("report")
    shutil.copytree(archive, folder / "demo")
    gcapi("verify", "--deep", folder / "demo")
    catalogue = sqlite3.connect(folder / "demo" / ".gcapi" / "catalogue.sqlite")
    with catalogue:
        catalogue.execute("UPDATE archive_item SET title = ? WHERE pk = (SELECT min(item) FROM socket_value WHERE image IS NOT NULL)", [HOSTILE])
        catalogue.execute("UPDATE socket SET slug = ? WHERE pk = (SELECT max(socket) FROM socket_value WHERE image IS NOT NULL)", [HOSTILE])
        catalogue.execute("INSERT INTO failure VALUES (?, 'the connection broke', 'run it again', 1)", [HOSTILE])
    gcapi("report", folder / "demo", "-o", folder / "report.html")
    return (folder / "report.html").as_uri()


@pytest.fixture
def open_report(browser, page_of):
    """Opens the report, and makes sure that it asks for nothing, runs nothing and complains of nothing."""
    opened = []

    def open_report(**options):
        context = browser.new_context(viewport=options.pop("viewport", {"width": 1280, "height": 800}), **options)
        watched = Watched(context, "")
        watched.page.on("dialog", lambda dialog: watched.complaints.append(dialog.message))
        opened.append((context, watched))
        watched.page.goto(page_of)
        return watched.page

    yield open_report
    for context, watched in opened:
        context.close()
        asked = [url for url in watched.requests if not url.startswith("data:")]
        assert asked == [page_of]
        assert watched.complaints == []


def test_it_shows_what_the_archive_is_without_asking_for_anything(open_report, keep):
    page = open_report()
    assert page.title() == page.get_by_role("heading", level=1).inner_text()
    for words in ["intact and decoded", "the connection broke", "computed-tomography.modality"]:
        assert page.get_by_text(words).first.is_visible()
    pictures = page.locator("figure img")
    assert pictures.count() > 5
    assert page.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 10)")
    assert page.locator("figure svg rect").count() > 20 or page.locator(".bars i").count() > 20
    widths = page.locator(".bars i").evaluate_all("(bars) => bars.map((bar) => bar.getBoundingClientRect().width)")
    assert all(width > 0 for width in widths)
    keep(page, "report")
    page.locator("figure svg, .bars").first.scroll_into_view_if_needed()
    keep(page, "report-plots")


def test_names_of_the_archive_stay_text(open_report):
    page = open_report()
    assert page.locator("script").count() == 0
    # Where the archive lies on this machine is nobody's business.
    assert os.path.dirname(page.url.removeprefix("file://")) not in page.content()
    # A failure, a socket and a picture at least.
    assert page.get_by_text(HOSTILE).count() >= 3
    assert page.evaluate("[...document.images].every((image) => image.src.startsWith('data:image/jpeg;base64,'))")


def test_it_fits_a_phone_and_the_dark(open_report, keep):
    page = open_report(viewport=PHONE, color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 23, 28)"
    keep(page, "report-phone")
