"""The groups of the interface, each an attribute of the client."""

from __future__ import annotations

from .algorithms import (
    AlgorithmEndpointsAPI,
    AlgorithmImagesAPI,
    AlgorithmInvocationsAPI,
    AlgorithmJobsAPI,
    AlgorithmsAPI,
)
from .archives import ArchiveItemsAPI, ArchivesAPI
from .expected import Expected
from .group import APIGroup
from .images import ImagesAPI, UploadSessionsAPI
from .reader_studies import (
    ReaderStudiesAPI,
    ReaderStudyAnswersAPI,
    ReaderStudyDisplaySetsAPI,
    ReaderStudyMineAnswersAPI,
    ReaderStudyQuestionsAPI,
)
from .sockets import ComponentInterfacesAPI
from .uploads import UploadsAPI
from .workstations import WorkstationConfigsAPI, WorkstationSessionsAPI

__all__ = [
    "APIGroup",
    "AlgorithmEndpointsAPI",
    "AlgorithmImagesAPI",
    "AlgorithmInvocationsAPI",
    "AlgorithmJobsAPI",
    "AlgorithmsAPI",
    "ArchiveItemsAPI",
    "ArchivesAPI",
    "ComponentInterfacesAPI",
    "Expected",
    "ImagesAPI",
    "ReaderStudiesAPI",
    "ReaderStudyAnswersAPI",
    "ReaderStudyDisplaySetsAPI",
    "ReaderStudyMineAnswersAPI",
    "ReaderStudyQuestionsAPI",
    "UploadSessionsAPI",
    "UploadsAPI",
    "WorkstationConfigsAPI",
    "WorkstationSessionsAPI",
]
