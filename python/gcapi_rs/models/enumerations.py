"""The names that some fields are limited to."""

from __future__ import annotations

from enum import Enum

__all__ = [
    "BlankEnum",
    "ColorInterpolationEnum",
    "ColorSpaceEnum",
    "EyeChoiceEnum",
    "FieldOfViewEnum",
    "ImageTypeEnum",
    "NullEnum",
    "StereoscopicChoiceEnum",
]


class BlankEnum(Enum):
    """A choice that was left empty."""

    field_ = ""


class NullEnum(Enum):
    """A choice that does not apply."""

    NoneType_None = None


class ColorSpaceEnum(Enum):
    """What the channels of a pixel are."""

    GRAY = "GRAY"
    RGB = "RGB"
    RGBA = "RGBA"
    YCBCR = "YCBCR"


class EyeChoiceEnum(Enum):
    """Right eye, left eye, unknown, not an eye."""

    OD = "OD"
    OS = "OS"
    U = "U"
    NA = "NA"


class StereoscopicChoiceEnum(Enum):
    """Which image of a stereoscopic pair: left, right, unknown."""

    L = "L"
    R = "R"
    U = "U"


class FieldOfViewEnum(Enum):
    """The part of a retina that a photograph shows."""

    F1M = "F1M"
    F2 = "F2"
    F3M = "F3M"
    F4 = "F4"
    F5 = "F5"
    F6 = "F6"
    F7 = "F7"
    U = "U"


class ImageTypeEnum(Enum):
    """The format of an image file: MetaImage, TIFF, Deep Zoom."""

    MHD = "MHD"
    TIFF = "TIFF"
    DZI = "DZI"


class ColorInterpolationEnum(Enum):
    """Between which coordinates the colours of a look-up table are interpolated."""

    RGB = "RGB"
    HLS = "HLS"
    HLSpos = "HLSpos"
    HLSneg = "HLSneg"
    Constant = "Constant"
