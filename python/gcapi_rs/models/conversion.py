"""From what JSON gives to what a field is declared as.

Nothing is coerced that could lose anything: numbers and texts stay as they came, but for integers
of fields declared as floating point. A name that an enumeration does not know stays a text.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin

__all__ = ["Converter", "converter_of", "takes_none"]

Converter: TypeAlias = Callable[[Any], Any]


def takes_none(hint: Any) -> bool:
    """Whether a field of this type may be empty."""
    return hint is Any or hint is NoneType or NoneType in get_args(hint)


def converter_of(hint: Any) -> Converter:
    """What makes a value of this type."""
    if get_origin(hint) in (Union, UnionType):
        return _of_union(hint)
    if get_origin(hint) is list:
        return _of_list(converter_of(get_args(hint)[0]))
    if hasattr(hint, "from_json"):
        from_json: Converter = hint.from_json
        return from_json
    if hint is Decimal:
        return lambda value: Decimal(str(value))
    if hint is float:
        return _number
    if isinstance(hint, type) and issubclass(hint, Enum):
        return lambda value: _member([hint], value)
    if hint in (str, int, bool):
        return lambda value: _plain(hint, value)
    return _as_is


def _of_union(hint: Any) -> Converter:
    options = [option for option in get_args(hint) if option is not NoneType]
    if Any in options:
        return _as_is
    if all(isinstance(option, type) and issubclass(option, Enum) for option in options):
        return lambda value: None if value is None else _member(options, value)
    convert = converter_of(options[0])
    return lambda value: None if value is None else convert(value)


def _of_list(convert: Converter) -> Converter:
    def converted(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise TypeError(f"the platform sent {type(value).__name__} instead of a list")
        return [convert(entry) for entry in value]

    return converted


def _as_is(value: Any) -> Any:
    return value


def _number(value: Any) -> Any:
    _plain(float, value)
    return float(value) if isinstance(value, int) else value


def _member(enumerations: list[type[Enum]], value: Any) -> Any:
    for enumeration in enumerations:
        try:
            return enumeration(value)
        except ValueError:
            continue
    return value


def _plain(kind: type, value: Any) -> Any:
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"the platform sent {type(value).__name__} instead of {kind.__name__}")
    return value
