"""Objects of every kind of the interface, made from the types that gcapi declares."""

from __future__ import annotations

import dataclasses
import itertools
import types
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints


class Maker:
    """Makes objects; no two have the same texts and numbers.

    Attributes
    ----------
    full : bool
        Whether fields that may be empty are filled.
    """

    def __init__(self) -> None:
        self.full = True
        self._numbers: Iterator[int] = itertools.count(1)

    def make(self, kind: type, *, full: bool = True) -> dict[str, Any]:
        """The JSON of an object of a kind."""
        self.full = full
        return self._object(kind)

    def _object(self, kind: type) -> dict[str, Any]:
        hints = get_type_hints(kind)
        return {field.name: self._of(hints[field.name]) for field in dataclasses.fields(kind)}

    def _of(self, hint: Any) -> Any:
        number = next(self._numbers)
        if get_origin(hint) in (Union, types.UnionType):
            options = get_args(hint)
            empty = type(None) in options and not self.full
            return None if empty else self._of(options[number % (len(options) - 1)])
        if get_origin(hint) is list:
            return [self._of(get_args(hint)[0]) for _ in range(2 if self.full else 0)]
        if get_origin(hint) is dict:
            return {f"key {number}": f"text {number}"} if self.full else {}
        if dataclasses.is_dataclass(hint):
            return self._object(hint)
        if isinstance(hint, type) and issubclass(hint, Enum):
            members = [member.value for member in hint]
            return members[number % len(members)]
        simple = {
            str: f"text {number} – ä",
            int: number * 10**20,
            # An integer, every other time.
            float: number if number % 2 else number + 0.5,
            bool: number % 2 == 0,
            Decimal: f"{number}.10",
        }
        return simple.get(hint, {"any": [number, 0.1, None, {"b": "ü"}]})
