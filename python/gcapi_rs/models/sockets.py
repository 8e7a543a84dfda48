"""Sockets and their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .base import Model
from .enumerations import ColorInterpolationEnum

__all__ = [
    "ComponentInterface",
    "HangingProtocol",
    "HyperlinkedComponentInterfaceValue",
    "LookUpTable",
]


@dataclass(eq=False, repr=False)
class LookUpTable(Model):
    """Colours to show grey values in."""

    pk: int
    slug: str
    title: str
    description: str | None
    color: str
    alpha: str
    color_invert: str | None
    alpha_invert: str | None
    range_min: int | None
    range_max: int | None
    relative: bool | None
    color_interpolation: ColorInterpolationEnum | None
    color_interpolation_invert: ColorInterpolationEnum | None


@dataclass(eq=False, repr=False)
class ComponentInterface(Model):
    """A socket: what a value of an item is, and where a container finds it.

    Attributes
    ----------
    super_kind : str
        ``Image``, ``File`` or ``Value``.
    relative_path : str
        Where its values lie below ``/input``; a folder if they are images. May be empty.
    """

    title: str
    description: str | None
    slug: str
    kind: str
    pk: int
    default_value: Any
    super_kind: str
    relative_path: str
    overlay_segments: Any
    look_up_table: LookUpTable | None


@dataclass(eq=False, repr=False)
class HyperlinkedComponentInterfaceValue(Model):
    """The value of one socket.

    Which of ``value``, ``file`` and ``image`` counts is said by ``interface.super_kind``: ``None``,
    ``False``, ``0`` and ``""`` are values.

    Attributes
    ----------
    socket, interface : ComponentInterface
        The socket, under its new and its old name.
    value : object
        Of a Value: what its JSON says.
    file : str or None
        Of a File: its media URL.
    image : str or None
        Of an Image: the URL of its record, for ``client.images.detail(api_url=...)``.
    """

    # Beside the fields: neither printed nor compared.
    __slots__ = ("_item",)

    socket: ComponentInterface
    interface: ComponentInterface
    value: Any
    file: str | None
    image: str | None
    pk: int

    @property
    def listed_in(self) -> str | None:
        """The primary key of the archive item it was listed with, for messages."""
        item: str | None = getattr(self, "_item", None)
        return item

    def list_in(self, item: str) -> None:
        """Notes the primary key of its archive item."""
        self._item = item

    @classmethod
    def _completed(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        # The platform is renaming interfaces to sockets; it sends one of the names, or both.
        if "socket" not in data and "interface" in data:
            data = {**data, "socket": data["interface"]}
        elif "interface" not in data and "socket" in data:
            data = {**data, "interface": data["socket"]}
        return super()._completed(data)


@dataclass(eq=False, repr=False)
class HangingProtocol(Model):
    """How images are arranged on a screen."""

    json: Any
    title: str
    pk: str
    svg_icon: str
