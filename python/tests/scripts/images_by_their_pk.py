"""The images of an archive, by their records."""

import os
import sys
from pathlib import Path

import gcapi

client = gcapi.Client(base_url=os.environ["GCAPI_BASE_URL"])

output_directory = Path(sys.argv[1])

archive = client.archives.detail(slug="demo")
for image in client.images.iterate_all(params={"archive": archive.pk}):
    if image.name == "test_retest":
        continue
    if image.dicom_image_set is None:
        client.images.download(
            files=image.files, output_directory=output_directory, filename=image.pk
        )
    else:
        client.images.download(pk=image.pk, output_directory=output_directory / image.pk)
