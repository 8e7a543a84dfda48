"""Every value of every item by its super kind, in the form of the newer documentation."""

import json
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
        socket = socket_value.interface
        relative_path = socket.relative_path
        (item_path / relative_path).parent.mkdir(parents=True, exist_ok=True)
        if socket.super_kind == "Image":
            client.images.download(url=socket_value.image, filename=item_path / relative_path)
        elif socket.super_kind == "Value":
            with open(item_path / relative_path, "w") as f:
                json.dump(socket_value.value, f, indent=2)
        elif socket.super_kind == "File":
            resp = client(url=socket_value.file, follow_redirects=True)
            resp.raise_for_status()
            with open(item_path / relative_path, "wb") as f:
                f.write(resp.content)
        else:
            raise ValueError(f"Unexpected super kind {socket.super_kind}")
