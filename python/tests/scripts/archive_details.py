"""One archive, found in each of the three ways, and what is not found."""

import os
import sys
from pathlib import Path

import gcapi
import httpx
from gcapi.exceptions import MultipleObjectsReturned, ObjectNotFound

client = gcapi.Client(base_url=os.environ["GCAPI_BASE_URL"])

archive = client.archives.detail(slug="demo")
lines = [str(archive)]
assert client.archives.detail(pk=archive.pk) == archive
assert client.archives.detail(api_url=archive.api_url) == archive

for arguments in ({"slug": "no-such-archive"}, {"pk": "no-uuid"}):
    try:
        client.archives.detail(**arguments)
    except ObjectNotFound as error:
        lines.append(f"not found: {isinstance(error, gcapi.exceptions.GCAPIError)}")

try:
    client.images.detail(name="case_001.mha")
except MultipleObjectsReturned:
    lines.append("several")

try:
    client(path="no-such-path/")
except httpx.HTTPStatusError as error:
    lines.append(f"status {error.response.status_code} {error.response.reason_phrase}")

folder = Path(sys.argv[1])
folder.mkdir()
(folder / "lines.txt").write_text("\n".join(lines))
