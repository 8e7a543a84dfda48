"""A platform that takes its time: a synthetic archive, and bytes that trickle.

`GCAPI_PLATFORM` names the program; without it, the one cargo built last is taken.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

import gcapi_rs

BUILT = Path(__file__).parents[2] / "target" / "debug" / "platform"
PROGRAM = os.environ.get("GCAPI_PLATFORM", str(BUILT))

#: The archive's slug.
SLUG = "synthetic"


@contextmanager
def slow_platform(folder: Path, **order: Any) -> Iterator[dict[str, Any]]:
    """A running platform, and what a client of it is made with."""
    authority = trustme.CA()
    identity = authority.issue_cert("localhost")
    folder.mkdir(parents=True, exist_ok=True)
    for name, pem in [
        ("ca.pem", authority.cert_pem),
        ("certificate.pem", identity.cert_chain_pems[0]),
        ("key.pem", identity.private_key_pem),
    ]:
        pem.write_to_path(str(folder / name))
    order |= {"certificate": str(folder / "certificate.pem"), "key": str(folder / "key.pem")}
    platform = subprocess.Popen(
        [PROGRAM, str(folder), json.dumps(order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert platform.stdout is not None
        yield {**json.loads(platform.stdout.readline()), "ca_cert": str(folder / "ca.pem")}
    finally:
        # It ends with its standard input.
        platform.communicate(timeout=20)


def client_of(platform: dict[str, Any], **settings: Any) -> gcapi_rs.Client:
    """A client of it."""
    return gcapi_rs.Client(
        base_url=platform["base_url"],
        token=platform["token"],
        verify=platform["ca_cert"],
        **settings,
    )
