"""What the platform describes, as typed objects.

The names and attributes are those of ``gcapi.models``.
"""

from __future__ import annotations

from .algorithms import (
    Algorithm,
    AlgorithmImage,
    AlgorithmInterface,
    Endpoint,
    HyperlinkedJob,
    Invocation,
)
from .archives import Archive, ArchiveItem
from .base import Model
from .enumerations import (
    BlankEnum,
    ColorInterpolationEnum,
    ColorSpaceEnum,
    EyeChoiceEnum,
    FieldOfViewEnum,
    ImageTypeEnum,
    NullEnum,
    StereoscopicChoiceEnum,
)
from .images import (
    DICOMImageSet,
    HyperlinkedImage,
    ImageFile,
    ImageFiles,
    ImagingModality,
    RawImageUploadSession,
)
from .reader_studies import (
    Answer,
    CategoricalOption,
    DisplaySet,
    Question,
    ReaderStudy,
    ReaderStudyAlgorithm,
    ReaderStudyAlgorithmImplementation,
)
from .sockets import (
    ComponentInterface,
    HangingProtocol,
    HyperlinkedComponentInterfaceValue,
    LookUpTable,
)
from .uploads import Part, UserUpload, UserUploadParts
from .workstations import Session, WindowPreset, WorkstationConfig

__all__ = [
    "Algorithm",
    "AlgorithmImage",
    "AlgorithmInterface",
    "Answer",
    "Archive",
    "ArchiveItem",
    "BlankEnum",
    "CategoricalOption",
    "ColorInterpolationEnum",
    "ColorSpaceEnum",
    "ComponentInterface",
    "DICOMImageSet",
    "DisplaySet",
    "Endpoint",
    "EyeChoiceEnum",
    "FieldOfViewEnum",
    "HangingProtocol",
    "HyperlinkedComponentInterfaceValue",
    "HyperlinkedImage",
    "HyperlinkedJob",
    "ImageFile",
    "ImageFiles",
    "ImageTypeEnum",
    "ImagingModality",
    "Invocation",
    "LookUpTable",
    "Model",
    "NullEnum",
    "Part",
    "Question",
    "RawImageUploadSession",
    "ReaderStudy",
    "ReaderStudyAlgorithm",
    "ReaderStudyAlgorithmImplementation",
    "Session",
    "StereoscopicChoiceEnum",
    "UserUpload",
    "UserUploadParts",
    "WindowPreset",
    "WorkstationConfig",
]
