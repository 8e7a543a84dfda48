"""A whole archive in one call of the Python module, for the benchmark.

    python whole_archive.py BASE_URL OUT

The token and the certificate come from `GRAND_CHALLENGE_AUTHORIZATION` and `SSL_CERT_FILE`.
"""

from __future__ import annotations

import sys

import gcapi_rs


def main() -> None:
    """Downloads the synthetic archive."""
    client = gcapi_rs.Client(base_url=sys.argv[1])
    result = client.archives.download("synthetic", sys.argv[2], progress=False)
    result.raise_for_failures()


if __name__ == "__main__":
    main()
