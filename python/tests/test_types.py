"""The types say what is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def run(*arguments: str, folder: Path) -> str:
    """A module of Python at work in a folder that is not the sources'."""
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_the_stubs_are_of_the_native_module(tmp_path: Path) -> None:
    output = run("mypy.stubtest", "gcapi_rs._native", folder=tmp_path)
    assert output.startswith("Success"), output


def test_the_package_is_strictly_typed(tmp_path: Path) -> None:
    output = run("mypy", "--config-file", str(PROJECT), "-p", "gcapi_rs", folder=tmp_path)
    assert output.startswith("Success"), output
