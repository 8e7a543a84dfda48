"""What a person sees who opens the sheet of `gcapi peek`, which may have come by mail."""

import json
import os
import subprocess

import pytest

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def sheet(archive, tmp_path_factory):
    """A sheet of the demo archive, served by `gcapi serve` and not fetched for it."""
    gcapi = os.environ["GCAPI_BINARY"]
    folder = tmp_path_factory.mktemp("sheet")
    command = [gcapi, "serve", archive, "--json", "--ca-out", folder / "ca.pem", "--listen", "127.0.0.1:0", "--store-listen", "127.0.0.1:0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        served = json.loads(server.stdout.readline())
        environment = os.environ | {
            "GCAPI_BASE_URL": served["base_url"],
            "GCAPI_CA_CERT": served["ca_cert"],
            "GRAND_CHALLENGE_AUTHORIZATION": served["token"],
        }
        command = [gcapi, "peek", "demo", "-n", "100", "--quiet", "-o", folder / "sheet.html"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    finally:
        server.terminate()
        assert server.wait(timeout=20) == 0
    return folder / "sheet.html"


@pytest.fixture
def open_sheet(browser, sheet):
    """Opens the sheet, and makes sure that it asks for nothing and complains of nothing."""
    opened = []

    def open_sheet(**options):
        context = browser.new_context(**options)
        page = context.new_page()
        requests, complaints = [], []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(sheet.as_uri())
        opened.append((context, requests, complaints))
        return page

    yield open_sheet
    for context, requests, complaints in opened:
        context.close()
        assert [url for url in requests if not url.startswith("data:")] == [sheet.as_uri()]
        assert complaints == []


def test_a_sheet_shows_its_pictures_and_asks_for_nothing(open_sheet, keep):
    page = open_sheet(viewport={"width": 1280, "height": 800})
    pictures = page.locator("img")
    assert pictures.count() > 10
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("(image) => image.complete && image.naturalWidth > 0")
    page.evaluate("window.scrollTo(0, 0)")
    assert page.get_by_role("row", name="Read of the files").is_visible()
    keep(page, "sheet")


@pytest.mark.parametrize("scheme, background", [("light", "rgb(245, 246, 247)"), ("dark", "rgb(18, 23, 28)")])
def test_a_sheet_fits_a_phone_in_either_light(open_sheet, keep, scheme, background):
    page = open_sheet(viewport=PHONE, color_scheme=scheme)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == background
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator("img").first.scroll_into_view_if_needed()
    keep(page, f"sheet-phone-{scheme}")
