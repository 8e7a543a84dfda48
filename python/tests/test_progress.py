"""Progress suits where it goes."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from gcapi_rs import progress

COUNTS: dict[str, int | float | bool] = {
    "listed": 10,
    "to_list": 10,
    "items": 10,
    "items_done": 4,
    "files": 30,
    "files_done": 12,
    "kept": 3,
    "failed": 1,
    "bytes_received": 12_345_678,
    "plan_complete": False,
}


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    shown = progress.reporter(True)
    shown.update(COUNTS)
    assert log.getvalue() == ""
    now = progress.time.monotonic()
    monkeypatch.setattr(progress.time, "monotonic", lambda: now + progress.LOG_SECONDS)
    shown.update(COUNTS)
    shown.update(COUNTS)
    shown.close()
    assert log.getvalue() == "12/30+ files, 4/10 items, 12.35 MB, 3 kept, 1 failed\n"


class Terminal(io.StringIO):
    """A terminal in memory."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    shown = progress.reporter(True)
    assert isinstance(shown, progress.Bar)
    shown.update(COUNTS)
    shown.close()
    assert "12/30" in terminal.getvalue()
    assert "4/10 items" in terminal.getvalue()


def test_a_terminal_without_tqdm_gets_one_line_that_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    shown = progress.reporter(True)
    shown.last = 0.0  # type: ignore[attr-defined]
    shown.update(COUNTS)
    shown.close()
    assert terminal.getvalue().startswith("12/30+ files")
    assert terminal.getvalue().endswith("\r\n")


def test_a_function_gets_the_numbers_and_nothing_is_shown_unasked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: list[Any] = []
    for wanted in (seen.append, False):
        shown = progress.reporter(wanted)
        shown.update(COUNTS)
        shown.close()
    assert seen == [COUNTS]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_000_000, "2 MB"), (3e15, "3000 TB")],
)
def test_bytes_are_written_for_people(count: float, text: str) -> None:
    assert progress.size(count) == text
