"""Archives and their items."""

from __future__ import annotations

from ..models import Archive, ArchiveItem
from .group import APIGroup
from .writing import ModifiableMixin

__all__ = ["ArchiveItemsAPI", "ArchivesAPI"]


class ArchivesAPI(APIGroup[Archive]):
    """Archives."""

    base_path = "archives/"
    model = Archive


class ArchiveItemsAPI(ModifiableMixin, APIGroup[ArchiveItem]):
    """Items of archives, usually one for each case."""

    base_path = "archives/items/"
    model = ArchiveItem
