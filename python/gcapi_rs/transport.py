"""One request: sent by the engine, tried again as asked, answered as a response."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlencode

from ._native import NativeError, Session
from .addresses import masked
from .native_errors import from_native
from .response import Request, Response
from .retries import BaseRetryStrategy

__all__ = ["Pairs", "Transport", "form_body", "json_body", "query_pairs"]

logger = logging.getLogger(__name__)

Pairs: TypeAlias = list[tuple[str, str]]

#: Methods that change nothing on the platform.
SAFE = ("GET", "HEAD", "OPTIONS")


class Transport:
    """Sends requests through a session.

    Parameters
    ----------
    session : Session
        The engine's connections.
    retry_strategy : callable or None
        Makes a strategy for a request that failed. Without it the engine tries again what may
        pass by itself.
    """

    def __init__(
        self, session: Session, retry_strategy: Callable[[], BaseRetryStrategy] | None
    ) -> None:
        self._session = session
        self._retry_strategy = retry_strategy

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Pairs,
        params: Pairs,
        body: bytes | None = None,
        follow_redirects: bool = False,
        retry: bool = True,
    ) -> Response:
        """The answer to a request, whatever its status.

        Parameters
        ----------
        method, url : str
        headers, params : list of (str, str)
        body : bytes, optional
        follow_redirects : bool
        retry : bool
            Whether to try again what may pass by itself.

        Raises
        ------
        TransportError
            No answer came.
        """
        # What writes is not repeated unasked: the platform may have done it.
        by_engine = retry and self._retry_strategy is None and method.upper() in SAFE
        strategy: BaseRetryStrategy | None = None
        while True:
            try:
                raw = self._session.send(
                    method,
                    url,
                    headers=headers,
                    params=params,
                    body=body,
                    follow_redirects=follow_redirects,
                    engine_retries=by_engine,
                )
            except NativeError as error:
                raise from_native(error) from error
            response = Response.from_native(raw, Request(method.upper(), url))
            if response.is_success or self._retry_strategy is None or not retry:
                return response
            strategy = strategy or self._retry_strategy()
            delay = strategy.get_delay(response)
            if delay is None:
                return response
            logger.warning(
                "%s %s: status %s, trying again in %s s",
                method.upper(),
                masked(url),
                response.status_code,
                delay,
            )
            time.sleep(max(delay, 0.0))


def query_pairs(params: Mapping[str, Any] | Iterable[tuple[str, Any]] | None) -> Pairs:
    """A query from what scripts pass: a mapping or pairs, with lists for several values."""
    if params is None:
        return []
    entries = params.items() if isinstance(params, Mapping) else params
    pairs: Pairs = []
    for name, value in entries:
        values = value if isinstance(value, (list, tuple)) else [value]
        pairs += [(name, _text(one)) for one in values]
    return pairs


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def json_body(value: Any) -> tuple[bytes, str]:
    """A body and its content type."""
    return json.dumps(value).encode(), "application/json"


def form_body(data: Mapping[str, Any]) -> tuple[bytes, str]:
    """A body and its content type."""
    return urlencode(query_pairs(data)).encode(), "application/x-www-form-urlencoded"
