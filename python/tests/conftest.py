"""A platform on this machine: `gcapi serve` of the demo archive, over TLS.

`GCAPI_BINARY` names the program; without it, the one cargo built last is taken.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

#: gcapi and gcapi_rs as clients of one platform.
pytest_plugins = ["peers"]

BUILT = Path(__file__).parents[2] / "target" / "debug" / "gcapi"
PROGRAM = os.environ.get("GCAPI_BINARY", str(BUILT))


@dataclass(frozen=True)
class Platform:
    """A running server."""

    base_url: str
    #: A file with the certificate to trust.
    ca: str
    token: str
    #: What our program downloaded from it, as a reference.
    reference: Path


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[dict[str, str]]:
    """A command that serves until it is told to end, and where."""
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
                yield event
                break
        else:
            pytest.fail(f"{arguments} ended without serving")
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with nothing of the user's in it."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Platform]:
    """`gcapi demo --keep-serving`: its archive has the slug `demo`."""
    folder = tmp_path_factory.mktemp("reference") / "archive"
    with serving(home, "demo", "--output", str(folder), "--keep-serving") as event:
        yield Platform(event["base_url"], event["ca_cert"], event["token"], folder)


@pytest.fixture(scope="session", autouse=True)
def nothing_of_the_user() -> Iterator[None]:
    """Neither a token nor a proxy of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.lower().endswith("_proxy") or name == "GRAND_CHALLENGE_AUTHORIZATION":
                patch.delenv(name)
        yield


def run_python(
    script: str, *arguments: str, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """A script in an interpreter of its own."""
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
