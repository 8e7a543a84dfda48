"""What the native half hands over, for this package to make objects of."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["ItemParts", "Numbers", "ValueParts"]

#: The socket's slug and super kind, the JSON text of a Value, the pk of an image, and the paths
#: below the folder of the archive.
ValueParts: TypeAlias = "tuple[str, str, str | None, str | None, list[str]]"

#: The pk of an item, its title, the JSON object as served, and its values.
ItemParts: TypeAlias = "tuple[str, str, str, list[ValueParts]]"

#: Counts by their names.
Numbers: TypeAlias = "dict[str, int | float | bool]"
