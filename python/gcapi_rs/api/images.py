"""Images, and their files on disk."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..image_download import download_dicom_image_set, download_files
from ..listing import pages
from ..models import HyperlinkedImage, ImageFile, ImageFiles, ImageTypeEnum, RawImageUploadSession
from ..pages import PageResult
from .group import APIGroup
from .listed_images import ListedImages

if TYPE_CHECKING:
    from ..client import Client

__all__ = ["ImagesAPI", "UploadSessionsAPI"]


class ImagesAPI(APIGroup[HyperlinkedImage]):
    """Images."""

    base_path = "cases/images/"
    model = HyperlinkedImage

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        # By the page of every group: ours would take it for a loop over images.
        page = super().page
        self.listed = ListedImages(
            lambda filters: pages(lambda offset, limit: page(offset, limit, filters))
        )

    def page(
        self, offset: int = 0, limit: int = 100, params: dict[str, Any] | None = None
    ) -> PageResult[HyperlinkedImage]:
        """Some of the images; see `APIGroup.page`."""
        images = super().page(offset, limit, params)
        self._client.expected.images_listed(images, first=offset == 0)
        return images

    def download(
        self,
        *,
        output_directory: str | Path | None = None,
        filename: str | Path | None = None,
        image_type: str | ImageTypeEnum | None = None,
        pk: str | None = None,
        url: str | None = None,
        files: list[ImageFile] | None = None,
        **params: Any,
    ) -> list[Path]:
        """Fetches the files of an image.

        They are streamed to disk and appear under their names when they are whole. A DICOM image
        set becomes one file for each instance, ``<SOP instance UID>.dcm``.

        Parameters
        ----------
        output_directory : path, optional
            The folder for the files; it is made if need be. Not needed if ``filename`` is a path.
        filename : path, optional
            The name of the files without their suffix, or a path; by default the primary key of
            the image. For a DICOM image set it is the folder of the instances.
        image_type : str, optional
            Only files of this type: ``MHD``, ``TIFF`` or ``DZI``.
        pk, url : str, optional
            The image, by its primary key or its URL in the interface.
        files : list of ImageFile, optional
            The ``files`` of an image that was listed.
        **params
            Filters that only this image matches.

        Returns
        -------
        list of Path
            The files, in the order of the platform.

        Raises
        ------
        ValueError
            Not exactly one of ``pk``, ``url``, ``files`` and filters was given.
        FileExistsError
            One of the files is there already. Nothing was fetched.
        ObjectNotFound, MultipleObjectsReturned
            There is no such image, or several match.
        HTTPStatusError
            The platform or its store refuses a file.
        GCAPIError
            A file could not be fetched whole. None of the files is left.
        """
        # A DICOM image set that was listed has no files, but its empty list says which it is.
        chosen = bool(files) or isinstance(files, ImageFiles)
        if sum([pk is not None, url is not None, chosen, bool(params)]) != 1:
            raise ValueError("give exactly one of pk, url, files, and filters such as name=...")
        if output_directory is None and filename is None:
            raise TypeError("give output_directory, or a path as filename")
        folder = Path() if output_directory is None else Path(output_directory)
        if files is not None and chosen:
            name = "image"
            dicom_image = files.dicom_image if isinstance(files, ImageFiles) else None
            if files:
                self._client.expected.asked(files[0].file)
        else:
            image = self._image(pk, url, params)
            files, name = image.files, image.pk
            dicom_image = None if image.dicom_image_set is None else image.pk
        if dicom_image is not None:
            target = folder / filename if filename else folder
            return download_dicom_image_set(self._client, dicom_image, target)
        wanted = [file for file in files if image_type is None or _is_of_type(file, image_type)]
        return download_files(self._client, wanted, folder / (filename or name))

    def _image(self, pk: str | None, url: str | None, params: dict[str, Any]) -> HyperlinkedImage:
        listed = None
        if url is not None:
            self._client.expected.asked(url)
            listed = self.listed.take(url)
        return listed or self.detail(pk=pk, api_url=url, **params)


def _is_of_type(file: ImageFile, image_type: str | ImageTypeEnum) -> bool:
    # Both may be a member of the enumeration, or text.
    names = [one.value if isinstance(one, Enum) else one for one in (file.image_type, image_type)]
    return names[0] == names[1]


class UploadSessionsAPI(APIGroup[RawImageUploadSession]):
    """Files on their way to become images."""

    base_path = "cases/upload-sessions/"
    model = RawImageUploadSession
