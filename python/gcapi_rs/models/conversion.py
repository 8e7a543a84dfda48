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

__all__ = ["Converter", "as_is", "converter_of", "plain_types", "takes_none"]

Converter: TypeAlias = Callable[[Any], Any]


def takes_none(hint: Any) -> bool:
    """Whether a field of this type may be empty."""
    return hint is Any or hint is NoneType or NoneType in get_args(hint)


def plain_types(hint: Any) -> tuple[type, ...]:
    """The types of a field that needs no conversion; none if it does.

    Most fields are of this kind, and looking at a type is much faster than calling a function.
    """
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return options if all(option in (str, int, bool, NoneType) for option in options) else ()


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
    plain = plain_types(hint)
    return (lambda value: _checked(plain, value)) if plain else as_is


def _of_union(hint: Any) -> Converter:
    options = [option for option in get_args(hint) if option is not NoneType]
    if Any in options:
        return as_is
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


def as_is(value: Any) -> Any:
    """Any value."""
    return value


def _number(value: Any) -> float:
    return float(_checked((int, float), value))


def _member(enumerations: list[type[Enum]], value: Any) -> Any:
    for enumeration in enumerations:
        try:
            return enumeration(value)
        except ValueError:
            continue
    return value


def _checked(types: tuple[type, ...], value: Any) -> Any:
    # By the type itself: True is an int by inheritance only.
    if type(value) not in types:
        names = " or ".join(one.__name__ for one in types)
        raise TypeError(f"the platform sent {type(value).__name__} instead of {names}")
    return value
