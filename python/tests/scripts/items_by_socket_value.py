"""Every value of every item, by the call for it."""

import os
import sys
from pathlib import Path

import gcapi

client = gcapi.Client(base_url=os.environ["GCAPI_BASE_URL"])

output_archive_dir = Path(sys.argv[1])

archive = client.archives.detail(slug="demo")
for item in client.archive_items.iterate_all(params={"archive": archive.pk}):
    item_path = output_archive_dir / item.pk
    for socket_value in item.values:
        # One image of this archive has two files of one suffix.
        if socket_value.socket.slug != "test-retest":
            client.download_socket_value(socket_value, output_directory=item_path)
