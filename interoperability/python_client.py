"""The Python client at work, for the benchmark: the documented loops.

    python python_client.py BASE_URL OUT [THREADS]

The token and the certificate come from `GRAND_CHALLENGE_AUTHORIZATION` and
`SSL_CERT_FILE`. With THREADS the loop's body runs in a pool.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gcapi


def main() -> None:
    """Downloads the synthetic archive."""
    client = gcapi.Client(base_url=sys.argv[1])
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
