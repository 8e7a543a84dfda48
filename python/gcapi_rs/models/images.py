"""Images and their files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .base import Model
from .enumerations import (
    BlankEnum,
    ColorSpaceEnum,
    EyeChoiceEnum,
    FieldOfViewEnum,
    ImageTypeEnum,
    NullEnum,
    StereoscopicChoiceEnum,
)

__all__ = [
    "DICOMImageSet",
    "HyperlinkedImage",
    "ImageFile",
    "ImageFiles",
    "ImagingModality",
    "RawImageUploadSession",
]


@dataclass(eq=False, repr=False)
class DICOMImageSet(Model):
    """A set of DICOM instances in the image store."""

    image_set_id: str


@dataclass(eq=False, repr=False)
class ImagingModality(Model):
    """How an image was acquired, such as ``CT`` or ``MR``."""

    modality: str


@dataclass(eq=False, repr=False)
class ImageFile(Model):
    """A file of an image.

    Attributes
    ----------
    image : str or None
        The primary key of the image.
    file : str
        The media URL, on the platform itself, which redirects to the store.
    image_type : ImageTypeEnum or None
        Headers and data files of MetaImages are both ``MHD``.
    """

    pk: str
    image: str | None
    file: str
    image_type: ImageTypeEnum | None


class ImageFiles(list[ImageFile]):
    """The files of an image, in the order of the platform.

    It is a list. That of a DICOM image set is empty, for its instances lie elsewhere; it says which
    image it is of, so that scripts can pass it on like any other.

    Parameters
    ----------
    files : iterable of ImageFile
    dicom_image : str or None
        The primary key of the image if it is a DICOM image set.
    """

    def __init__(self, files: Iterable[ImageFile] = (), *, dicom_image: str | None = None) -> None:
        super().__init__(files)
        self.dicom_image = dicom_image


@dataclass(eq=False, repr=False)
class HyperlinkedImage(Model):
    """An image: one file, several files, or a DICOM image set.

    Attributes
    ----------
    name : str
        The name it was uploaded under; not unique, and it may contain slashes.
    width, height, depth : int or None
        Size in voxels.
    shape : list of int
        Size in voxels, slowest axis first: depth, height, width, channels.
    voxel_width_mm, voxel_height_mm, voxel_depth_mm : float or None
        Spacing in millimetres.
    window_center, window_width : float or None
        Grey values to show, in the units of the voxels.
    """

    pk: str
    name: str
    files: list[ImageFile]
    dicom_image_set: DICOMImageSet | None
    width: int | None
    height: int | None
    depth: int | None
    color_space: ColorSpaceEnum | BlankEnum | None
    modality: ImagingModality | None
    eye_choice: EyeChoiceEnum | None
    stereoscopic_choice: StereoscopicChoiceEnum | BlankEnum | NullEnum | None
    field_of_view: FieldOfViewEnum | BlankEnum | NullEnum | None
    shape_without_color: list[int]
    shape: list[int]
    voxel_width_mm: float | None
    voxel_height_mm: float | None
    voxel_depth_mm: float | None
    api_url: str
    window_center: float | None
    window_width: float | None
    segments: Any

    @property
    def file(self) -> str:
        """A base name for its files, unique on the platform: its primary key.

        The interface has no such field, but documented scripts use it.
        """
        return self.pk

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HyperlinkedImage:
        """The image, whose list of files knows whether it is a DICOM image set."""
        image = super().from_json(data)
        dicom_image = None if image.dicom_image_set is None else image.pk
        image.files = ImageFiles(image.files, dicom_image=dicom_image)
        return image


@dataclass(eq=False, repr=False)
class RawImageUploadSession(Model):
    """Files on their way to become images."""

    pk: str
    creator: int | None
    status: str
    error_message: str | None
    image_set: list[str]
    api_url: str
    user_uploads: list[str] | None
    uploads: list[str]
