"""Fixtures: gcapi and gcapi_rs as clients of the same platform."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gcapi
import pytest
from scripted import ScriptedPlatform, scripted_platform

import gcapi_rs


@pytest.fixture(scope="session")
def theirs(platform: Any) -> Iterator[gcapi.Client]:
    """A client of gcapi."""
    with pytest.MonkeyPatch.context() as patch:
        # It ignores `verify` where it fetches DICOM instances.
        patch.setenv("SSL_CERT_FILE", platform.ca)
        yield gcapi.Client(token=platform.token, base_url=platform.base_url, verify=platform.ca)


@pytest.fixture(scope="session")
def ours(platform: Any) -> gcapi_rs.Client:
    """A client of gcapi_rs."""
    return gcapi_rs.Client(token=platform.token, base_url=platform.base_url, verify=platform.ca)


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[ScriptedPlatform]:
    """A platform that answers as the test says."""
    with scripted_platform(tmp_path) as platform:
        yield platform


@pytest.fixture
def scripted_theirs(scripted: ScriptedPlatform) -> gcapi.Client:
    """A client of gcapi at the scripted platform."""
    return gcapi.Client(token="token", base_url=scripted.base_url, verify=scripted.ca)


@pytest.fixture
def scripted_ours(scripted: ScriptedPlatform) -> gcapi_rs.Client:
    """A client of gcapi_rs at the scripted platform."""
    return gcapi_rs.Client(token="token", base_url=scripted.base_url, verify=scripted.ca)
