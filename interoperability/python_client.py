"""The Python client at work, for the benchmark: the documented loops.

    python python_client.py BASE_URL OUT [THREADS [MODULE]]

The token and the certificate come from `GRAND_CHALLENGE_AUTHORIZATION` and
`SSL_CERT_FILE`. With THREADS the loop's body runs in a pool. MODULE is `gcapi`, or what is used in
its place.
"""

from __future__ import annotations

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def main() -> None:
    """Downloads the synthetic archive."""
    module = importlib.import_module(sys.argv[4] if len(sys.argv) > 4 else "gcapi")
    client = module.Client(base_url=sys.argv[1])
    output = Path(sys.argv[2])
    threads = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    archive = client.archives.detail(slug="synthetic")
    items = client.archive_items.iterate_all(params={"archive": archive.pk})
    if threads == 1:
        for item in items:
            for value in item.values:
                client.download_socket_value(value, output_directory=output / item.pk)
        return
    with ThreadPoolExecutor(threads) as pool:
        running = [
            pool.submit(client.download_socket_value, value, output_directory=output / item.pk)
            for item in items
            for value in item.values
        ]
        for one in running:
            one.result()


if __name__ == "__main__":
    main()
