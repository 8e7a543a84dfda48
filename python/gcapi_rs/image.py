"""Medical images as NumPy arrays that know where they lie in the patient.

Examples
--------
>>> volume = item["ct-image"].array()                           # doctest: +SKIP
>>> volume.shape, volume.dtype, volume.spacing                  # doctest: +SKIP
((120, 512, 512), dtype('int16'), (0.7, 0.7, 1.0))
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from . import _native
from .exceptions import GCAPIError

__all__ = ["Image", "ImageArray", "UnreadableImageError", "read_image"]


class UnreadableImageError(GCAPIError, ValueError):
    """An image is damaged, or of a kind that is not read."""


class ImageArray(np.ndarray[Any, np.dtype[Any]]):
    """Samples of an image, with the place of the image in the patient.

    An array like any other. What changes its shape or the order of its axes gives an array
    without a place: its attributes are ``None``.

    Attributes
    ----------
    spacing : tuple of float or None
        Millimetres from one sample to the next along x, y, z, as `SimpleITK` gives it. The axes of
        the array are the other way round: z, y, x.
    origin : tuple of float or None
        Where the first sample lies, in millimetres, LPS: x, y, z.
    direction : ndarray or None
        The direction matrix, n times n.
    """

    _place: _Place | None

    @classmethod
    def of(cls, samples: np.ndarray[Any, np.dtype[Any]], image: _native.Image) -> ImageArray:
        """Samples with the place of the image they are of. Nothing is copied."""
        placed = samples.view(cls)
        axes = len(image.size)
        direction = np.array(image.direction, dtype=np.float64).reshape(axes, axes)
        placed._place = _Place(
            tuple(image.spacing), tuple(image.origin), direction, _layout(samples)
        )
        return placed

    @property
    def spacing(self) -> tuple[float, ...] | None:
        """Millimetres from one sample to the next along x, y, z."""
        place = self._placed()
        return None if place is None else place.spacing

    @property
    def origin(self) -> tuple[float, ...] | None:
        """Where the first sample lies, in millimetres: x, y, z."""
        place = self._placed()
        return None if place is None else place.origin

    @property
    def direction(self) -> np.ndarray[Any, np.dtype[np.float64]] | None:
        """The direction matrix."""
        place = self._placed()
        return None if place is None else place.direction

    def _placed(self) -> _Place | None:
        """The place, if this still is the array it is of."""
        # Asked at every use: a transposed view has its new shape only after it was made.
        place = self._place
        return place if place is not None and place.layout == _layout(self) else None

    def __array_finalize__(self, source: object) -> None:
        self._place = source._placed() if isinstance(source, ImageArray) else None

    def __reduce__(self) -> Any:
        rebuild, arguments, state = cast("tuple[Any, Any, Any]", super().__reduce__())
        return rebuild, arguments, (state, self._place)

    def __setstate__(self, state: Any) -> None:
        samples, self._place = state
        super().__setstate__(samples)


class _Place(NamedTuple):
    """Where an array lies in the patient, and the layout of that array."""

    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: np.ndarray[Any, np.dtype[np.float64]]
    layout: tuple[Any, ...]


class Image:
    """An image whose header was read; samples are read when they are asked for.

    Parameters
    ----------
    path : str or Path
        A file, or the folder of a DICOM image set.

    Attributes
    ----------
    format : str
        ``MetaImage``, ``Tiff``, ``Dicom``, ``Nifti``, ``Png`` or ``Jpeg``.
    size : tuple of int
        Samples along x, y, z.
    channels : int
        Samples at each place: 1 for grey, 3 for RGB.
    spacing, origin : tuple of float
        Millimetres along x, y, z.
    levels : tuple of (int, int)
        Width and height of each level of a slide, the finest first.

    Raises
    ------
    UnreadableImageError
        It is damaged, or of a kind that is not read.
    FileNotFoundError, OSError
        It cannot be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        # Says what is wrong in the words every Python programmer knows.
        self.path.stat()
        self._native: _native.Image = _called(_native.Image, self.path)
        self.format = self._native.format
        self.size = tuple(self._native.size)
        self.channels = self._native.channels
        self.spacing, self.origin = tuple(self._native.spacing), tuple(self._native.origin)
        self.levels = tuple(self._native.levels)

    def array(self) -> ImageArray:
        """All samples, of shape ``[z,] y, x[, channels]``, in native byte order."""
        samples = _called(self._native.samples)
        return ImageArray.of(samples.reshape(self._shape(self.size[::-1])), self._native)

    def slice(self, z: int) -> np.ndarray[Any, np.dtype[Any]]:
        """One slice, of shape ``y, x[, channels]``; the others are not decoded if possible."""
        samples: np.ndarray[Any, np.dtype[Any]] = _called(self._native.slice, z)
        return samples.reshape(self._shape(self.size[1::-1]))

    def region(
        self, level: int, x: int, y: int, width: int, height: int
    ) -> np.ndarray[Any, np.dtype[Any]]:
        """A region of a level of a slide, of shape ``y, x[, channels]``."""
        samples: np.ndarray[Any, np.dtype[Any]] = _called(
            self._native.region, level, x, y, width, height
        )
        return samples.reshape(self._shape((height, width)))

    def _shape(self, axes: tuple[int, ...]) -> tuple[int, ...]:
        return axes if self.channels == 1 else (*axes, self.channels)

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.size))
        return f"<Image {self.path.name}: {self.format}, {size}>"


def read_image(path: str | Path) -> ImageArray:
    """All samples of an image.

    Parameters
    ----------
    path : str or Path
        A file, or the folder of a DICOM image set.

    Returns
    -------
    ImageArray
        Of shape ``[z,] y, x[, channels]``.
    """
    return Image(path).array()


def _layout(array: np.ndarray[Any, np.dtype[Any]]) -> tuple[Any, ...]:
    """Shape and order of the axes, whatever the type of the samples is."""
    return array.shape, tuple(step // max(array.itemsize, 1) for step in array.strides)


def _called(function: Any, *arguments: Any) -> Any:
    """What a native function gives, with its errors as ours."""
    try:
        return function(*arguments)
    except _native.NativeError as error:
        kinds: dict[str, type[Exception]] = {
            "image-read": OSError,
            "no-memory": MemoryError,
            "no-such-part": IndexError,
        }
        raise kinds.get(error.kind, UnreadableImageError)(str(error)) from error
