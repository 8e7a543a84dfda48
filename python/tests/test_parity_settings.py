"""What a client takes as settings, and how it refuses others."""

from __future__ import annotations

import inspect
from typing import Any

import gcapi
import httpx
import pytest
from compare import assert_same, outcome

import gcapi_rs

MODULES = [gcapi, gcapi_rs]


def made(module: Any, platform: Any, **settings: Any) -> Any:
    """A client, at the platform of the tests unless told otherwise."""
    settings = {"base_url": platform.base_url, "verify": platform.ca, **settings}
    return module.Client(**settings)


def title(client: Any) -> str:
    text: str = client.archives.detail(slug="demo").title
    return text


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"token": ""},
        {"token": "Bearer a b"},
        {"token": "x", "base_url": "https://localhost:1/api/v1/"},
        {"token": "not-a-known-token"},
    ],
)
def test_settings_that_are_refused(platform: Any, settings: dict[str, Any]) -> None:
    theirs, ours = (
        outcome(lambda: title(made(module, platform, **settings))) for module in MODULES
    )
    assert theirs.error is not None
    assert_same(theirs, ours)


@pytest.mark.parametrize("token", ["   ", "Bearer", "Token abc", "é", "a\nb"])
def test_tokens_with_which_gcapi_would_show_nothing(platform: Any, token: str) -> None:
    with pytest.raises(RuntimeError, match="token"):
        made(gcapi_rs, platform, token=token)


def test_an_insecure_base_url(platform: Any, scripted: Any) -> None:
    # gcapi asks for the version before it looks at the scheme, and fails on that.
    with pytest.raises(RuntimeError, match="https"):
        made(gcapi_rs, platform, token="x", base_url=platform.base_url.replace("https", "http"))


def test_a_certificate_that_is_not_trusted(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    theirs, ours = (
        outcome(lambda: title(made(module, platform, token="x", verify=True))) for module in MODULES
    )
    assert isinstance(theirs.error, httpx.ConnectError)
    assert_same(theirs, ours)


@pytest.mark.parametrize("word", ["", "Bearer ", "BEARER  ", " bearer "])
def test_forms_of_a_token(platform: Any, word: str) -> None:
    for module in MODULES:
        assert title(made(module, platform, token=word + platform.token)) == "Demo archive"


def test_the_token_from_the_environment(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAND_CHALLENGE_AUTHORIZATION", f"Bearer {platform.token}")
    for module in MODULES:
        assert title(made(module, platform)) == "Demo archive"


def test_certificates_that_are_not_checked(platform: Any) -> None:
    for module in MODULES:
        assert title(made(module, platform, token=platform.token, verify=False)) == "Demo archive"


def test_a_platform_that_wants_newer_clients(scripted: Any) -> None:
    from scripted import answer_json

    versions = {"latest_version": "99.2", "lowest_supported_version": "99.1"}
    scripted.routes["/api/v1/gcapi/"] = lambda asked: answer_json(versions)
    theirs, ours = (outcome(lambda: made(module, scripted, token="x")) for module in MODULES)
    assert_same(theirs, ours)


def test_signatures() -> None:
    for theirs, ours in [
        (gcapi.Client, gcapi_rs.Client),
        (gcapi.Client.__call__, gcapi_rs.Client.__call__),
        (gcapi.Client.download_socket_value, gcapi_rs.Client.download_socket_value),
        (gcapi.client.ImagesAPI.download, gcapi_rs.api.ImagesAPI.download),
        (gcapi.apibase.APIBase.page, gcapi_rs.api.APIGroup.page),
        (gcapi.apibase.APIBase.iterate_all, gcapi_rs.api.APIGroup.iterate_all),
        (gcapi.apibase.APIBase.detail, gcapi_rs.api.APIGroup.detail),
    ]:
        wanted, given = (inspect.signature(one).parameters for one in (theirs, ours))
        assert [(one.name, one.kind) for one in given.values()] == [
            (one.name, one.kind) for one in wanted.values()
        ]
        for one in wanted.values():
            # What is required of gcapi may be left out of ours.
            assert one.default in (inspect.Parameter.empty, given[one.name].default)


def test_a_client_that_was_closed(ours: Any, platform: Any) -> None:
    image = ours.images.detail(name="t1.mha").files[0]
    for module in MODULES:
        with made(module, platform, token=platform.token) as client:
            assert title(client) == "Demo archive"
        assert client.is_closed
        with pytest.raises(RuntimeError):
            title(client)
    for call in (
        lambda: client.images.download(files=[image], output_directory="nowhere"),
        lambda: client.archives.download("demo", "nowhere"),
        lambda: client.archives.stream("demo", "nowhere"),
        lambda: client.__enter__(),
    ):
        with pytest.raises(RuntimeError, match="closed"):
            call()


WRITING = {
    "client": [
        "start_algorithm_job",
        "invoke_algorithm_endpoint",
        "update_display_set",
        "add_case_to_reader_study",
        "update_archive_item",
        "add_case_to_archive",
        "add_cases_to_reader_study",
        "add_cases_to_archive",
        "run_external_job",
    ],
    "uploads": [
        "create",
        "generate_presigned_urls",
        "abort_multipart_upload",
        "complete_multipart_upload",
        "upload_fileobj",
        "upload_multiple_fileobj",
    ],
    "archive_items": ["create"],
    "reader_studies.display_sets": ["create"],
    "reader_studies.answers.mine": ["create"],
    "algorithm_jobs": ["create"],
}


def test_what_writes_says_that_it_is_missing(theirs: gcapi.Client, ours: gcapi_rs.Client) -> None:
    for path, names in WRITING.items():
        for name in names:
            their_group, our_group = theirs, ours
            for part in path.split(".") if path != "client" else []:
                their_group, our_group = getattr(their_group, part), getattr(our_group, part)
            assert callable(getattr(their_group, name))
            with pytest.raises(NotImplementedError, match=name):
                getattr(our_group, name)()
    for name in ["update", "partial_update", "delete"]:
        with pytest.raises(NotImplementedError, match=name):
            getattr(ours.archive_items, name)(pk="x")
    with pytest.raises(NotImplementedError, match="keep_alive"):
        ours.algorithm_endpoints.keep_alive(pk="x")
    with pytest.raises(NotImplementedError, match="SocketValueSpec"):
        gcapi_rs.SocketValueSpec(socket_slug="report", file="report.pdf")
    with pytest.raises(NotImplementedError, match="files"):
        ours(method="POST", path="uploads/", files={"file": b""})


def test_nothing_of_the_client_is_missing(theirs: gcapi.Client, ours: gcapi_rs.Client) -> None:
    """Every public name of gcapi's client and groups, but for those of httpx."""
    httpx_names = set(dir(httpx.Client))
    wanted = {name for name in dir(gcapi.Client) if not name.startswith("_")} - httpx_names
    for name in wanted | set(gcapi.client.ApiDefinitions.__annotations__):
        assert hasattr(ours, name), name
        their_group, our_group = getattr(theirs, name), getattr(ours, name)
        public = {one for one in dir(their_group) if not one.startswith("_")}
        if isinstance(their_group, gcapi.apibase.APIBase):
            # Settings of uploads among them.
            unlike = {"sub_apis", "response_model", "chunk_size", "max_retries", "n_presigned_urls"}
            assert public - unlike <= set(dir(our_group)), name
