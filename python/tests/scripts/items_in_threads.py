"""The loop over the values in a pool of threads."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gcapi

client = gcapi.Client(base_url=os.environ["GCAPI_BASE_URL"])
archive = client.archives.detail(slug="demo")

with ThreadPoolExecutor(8) as pool:
    running = [
        pool.submit(
            client.download_socket_value,
            socket_value,
            output_directory=Path(sys.argv[1], item.pk),
        )
        for item in client.archive_items.iterate_all(params={"archive": archive.pk})
        for socket_value in item.values
        if socket_value.socket.slug != "test-retest"
    ]
    for one in running:
        one.result()
