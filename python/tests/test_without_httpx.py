"""Nothing is needed at run time; and nothing is imported that takes long."""

from __future__ import annotations

from typing import Any

from conftest import run_python

WITHOUT = """
import sys
sys.modules["httpx"] = None
import gcapi_rs
client = gcapi_rs.Client(token=sys.argv[1], base_url=sys.argv[2], verify=sys.argv[3])
assert client.archives.detail(slug="demo").title == "Demo archive"
try:
    client(path="no-such-path/")
except gcapi_rs.exceptions.HTTPStatusError as error:
    assert error.response.status_code == 404
try:
    gcapi_rs.Client(token="x", base_url="https://localhost:1/api/v1/")
except gcapi_rs.exceptions.ConnectError as error:
    print(type(error).__mro__)
"""


def test_it_works_without_httpx(platform: Any) -> None:
    done = run_python(WITHOUT, platform.token, platform.base_url, platform.ca)
    assert done.returncode == 0, done.stderr
    assert "httpx" not in done.stdout.replace("httpx_bases", "")
    assert "GCAPIError" in done.stdout


def test_it_imports_nothing_heavy() -> None:
    done = run_python("import sys, gcapi_rs; print(*sorted(sys.modules))")
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "gcapi_rs" in loaded
    assert not loaded & {"numpy", "pandas", "pydantic", "pyarrow", "tqdm", "gcapi"}
