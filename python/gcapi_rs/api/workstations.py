"""Viewers and their settings."""

from __future__ import annotations

from ..models import Session, WorkstationConfig
from .group import APIGroup

__all__ = ["WorkstationConfigsAPI", "WorkstationSessionsAPI"]


class WorkstationSessionsAPI(APIGroup[Session]):
    """Running viewers."""

    base_path = "workstations/sessions/"
    model = Session


class WorkstationConfigsAPI(APIGroup[WorkstationConfig]):
    """Settings of viewers."""

    base_path = "workstations/configs/"
    model = WorkstationConfig
