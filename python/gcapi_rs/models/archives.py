"""Archives and their items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .base import Model
from .sockets import HangingProtocol, HyperlinkedComponentInterfaceValue

__all__ = ["Archive", "ArchiveItem"]


@dataclass(eq=False, repr=False)
class Archive(Model):
    """An archive.

    Attributes
    ----------
    url : str
        Its page, which ends in its slug.
    """

    pk: str
    title: str
    logo: str
    description: str | None
    api_url: str
    url: str


@dataclass(eq=False, repr=False)
class ArchiveItem(Model):
    """An item of an archive, usually one case.

    Attributes
    ----------
    archive : str
        The URL of its archive in the interface.
    """

    pk: str
    archive: str
    values: list[HyperlinkedComponentInterfaceValue]
    hanging_protocol: HangingProtocol | None
    optional_hanging_protocols: list[HangingProtocol]
    view_content: Any
    title: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ArchiveItem:
        """The item, whose values know that they are of it."""
        item = super().from_json(data)
        for value in item.values:
            value.list_in(item.pk)
        return item
