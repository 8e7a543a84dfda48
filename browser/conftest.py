"""A viewer of the demo archive, and a browser to look at it.

`cargo xtask test --only browser` sets what is needed: GCAPI_BINARY, the program; GCAPI_CHROMIUM,
the browser; GCAPI_SCREENSHOTS, a folder for what the browser saw.
"""

import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # WebGL without graphics hardware.
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """The demo archive, downloaded."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    subprocess.run([os.environ["GCAPI_BINARY"], "demo", "--quiet", "-o", folder], check=True, stdout=subprocess.DEVNULL)
    return folder


class Viewer:
    """A running `gcapi view`."""

    def __init__(self, folder):
        command = [os.environ["GCAPI_BINARY"], "view", "--no-open", "--quiet", folder]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.link = self.process.stdout.readline().strip()
        parts = urlsplit(self.link)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.url = f"{self.origin}/view/"

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=20) == 0


@pytest.fixture(scope="session")
def start():
    """Starts viewers, and stops them at the end."""
    running = []

    def start(folder):
        running.append(Viewer(folder))
        return running[-1]

    yield start
    for viewer in running:
        viewer.stop()


@pytest.fixture(scope="session")
def viewer(start, archive):
    return start(archive)


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["GCAPI_CHROMIUM"], args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def session(browser, viewer):
    """The cookie of the one browser that the link opens."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(viewer.link)
    page.wait_for_url(lambda url: "token" not in url)
    state = context.storage_state()
    context.close()
    return state


class Watched:
    """A page of which every request and every complaint is kept."""

    def __init__(self, context, origin):
        self.page = context.new_page()
        self.origin = origin
        self.requests = []
        self.complaints = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: message.type == "error" and self.complaints.append(f"{message.type}: {message.text} {message.location}"))
        self.page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))

    def foreign(self):
        """Requests that leave the origin; those to parts of the browser go nowhere."""
        inside = (self.origin + "/", "data:", "blob:", "chrome:", "chrome-extension:")
        return [url for url in self.requests if not url.startswith(inside)]


@pytest.fixture
def open_page(browser, viewer, session):
    """Opens pages, and makes sure that they stay at home and complain of nothing."""
    opened = []

    def open_page(address="", **options):
        context = browser.new_context(storage_state=session, viewport=options.pop("viewport", {"width": 1280, "height": 800}), **options)
        watched = Watched(context, viewer.origin)
        opened.append((context, watched))
        watched.page.goto(viewer.url + address)
        return watched.page

    yield open_page
    for context, watched in opened:
        context.close()
        assert watched.foreign() == []
        assert watched.complaints == []


@pytest.fixture
def keep(request):
    """Keeps a screenshot."""
    folder = Path(os.environ["GCAPI_SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)

    def keep(page, name):
        page.screenshot(path=folder / f"{name}.png")

    return keep
