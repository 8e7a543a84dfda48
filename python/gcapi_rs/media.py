"""Media on their way to the disk, tried again as a strategy says."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ._native import FetchedFile, Session
from .response import Response
from .retries import BaseRetryStrategy

__all__ = ["fetch_media"]


def fetch_media(
    session: Session,
    jobs: list[tuple[str, Path]],
    retry_strategy: Callable[[], BaseRetryStrategy] | None,
) -> list[FetchedFile]:
    """What became of each file.

    Parameters
    ----------
    session : Session
        The engine's connections. With a strategy, one that tries everything once.
    jobs : list of (str, Path)
        Media URLs and where their bytes go.
    retry_strategy : callable or None
        Makes a strategy for a file that was refused. It sees the status of the refusal; the files
        that are to be tried again wait together.

    Raises
    ------
    NativeError
        What every file would meet.
    """
    results = session.fetch(jobs)
    if retry_strategy is None:
        return results
    strategies: dict[int, BaseRetryStrategy] = {}
    while True:
        delays: dict[int, float] = {}
        for number, result in enumerate(results):
            if result.error is not None and result.error.status is not None:
                strategy = strategies.get(number) or strategies.setdefault(number, retry_strategy())
                answer = Response(result.error.status, url=result.error.url or "")
                delay = strategy.get_delay(answer)
                if delay is not None:
                    delays[number] = delay
        if not delays:
            return results
        time.sleep(max(0.0, *delays.values()))
        again = session.fetch([jobs[number] for number in delays])
        for number, result in zip(delays, again):
            results[number] = result
