"""An answer of the platform or of its store, as scripts use it.

The attributes are those of ``httpx.Response`` that make sense for an answer that is here in full.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.message import Message
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from .addresses import masked
from .exceptions import HTTPStatusError
from .headers import Headers

if TYPE_CHECKING:
    from ._native import RawResponse

__all__ = ["Request", "Response"]


class Request:
    """What was asked.

    Attributes
    ----------
    method, url : str
    """

    def __init__(self, method: str, url: str) -> None:
        self.method = method
        self.url = url

    def __repr__(self) -> str:
        return f"<Request({self.method!r}, {masked(self.url)!r})>"


class Response:
    """An answer, read to its end.

    Attributes
    ----------
    status_code : int
    headers : Headers
        By name, whatever its case.
    content : bytes
        The body as it was sent, but for a compression of the transfer.
    url : str
        The address that answered, after redirects. It may carry a signature: ``repr`` does not
        show it, and a log should not either.
    history : list of Response
        The redirects that led here, the first one first.
    request : Request
        What was asked.
    """

    def __init__(
        self,
        status_code: int,
        *,
        headers: Headers | None = None,
        content: bytes = b"",
        url: str = "",
        http_version: str = "HTTP/1.1",
        history: list[Response] | None = None,
        request: Request | None = None,
    ) -> None:
        self.status_code = status_code
        self.headers = Headers() if headers is None else headers
        self.content = content
        self.url = url
        self.http_version = http_version
        self.history = [] if history is None else history
        self.request = Request("GET", url) if request is None else request
        #: Of the text, where the answer does not say it.
        self.default_encoding = "utf-8"

    @classmethod
    def from_native(cls, raw: RawResponse, request: Request) -> Response:
        """The answer that the engine received."""
        return cls(
            raw.status,
            headers=Headers(raw.headers),
            content=raw.content,
            url=raw.url,
            http_version=raw.http_version,
            history=[cls.from_native(earlier, request) for earlier in raw.history],
            request=request,
        )

    @property
    def reason_phrase(self) -> str:
        """The words that go with the status."""
        try:
            return HTTPStatus(self.status_code).phrase
        except ValueError:
            return ""

    @property
    def is_informational(self) -> bool:
        """Status 1xx."""
        return 100 <= self.status_code <= 199

    @property
    def is_success(self) -> bool:
        """Status 2xx."""
        return 200 <= self.status_code <= 299

    @property
    def is_redirect(self) -> bool:
        """Status 3xx."""
        return 300 <= self.status_code <= 399

    @property
    def is_client_error(self) -> bool:
        """Status 4xx."""
        return 400 <= self.status_code <= 499

    @property
    def is_server_error(self) -> bool:
        """Status 5xx."""
        return 500 <= self.status_code <= 599

    @property
    def is_error(self) -> bool:
        """Status 4xx or 5xx."""
        return 400 <= self.status_code <= 599

    @property
    def has_redirect_location(self) -> bool:
        """Whether this is a redirect that says where to."""
        return self.status_code in (301, 302, 303, 307, 308) and "location" in self.headers

    @property
    def encoding(self) -> str:
        """The character set of ``text``."""
        header = Message()
        header["content-type"] = self.headers.get("content-type", "")
        return header.get_content_charset(self.default_encoding)

    @property
    def text(self) -> str:
        """The body as text; what is none is replaced."""
        try:
            return self.content.decode(self.encoding, errors="replace")
        except LookupError:
            return self.content.decode(self.default_encoding, errors="replace")

    def json(self, **kwargs: Any) -> Any:
        """The body as JSON, whatever its content type says.

        Parameters
        ----------
        **kwargs
            Passed to ``json.loads``.

        Raises
        ------
        json.JSONDecodeError
            The body is no JSON.
        """
        return json.loads(self.content, **kwargs)

    def read(self) -> bytes:
        """The body."""
        return self.content

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The body in pieces of ``chunk_size`` bytes, or as a whole."""
        step = len(self.content) if chunk_size is None else chunk_size
        for start in range(0, len(self.content), max(step, 1)):
            yield self.content[start : start + step]

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """The text in pieces of ``chunk_size`` characters, or as a whole."""
        text = self.text
        step = len(text) if chunk_size is None else chunk_size
        for start in range(0, len(text), max(step, 1)):
            yield text[start : start + step]

    def iter_lines(self) -> Iterator[str]:
        """The lines of the text, without their ends."""
        yield from self.text.splitlines()

    def close(self) -> None:
        """Does nothing: the answer is here in full."""

    def raise_for_status(self) -> Response:
        """Raises if the status is no success.

        Returns
        -------
        Response
            This one.

        Raises
        ------
        HTTPStatusError
            Also for a redirect that was not followed.
        """
        if self.is_success:
            return self
        lines = [f"{self.status_code} {self.reason_phrase}".strip() + f" for {masked(self.url)}"]
        if self.has_redirect_location:
            lines.append(
                f"It redirects to {masked(self.headers['location'])}; "
                "pass follow_redirects=True to go there."
            )
        elif self.headers.get("content-type", "").startswith("application/json"):
            lines.append(self.text[:1000])
        raise HTTPStatusError("\n".join(lines), request=self.request, response=self)

    def __repr__(self) -> str:
        return f"<Response [{self.status_code} {self.reason_phrase}]>"
