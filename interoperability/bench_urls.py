"""The ready URLs of the synthetic archive, for peers that know no API.

    python bench_urls.py BASE_URL

Prints one JSON line per file: its path, its signed URL, and the headers it
needs. The token and the certificate come from `GRAND_CHALLENGE_AUTHORIZATION`
and `SSL_CERT_FILE`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx

#: Redirects resolved side by side.
THREADS = 20

Wanted = tuple[str, str]


def pages(client: httpx.Client, url: str) -> Iterator[dict]:
    """Every entry of a list."""
    while url:
        page = get(client, url)
        yield from page["results"]
        url = page["next"]


def get(client: httpx.Client, url: str) -> dict:
    """One JSON answer."""
    answer = client.get(url)
    answer.raise_for_status()
    return answer.json()


def main() -> None:
    """Lists, resolves, prints."""
    base = sys.argv[1]
    headers = {"Authorization": f"Bearer {os.environ['GRAND_CHALLENGE_AUTHORIZATION']}"}
    limits = httpx.Limits(max_connections=THREADS, max_keepalive_connections=THREADS)
    with httpx.Client(headers=headers, timeout=60, limits=limits) as client:
        wanted: list[Wanted] = []
        for item in pages(client, f"{base}archives/items/?limit=1000"):
            for value in item["values"]:
                where = f"{item['pk']}/{value['interface']['relative_path']}"
                if value["file"]:
                    wanted.append((where, value["file"]))
                elif value["image"]:
                    wanted += of_image(client, value["image"], where)

        def resolved(one: Wanted) -> dict:
            answer = client.get(one[1], follow_redirects=False)
            return {"path": one[0], "url": answer.headers["Location"], "headers": {}}

        with ThreadPoolExecutor(THREADS) as pool:
            for line in pool.map(resolved, wanted):
                print(json.dumps(line))


def of_image(client: httpx.Client, url: str, where: str) -> list[Wanted]:
    """The files of an image; the instances of a set are printed as they are."""
    image = get(client, url)
    if image["dicom_image_set"] is None:
        return [(f"{where}/{file['file'].rsplit('/')[-1]}", file["file"]) for file in image["files"]]
    for instance in get(client, f"{image['api_url']}dicom/instances/")["instances"]:
        request = instance["get_instance"]
        path = f"{where}/{instance['sop_instance_uid']}.dcm"
        print(json.dumps({"path": path, "url": request["url"], "headers": request["headers"]}))
    return []


if __name__ == "__main__":
    main()
