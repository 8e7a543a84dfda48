"""Two servers of the same archive: the demo's own, and `gcapi serve` of what
our program downloaded from it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = os.environ["GCAPI_BINARY"]

# Its assertions are to say what they saw, as those of tests do.
pytest.register_assert_rewrite("image_reader")


@dataclass(frozen=True)
class Platform:
    """A running server, and our program to talk to it."""

    #: `demo` or `serve`.
    name: str
    base_url: str
    ca: str
    token: str
    home: Path

    def run(self, *arguments: str) -> None:
        """Runs our program against this server; it has to succeed."""
        environment = {
            **os.environ,
            "HOME": str(self.home),
            "GCAPI_BASE_URL": self.base_url,
            "GCAPI_CA_CERT": self.ca,
            "GRAND_CHALLENGE_AUTHORIZATION": self.token,
        }
        subprocess.run([PROGRAM, "--quiet", *arguments], env=environment, check=True)


@contextmanager
def serving(name: str, home: Path, *arguments: str) -> Iterator[Platform]:
    """A command that serves until it is told to end."""
    server = subprocess.Popen(
        [PROGRAM, *arguments, "--json"],
        env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        for line in server.stdout:
            event = json.loads(line)
            if event["event"] == "serving":
                break
        else:
            pytest.fail(f"gcapi {name} ended without serving")
        yield Platform(name, event["base_url"], event["ca_cert"], event["token"], home)
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with nothing of the user's in it."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[tuple[Platform, Path]]:
    """`gcapi demo --keep-serving`, and where it downloaded the archive to."""
    folder = tmp_path_factory.mktemp("ours") / "archive"
    with serving("demo", home, "demo", "--output", str(folder), "--keep-serving") as platform:
        yield platform, folder


@pytest.fixture(scope="session")
def ours(demo: tuple[Platform, Path]) -> Path:
    """What our program downloaded."""
    return demo[1]


@pytest.fixture(scope="session")
def served(ours: Path, home: Path) -> Iterator[Platform]:
    """`gcapi serve` of what our program downloaded."""
    anywhere = ["--listen", "127.0.0.1:0", "--store-listen", "127.0.0.1:0"]
    with serving("serve", home, "serve", str(ours), *anywhere) as platform:
        yield platform


@pytest.fixture(scope="session", params=["demo", "serve"])
def platform(request: pytest.FixtureRequest) -> Platform:
    """Each of the two servers."""
    if request.param == "demo":
        return request.getfixturevalue("demo")[0]
    return request.getfixturevalue("served")
