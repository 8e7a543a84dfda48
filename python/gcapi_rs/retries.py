"""When a request that failed is tried again.

Without a strategy the engine decides: it tries again what may pass by itself, waits longer each
time, and honours ``Retry-After``. A strategy of one's own replaces that, for answers that are no
success::

    class Patient(BaseRetryStrategy):
        def get_delay(self, latest_response):
            return 60.0 if latest_response.status_code == 503 else None

    client = gcapi_rs.Client(retry_strategy=Patient)
"""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

from .response import Response

__all__ = ["NO_RETRY", "BaseRetryStrategy", "SelectiveBackoffStrategy"]

#: What ``get_delay`` returns to give up.
NO_RETRY: float | None = None

#: Statuses that may pass by themselves.
TRANSIENT = (429, 502, 503, 504, 507)


class BaseRetryStrategy:
    """Decides for one request; each request that fails gets a new one."""

    def get_delay(self, latest_response: Response) -> float | None:
        """How long to wait before the next try.

        Parameters
        ----------
        latest_response : Response
            The answer to the last try.

        Returns
        -------
        float or None
            Seconds, or None to give up.
        """
        raise NotImplementedError(f"{type(self).__name__} has to define get_delay(response)")


class SelectiveBackoffStrategy(BaseRetryStrategy):
    """Waits twice as long each time, counted separately for each status.

    It is its own factory: ``Client(retry_strategy=SelectiveBackoffStrategy(0.1, 8))``.

    Parameters
    ----------
    backoff_factor : float
        The first delay in seconds.
    maximum_number_of_retries : int
        Further tries for each status.

    Examples
    --------
    >>> strategy = SelectiveBackoffStrategy(0.1, 3)
    >>> [strategy.get_delay(Response(503)) for _ in range(4)]
    [0.1, 0.2, 0.4, None]
    """

    def __init__(self, backoff_factor: float, maximum_number_of_retries: int) -> None:
        self.backoff_factor = backoff_factor
        self.maximum_number_of_retries = maximum_number_of_retries
        self.earlier_number_of_retries: dict[int, int] = {}

    def __call__(self) -> SelectiveBackoffStrategy:
        """A strategy with these settings, for one request."""
        return type(self)(self.backoff_factor, self.maximum_number_of_retries)

    def get_delay(self, latest_response: Response) -> float | None:
        """What the server asks for in ``Retry-After``, or the next delay."""
        status = latest_response.status_code
        if status not in TRANSIENT:
            return NO_RETRY
        earlier = self.earlier_number_of_retries.get(status, 0)
        if earlier >= self.maximum_number_of_retries:
            return NO_RETRY
        self.earlier_number_of_retries[status] = earlier + 1
        asked = _retry_after(latest_response)
        return self.backoff_factor * 2**earlier if asked is None else asked


def _retry_after(response: Response) -> float | None:
    """Seconds that the server asks for, given as a number or as a date."""
    text = response.headers.get("retry-after")
    if text is None:
        return None
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError):
        return None
