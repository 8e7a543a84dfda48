"""The examples of the README and of the docstrings run, against the demo archive."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

import gcapi_rs

README = Path(__file__).parents[1] / "README.md"


def blocks() -> list[str]:
    """The Python of the README."""
    return re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), flags=re.M | re.S)


def test_the_readme(
    platform: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    names = list(gcapi_rs.Client.__init__.__code__.co_varnames[1:4])
    assert names == ["token", "base_url", "verify"]
    _token, _base_url, _verify, *others = gcapi_rs.Client.__init__.__defaults__ or ()
    # The platform of the tests instead of the real one; no line is changed.
    defaults = ("", platform.base_url, platform.ca, *others)
    monkeypatch.setattr(gcapi_rs.Client.__init__, "__defaults__", defaults)
    monkeypatch.chdir(tmp_path)
    examples = blocks()
    assert len(examples) >= 6
    scope: dict[str, Any] = {}
    for number, example in enumerate(examples):
        script = example.replace("my-token", platform.token).replace('"my-archive"', '"demo"')
        exec(compile(script, f"README block {number}", "exec"), scope)
    printed = capsys.readouterr().out
    assert "75 files, " in printed
    assert printed.count("computed-tomography") >= 4
    assert "no-such-archive" in printed
    assert len(list((tmp_path / "by-value").iterdir())) == 11


def test_the_docstrings() -> None:
    tried = 0
    for found in pkgutil.walk_packages(gcapi_rs.__path__, "gcapi_rs."):
        if found.name != "gcapi_rs._native":
            results = doctest.testmod(importlib.import_module(found.name))
            assert results.failed == 0, found.name
            tried += results.attempted
    assert tried >= 5
