"""Progress of a download, for a terminal, a notebook or a log.

Where ``tqdm`` is installed it draws the bar in a terminal and in a notebook. Where nobody watches
there is a line now and then.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TextIO

__all__ = ["Progress", "reporter"]

#: What is counted: ``items``, ``items_done``, ``files``, ``files_done``, ``kept``, ``failed``,
#: ``bytes_received``, and others.
Counts = Mapping[str, "int | float | bool"]

#: Seconds between two lines of a log.
LOG_SECONDS = 10.0

UNITS = ("B", "kB", "MB", "GB", "TB")


class Progress(Protocol):
    """Who is shown how far a download is."""

    def update(self, counts: Counts) -> None:
        """Takes the numbers now."""

    def close(self) -> None:
        """There are no more."""


def reporter(progress: bool | Callable[[Counts], Any]) -> Progress:
    """What shows progress here.

    Parameters
    ----------
    progress : bool or callable
        ``True`` for what suits where standard error goes, ``False`` for nothing, or a function
        that is given a dictionary of the numbers several times a second.
    """
    if callable(progress):
        return Calling(progress)
    if not progress:
        return Silent()
    if in_notebook() or sys.stderr.isatty():
        try:
            return Bar()
        except ImportError:
            if sys.stderr.isatty():
                return Lines(sys.stderr, seconds=0.2, end="\r")
    return Lines(sys.stderr, seconds=LOG_SECONDS, end="\n")


def in_notebook() -> bool:
    """Whether output goes to cells."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


class Silent:
    """Shows nothing."""

    def update(self, counts: Counts) -> None:
        """Takes the numbers."""

    def close(self) -> None:
        """Does nothing."""


class Calling:
    """Hands the numbers to a function."""

    def __init__(self, function: Callable[[Counts], Any]) -> None:
        self.function = function

    def update(self, counts: Counts) -> None:
        """Takes the numbers."""
        self.function(counts)

    def close(self) -> None:
        """Does nothing."""


class Bar:
    """A bar of ``tqdm``, which knows terminals and notebooks."""

    def __init__(self) -> None:
        from tqdm.auto import tqdm

        self.bar = tqdm(unit=" files", dynamic_ncols=True)

    def update(self, counts: Counts) -> None:
        """Takes the numbers."""
        self.bar.total = counts["files"] or None
        self.bar.n = counts["files_done"]
        self.bar.set_postfix_str(describe(counts, with_files=False), refresh=False)
        self.bar.refresh()

    def close(self) -> None:
        """Leaves the bar as it is."""
        self.bar.close()


class Lines:
    """Plain text, at most one line in some seconds."""

    def __init__(self, stream: TextIO, *, seconds: float, end: str) -> None:
        self.stream, self.seconds, self.end = stream, seconds, end
        self.last = time.monotonic()
        self.width = 0

    def update(self, counts: Counts) -> None:
        """Takes the numbers."""
        now = time.monotonic()
        if now - self.last < self.seconds:
            return
        self.last = now
        line = describe(counts, with_files=True)
        # What was longer before must not show behind it.
        self.stream.write(line.ljust(self.width) + self.end)
        self.stream.flush()
        self.width = len(line) if self.end == "\r" else 0

    def close(self) -> None:
        """Ends the line."""
        if self.width:
            self.stream.write("\n")


def describe(counts: Counts, *, with_files: bool) -> str:
    """The numbers as text."""
    if not counts["files"] and not counts["kept"]:
        return f"listing: {counts['listed']} of {counts['to_list']}"
    parts = []
    if with_files:
        more = "" if counts["plan_complete"] else "+"
        parts.append(f"{counts['files_done']}/{counts['files']}{more} files")
    parts.append(f"{counts['items_done']}/{counts['items']} items")
    parts.append(size(counts["bytes_received"]))
    for name in ("kept", "failed"):
        if counts[name]:
            parts.append(f"{counts[name]} {name}")
    return ", ".join(parts)


def size(count: float) -> str:
    """Bytes for people."""
    for unit in UNITS[:-1]:
        if count < 1000:
            return f"{count:.4g} {unit}"
        count /= 1000
    return f"{count:.4g} {UNITS[-1]}"
