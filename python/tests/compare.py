"""What a call gave, in a form in which two clients can be compared."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

#: Headers that tell moments and signatures, which differ between two requests.
PASSING = ("date", "etag", "last-modified", "location")


def plain(value: Any) -> Any:
    """A value without its classes, but with their names."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return type(value).__name__, {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Enum):
        return type(value).__name__, value.name, value.value
    if type(value).__name__ == "PageResult":
        return value.offset, value.limit, value.total_count, [plain(one) for one in value]
    if type(value).__name__ == "Response":
        headers = {name: text for name, text in value.headers.items() if name not in PASSING}
        return value.status_code, headers, value.content, [plain(one) for one in value.history]
    if isinstance(value, Iterator):
        return [plain(one) for one in value]
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    # 1 and 1.0, 0 and False, are not the same.
    return type(value).__name__, repr(value)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a call: a result or an exception."""

    result: Any = None
    error: Exception | None = None


def outcome(call: Callable[[], Any]) -> Outcome:
    """Calls, and reads an iterator to its end."""
    try:
        return Outcome(result=plain(call()))
    except Exception as error:
        return Outcome(error=error)


def assert_same(theirs: Outcome, ours: Outcome) -> None:
    """The same result; or an exception that code for theirs catches as well."""
    if theirs.error is None:
        if ours.error is not None:
            raise ours.error
        assert ours.result == theirs.result
        return
    assert ours.error is not None, f"{theirs.error!r} was not raised"
    kind = type(theirs.error)
    if kind.__module__.startswith("gcapi."):
        assert kind.__name__ in [base.__name__ for base in type(ours.error).__mro__]
    else:
        assert isinstance(ours.error, kind), f"{ours.error!r} is no {kind}"
    response = getattr(theirs.error, "response", None)
    if response is not None:
        answer = ours.error.response  # type: ignore[attr-defined]
        assert (answer.status_code, answer.text) == (response.status_code, response.text)


def tree(folder: Path) -> dict[str, str]:
    """The files below a folder, hidden ones too, and the SHA-256 of each."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
