"""The client's methods that write to the platform, which do not exist yet."""

from __future__ import annotations

from typing import Any, NoReturn

from .api.writing import not_yet

__all__ = ["SocketValueSpec", "WritingMixin"]


class SocketValueSpec:
    """What to write to a socket; `NotImplementedError` until writing exists."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        not_yet("SocketValueSpec")


class WritingMixin:
    """Methods under the names of gcapi; each says that it is missing."""

    def start_algorithm_job(self, **kwargs: Any) -> NoReturn:
        """Would run an algorithm."""
        not_yet("start_algorithm_job")

    def invoke_algorithm_endpoint(self, **kwargs: Any) -> NoReturn:
        """Would run an endpoint."""
        not_yet("invoke_algorithm_endpoint")

    def update_display_set(self, **kwargs: Any) -> NoReturn:
        """Would change a display set."""
        not_yet("update_display_set")

    def add_case_to_reader_study(self, **kwargs: Any) -> NoReturn:
        """Would add a display set to a reader study."""
        not_yet("add_case_to_reader_study")

    def update_archive_item(self, **kwargs: Any) -> NoReturn:
        """Would change an archive item."""
        not_yet("update_archive_item")

    def add_case_to_archive(self, **kwargs: Any) -> NoReturn:
        """Would add an item to an archive."""
        not_yet("add_case_to_archive")

    def add_cases_to_reader_study(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Was replaced by ``add_case_to_reader_study``."""
        not_yet("add_cases_to_reader_study")

    def add_cases_to_archive(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Was replaced by ``add_case_to_archive``."""
        not_yet("add_cases_to_archive")

    def run_external_job(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Was replaced by ``start_algorithm_job``."""
        not_yet("run_external_job")
