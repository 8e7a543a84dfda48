"""The headers of a response: a mapping that ignores case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Headers"]


class Headers(Mapping[str, str]):
    """Headers by name, in the order they came; names are equal whatever their case.

    A header that came several times is one value, joined by commas, as HTTP defines it;
    ``multi_items`` tells them apart.

    Examples
    --------
    >>> Headers([("Content-Type", "text/csv")])["content-type"]
    'text/csv'
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = [(name.lower(), value) for name, value in pairs]
        self._joined: dict[str, str] = {}
        for name, value in self._pairs:
            held = self._joined.get(name)
            self._joined[name] = value if held is None else f"{held}, {value}"

    def __getitem__(self, name: str) -> str:
        return self._joined[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._joined

    def __iter__(self) -> Iterator[str]:
        return iter(self._joined)

    def __len__(self) -> int:
        return len(self._joined)

    def __repr__(self) -> str:
        return f"Headers({self._joined!r})"

    def multi_items(self) -> list[tuple[str, str]]:
        """Every header as it came, names in lower case."""
        return list(self._pairs)
