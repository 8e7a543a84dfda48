"""The images of an archive, in the form of the older documentation."""

import os
import sys
from pathlib import Path

import gcapi

client = gcapi.Client(base_url=os.environ["GCAPI_BASE_URL"])

output_archive_dir = Path(sys.argv[1])
output_archive_dir.mkdir(parents=True, exist_ok=True)

archive = client.archives.detail(slug="demo")
params = {"archive": archive.pk}
for image in client.images.iterate_all(params=params):
    client.images.download(files=image.files, filename=Path(output_archive_dir, image.file))
