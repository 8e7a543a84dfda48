"""What all models have in common: made from JSON, printable, comparable, picklable.

A model keeps every field that the platform sent. The declared ones are typed; others, of a newer or
older platform, can be reached by their name as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar, get_type_hints

from ..exceptions import MalformedResponse
from .conversion import Converter, as_is, converter_of, plain_types, takes_none

__all__ = ["Model"]

M = TypeVar("M", bound="Model")


@dataclass(eq=False, repr=False)
class Model:
    """Base class of the objects that the platform describes."""

    @classmethod
    def from_json(cls: type[M], data: Mapping[str, Any]) -> M:
        """The model of an object of the interface.

        Parameters
        ----------
        data : mapping
            What the platform sent. Fields that are not declared are kept under their names.

        Examples
        --------
        >>> from gcapi_rs.models import Part
        >>> part = {"ETag": "x", "PartNumber": 1, "LastModified": "", "Size": 7, "New": True}
        >>> Part.from_json(part)
        Part(ETag='x', PartNumber=1, LastModified='', Size=7, New=True)

        Raises
        ------
        MalformedResponse
            A field is missing that cannot be empty, or has another shape than declared.
        """
        if not isinstance(data, Mapping):
            raise MalformedResponse(
                f"{cls.__name__}: the platform sent {type(data).__name__} instead of an object"
            )
        model = cls.__new__(cls)
        values = vars(model)
        values.update(cls._completed(data))
        shape = _shape(cls)
        try:
            for name, types in shape.plain:
                if type(values[name]) not in types:
                    raise TypeError(f"the platform sent {type(values[name]).__name__}")
            for name, convert in shape.converters:
                values[name] = convert(values[name])
        except KeyError:
            raise MalformedResponse(
                f"{cls.__name__}: the platform sent no {name!r}; "
                "its interface may be newer than this package"
            ) from None
        except (TypeError, ValueError, ArithmeticError) as error:
            raise MalformedResponse(f"{cls.__name__}.{name}: {error}") from error
        return model

    @classmethod
    def _completed(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The data with what older or newer platforms leave out."""
        defaults = _shape(cls).defaults
        absent = {name: default for name, default in defaults.items() if name not in data}
        return {**data, **absent} if absent else data

    # As with every class that has this and no `__hash__`, there is no hash: models can change.
    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return vars(self) == vars(other)

    def __repr__(self) -> str:
        declared = [field.name for field in fields(self)]
        further = [name for name in vars(self) if name not in declared]
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in declared + further)
        return f"{type(self).__name__}({shown})"


@dataclass(frozen=True)
class _Shape:
    """What is known of the fields of a model.

    Attributes
    ----------
    plain : tuple
        The types of each field that is taken as it comes.
    converters : tuple
        What makes each of the other declared fields.
    defaults : dict
        The fields that may be missing, and what they are then.
    """

    plain: tuple[tuple[str, tuple[type, ...]], ...]
    converters: tuple[tuple[str, Converter], ...]
    defaults: dict[str, Any]


#: Worked out when a model is first met, for models name each other.
_SHAPES: dict[type[Any], _Shape] = {}


def _shape(model: type[Any]) -> _Shape:
    shape = _SHAPES.get(model)
    if shape is None:
        hints = get_type_hints(model)
        declared = fields(model)
        optional = {
            field.name: None if field.default is MISSING else field.default
            for field in declared
            if field.default is not MISSING or takes_none(hints[field.name])
        }
        plain = {field.name: plain_types(hints[field.name]) for field in declared}
        convert = {n: converter_of(hints[n]) for n, types in plain.items() if not types}
        shape = _SHAPES[model] = _Shape(
            tuple((name, types) for name, types in plain.items() if types),
            tuple((name, one) for name, one in convert.items() if one is not as_is),
            optional,
        )
    return shape
