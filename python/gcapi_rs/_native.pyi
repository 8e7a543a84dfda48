"""The native half of gcapi_rs; private."""

from pathlib import Path
from typing import final

__version__: str

class NativeError(Exception):
    kind: str
    url: str | None
    status: int | None

@final
class RawResponse:
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> list[tuple[str, str]]: ...
    @property
    def content(self) -> bytes: ...
    @property
    def url(self) -> str: ...
    @property
    def http_version(self) -> str: ...
    @property
    def history(self) -> list[RawResponse]: ...

@final
class FetchedFile:
    @property
    def path(self) -> Path | None: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def error(self) -> NativeError | None: ...

@final
class Session:
    def __new__(
        cls,
        *,
        token: str | None,
        base_url: str,
        verify: bool | str | Path,
        timeout: float | None,
        user_agent: str,
        max_concurrent_downloads: int,
    ) -> Session: ...
    def send(
        self,
        method: str,
        url: str,
        *,
        headers: list[tuple[str, str]],
        params: list[tuple[str, str]],
        body: bytes | None,
        follow_redirects: bool,
        engine_retries: bool = False,
    ) -> RawResponse: ...
    def fetch(
        self, jobs: list[tuple[str, Path]], *, replace: bool = False
    ) -> list[FetchedFile]: ...
    def fetch_dicom_image_set(
        self, image: str, folder: Path, *, replace: bool = False
    ) -> list[FetchedFile]: ...
    def statistics(self) -> tuple[int, int]: ...
