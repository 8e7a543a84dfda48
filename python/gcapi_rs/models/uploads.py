"""Uploads of files."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Model

__all__ = ["Part", "UserUpload", "UserUploadParts"]


@dataclass(eq=False, repr=False)
class UserUpload(Model):
    """A file that a user uploads in parts."""

    pk: str
    created: str
    filename: str
    key: str
    s3_upload_id: str
    status: str
    api_url: str


@dataclass(eq=False, repr=False)
class Part(Model):
    """A part of an upload.

    Attributes
    ----------
    Size : int
        Bytes.
    """

    ETag: str
    PartNumber: int
    LastModified: str
    Size: int


@dataclass(eq=False, repr=False)
class UserUploadParts(Model):
    """An upload and the parts that have arrived."""

    pk: str
    created: str
    filename: str
    key: str
    s3_upload_id: str
    status: str
    api_url: str
    parts: list[Part]
