"""Uploads of files: what there is; making them is not here yet."""

from __future__ import annotations

from typing import Any, NoReturn

from ..models import UserUpload, UserUploadParts
from .group import APIGroup
from .writing import not_yet

__all__ = ["UploadsAPI"]


class UploadsAPI(APIGroup[UserUpload]):
    """Uploads of this account."""

    base_path = "uploads/"
    model = UserUpload

    def list_parts(self, *, pk: str, s3_upload_id: str) -> UserUploadParts:
        """The parts of an upload that have arrived.

        Parameters
        ----------
        pk : str
            The primary key of the upload.
        s3_upload_id : str
            Its name in the store.
        """
        path = f"{self.base_path}{pk}/{s3_upload_id}/list-parts/"
        return UserUploadParts.from_json(self._client(path=path))

    def create(self, **kwargs: Any) -> NoReturn:
        """Would begin an upload."""
        not_yet("UploadsAPI.create")

    def generate_presigned_urls(self, **kwargs: Any) -> NoReturn:
        """Would sign addresses to send parts to."""
        not_yet("UploadsAPI.generate_presigned_urls")

    def abort_multipart_upload(self, **kwargs: Any) -> NoReturn:
        """Would give an upload up."""
        not_yet("UploadsAPI.abort_multipart_upload")

    def complete_multipart_upload(self, **kwargs: Any) -> NoReturn:
        """Would complete an upload."""
        not_yet("UploadsAPI.complete_multipart_upload")

    def upload_fileobj(self, **kwargs: Any) -> NoReturn:
        """Would upload a file."""
        not_yet("UploadsAPI.upload_fileobj")

    def upload_multiple_fileobj(self, **kwargs: Any) -> NoReturn:
        """Would upload files."""
        not_yet("UploadsAPI.upload_multiple_fileobj")
