"""The client: settings, requests, and the groups of the interface."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from . import api, credentials, socket_values, version_check
from ._native import FetchedFile, NativeError, Session, __version__
from .addresses import is_below, masked, require_same_origin
from .exceptions import ConfigurationError, HTTPStatusError
from .media import fetch_media
from .models import HyperlinkedComponentInterfaceValue
from .native_errors import from_native
from .response import Response
from .retries import BaseRetryStrategy
from .transport import Transport, form_body, json_body, query_pairs
from .writing_client import WritingMixin

__all__ = ["Client"]

logger = logging.getLogger(__name__)


class Client(WritingMixin):
    """A client of a Grand Challenge platform.

    It may be used from several threads, and in the processes that a data loader forks.

    Parameters
    ----------
    token : str
        The token of the account. Without it, the environment variable
        ``GRAND_CHALLENGE_AUTHORIZATION`` is read.
    base_url : str
        Where the interface of the platform lies.
    verify : bool or path
        Whether certificates are checked; or a file with the authorities to trust.
    timeout : float or None
        Seconds without progress after which a request is given up.
    retry_strategy : callable, optional
        Makes a `BaseRetryStrategy` for each request that failed. Without it the engine tries
        again what may pass by itself.
    max_concurrent_uploads : int
        Kept for what will write to the platform.
    max_concurrent_downloads : int
        Files, or parts of files, fetched at a time.

    Raises
    ------
    ConfigurationError
        There is no token, or the base URL is not https. It is a ``RuntimeError`` too.
    UnsupportedVersionError
        The platform no longer serves clients of this version.
    ConnectError
        The platform cannot be reached.
    """

    images: api.ImagesAPI
    reader_studies: api.ReaderStudiesAPI
    sessions: api.WorkstationSessionsAPI
    uploads: api.UploadsAPI
    algorithms: api.AlgorithmsAPI
    algorithm_jobs: api.AlgorithmJobsAPI
    algorithm_images: api.AlgorithmImagesAPI
    algorithm_endpoints: api.AlgorithmEndpointsAPI
    algorithm_invocations: api.AlgorithmInvocationsAPI
    archives: api.ArchivesAPI
    workstation_configs: api.WorkstationConfigsAPI
    raw_image_upload_sessions: api.UploadSessionsAPI
    archive_items: api.ArchiveItemsAPI
    interfaces: api.ComponentInterfacesAPI

    def __init__(
        self,
        token: str = "",
        base_url: str = "https://grand-challenge.org/api/v1/",
        verify: bool | str | Path = True,
        timeout: float | None = 60.0,
        retry_strategy: Callable[[], BaseRetryStrategy] | None = None,
        max_concurrent_uploads: int = 10,
        max_concurrent_downloads: int = 10,
    ) -> None:
        credentials.require_https(base_url)
        self.base_url = base_url if base_url.endswith("/") else base_url + "/"
        self.timeout = timeout
        self.max_concurrent_uploads = max_concurrent_uploads
        self.max_concurrent_downloads = max_concurrent_downloads
        self.is_closed = False
        if retry_strategy is not None and not callable(retry_strategy):
            raise TypeError("retry_strategy has to be a class or function that makes a strategy")
        self._retry_strategy = retry_strategy
        connect = partial(
            Session,
            token=credentials.find_token(token),
            base_url=self.base_url,
            verify=verify,
            timeout=timeout,
            user_agent=f"gcapi-rs/{__version__}",
            max_concurrent_downloads=max_concurrent_downloads,
        )
        try:
            self._session = connect()
            # Where a strategy decides, the engine tries everything once.
            self._media = self._session if retry_strategy is None else connect(max_retries=0)
        except NativeError as error:
            raise from_native(error, ConfigurationError) from error
        self._transport = Transport(self._session, retry_strategy)
        for name, group in _GROUPS.items():
            setattr(self, name, group(self))
        self.expected = api.Expected(self._expect, self.images.listed.known)
        version_check.check(self._transport, self.base_url)

    def __call__(
        self,
        method: str = "GET",
        url: str | None = "",
        path: str = "",
        params: Any = None,
        json: Any = None,
        extra_headers: dict[str, str] | None = None,
        files: Any = None,
        data: dict[str, Any] | None = None,
        follow_redirects: bool = False,
    ) -> Any:
        """Sends one request.

        Parameters
        ----------
        method : str
        url : str
            An address on the platform: of the interface, or a media URL.
        path : str
            A path below the base URL, where no ``url`` is given.
        params : dict, optional
            The query; a list gives several values.
        json : object, optional
            The body, as JSON.
        extra_headers : dict, optional
        files : None
            Not supported yet.
        data : dict, optional
            The body, as a form.
        follow_redirects : bool
            Media URLs redirect to the store, where the token is not sent.

        Returns
        -------
        object or Response
            What the JSON of the interface says. A `Response` with the exact bytes for everything
            else, and for every media URL, even where the file is JSON.

        Raises
        ------
        HTTPStatusError
            The status is no success; a redirect that is not followed is none.
        ConfigurationError
            The address is not on the platform.
        """
        self._require_open()
        if files is not None:
            raise NotImplementedError(
                "sending files is not supported by gcapi_rs yet; use gcapi for it"
            )
        address = url or urljoin(self.base_url, path)
        require_same_origin(address, self.base_url)
        body, content_type = None, None
        if json is not None:
            body, content_type = json_body(json)
        elif data is not None:
            body, content_type = form_body(data)
        headers = {name.lower(): value for name, value in (extra_headers or {}).items()}
        if content_type is not None:
            headers.setdefault("content-type", content_type)
        if is_below(address, self.base_url):
            headers.setdefault("accept", "application/json")
        # The engine answers nothing but plain requests from what it fetched meanwhile, and that is
        # in another session where a strategy decides.
        is_plain = method.upper() == "GET" and follow_redirects and not (headers or body or params)
        asked = is_plain and self._media is self._session
        if asked:
            self.expected.asked(address)
        response = self._transport.send(
            method,
            address,
            headers=list(headers.items()),
            params=query_pairs(params),
            body=body,
            follow_redirects=follow_redirects,
        )
        try:
            response.raise_for_status()
        except HTTPStatusError as error:
            error.url = masked(response.url)
            raise
        if asked:
            self.expected.fetched(len(response.content))
        return self._decoded(response, address)

    def _decoded(self, response: Response, address: str) -> Any:
        is_json = response.headers.get("content-type") == "application/json"
        if is_json and response.content and is_below(address, self.base_url):
            return response.json()
        return response

    def download_socket_value(
        self, value: HyperlinkedComponentInterfaceValue, *, output_directory: Path | str
    ) -> None:
        """Writes a value to where its socket says, below a folder.

        A Value becomes JSON, a File keeps its exact bytes, and the files of an Image lie in a
        folder of the socket, named by the image.

        Parameters
        ----------
        value : HyperlinkedComponentInterfaceValue
            A value of an archive item or display set.
        output_directory : path
            Usually one folder for each item; it is made if need be.

        Raises
        ------
        FileExistsError
            A file is there already. Nothing was fetched or changed.
        ValueError
            The socket is neither Image, File nor Value.
        GCAPIError
            The file could not be fetched; the attributes ``socket`` and ``url`` say which.
        """
        self._require_open()
        socket_values.download(self, value, Path(output_directory))

    def close(self) -> None:
        """Ends the use of this client. Connections end with the last object that uses them."""
        self.is_closed = True

    def open_session(self) -> Session:
        """The engine's connections, for the parts of this package.

        Raises
        ------
        RuntimeError
            The client has been closed.
        """
        self._require_open()
        return self._session

    def fetch_media(self, jobs: list[tuple[str, Path]]) -> list[FetchedFile]:
        """What became of files that were wanted, for the parts of this package."""
        self._require_open()
        return fetch_media(self._media, jobs, self._retry_strategy)

    def _expect(self, urls: list[str]) -> None:
        # What is wrong with an address is said when it is asked for.
        with suppress(NativeError, ValueError):
            self._media.expect(urls)

    def _require_open(self) -> None:
        if self.is_closed:
            raise RuntimeError("the client has been closed; make a new one")

    def __enter__(self) -> Client:
        self._require_open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client(base_url={self.base_url!r})"

    if not TYPE_CHECKING:
        # Hidden from type checkers, which know the names better.
        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"the client has neither a method nor a group {name!r}")


_GROUPS: dict[str, type[api.APIGroup[Any]]] = {
    "images": api.ImagesAPI,
    "reader_studies": api.ReaderStudiesAPI,
    "sessions": api.WorkstationSessionsAPI,
    "uploads": api.UploadsAPI,
    "algorithms": api.AlgorithmsAPI,
    "algorithm_jobs": api.AlgorithmJobsAPI,
    "algorithm_images": api.AlgorithmImagesAPI,
    "algorithm_endpoints": api.AlgorithmEndpointsAPI,
    "algorithm_invocations": api.AlgorithmInvocationsAPI,
    "archives": api.ArchivesAPI,
    "workstation_configs": api.WorkstationConfigsAPI,
    "raw_image_upload_sessions": api.UploadSessionsAPI,
    "archive_items": api.ArchiveItemsAPI,
    "interfaces": api.ComponentInterfacesAPI,
}
