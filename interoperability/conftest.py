"""The demo archive, downloaded once by our program and served on."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Platform:
    """A running server, and the program that talks to it."""

    program: str
    base_url: str
    ca: str
    token: str
    home: Path

    def run(self, *arguments: str) -> None:
        """Runs the program against this server; it has to succeed."""
        environment = {
            **os.environ,
            "HOME": str(self.home),
            "GCAPI_BASE_URL": self.base_url,
            "GCAPI_CA_CERT": self.ca,
            "GRAND_CHALLENGE_AUTHORIZATION": self.token,
        }
        subprocess.run([self.program, "--quiet", *arguments], env=environment, check=True)


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where our program downloads the demo archive to."""
    return tmp_path_factory.mktemp("ours") / "archive"


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory, ours: Path) -> Iterator[Platform]:
    """`gcapi demo --keep-serving`, after its own download."""
    home = tmp_path_factory.mktemp("home")
    program = os.environ["GCAPI_BINARY"]
    server = subprocess.Popen(
        [program, "demo", "--output", str(ours), "--keep-serving", "--json"],
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
            pytest.fail("the demo ended without serving")
        yield Platform(program, event["base_url"], event["ca_cert"], event["token"], home)
    finally:
        server.terminate()
        server.wait(timeout=20)
