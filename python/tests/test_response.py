"""Answers, as scripts written for httpx read them."""

from __future__ import annotations

import copy
import pickle
import threading
from typing import Any

import httpx
import pytest
from scripted import Answer, ScriptedPlatform, answer_json

import gcapi_rs
from gcapi_rs import exceptions
from gcapi_rs.headers import Headers
from gcapi_rs.retries import SelectiveBackoffStrategy

PROPERTIES = [
    "status_code",
    "content",
    "text",
    "reason_phrase",
    "is_informational",
    "is_success",
    "is_redirect",
    "is_client_error",
    "is_server_error",
    "is_error",
    "has_redirect_location",
]

BODIES = {
    "application/json": '{"ä": [1, 2.50, null], "big": 123456789012345678901234567890}'.encode(),
    "text/plain; charset=latin-1": "größer".encode("latin-1"),
    "text/plain": "zwei\nZeilen – ü".encode(),
    "application/octet-stream": bytes(range(256)),
    "text/plain; charset=nonsense": b"text",
}


@pytest.mark.parametrize("status", [200, 204, 299, 302, 304, 400, 404, 409, 500, 503, 599])
@pytest.mark.parametrize("kind", BODIES)
def test_it_reads_like_that_of_httpx(status: int, kind: str) -> None:
    headers = {"Content-Type": kind, "Location": "https://localhost/x"}
    request = httpx.Request("GET", "https://localhost/")
    theirs = httpx.Response(status, headers=headers, content=BODIES[kind], request=request)
    ours = gcapi_rs.Response(
        status,
        headers=Headers(headers.items()),
        content=BODIES[kind],
        url="https://localhost/",
    )
    for name in PROPERTIES:
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.headers["CONTENT-type"] == theirs.headers["CONTENT-type"]
    assert b"".join(ours.iter_bytes(7)) == theirs.content == ours.read()
    assert "".join(ours.iter_text(3)) == theirs.text
    assert list(ours.iter_lines()) == theirs.text.splitlines()
    assert repr(ours) == repr(theirs)
    raised = [None, None]
    for number, response in enumerate((theirs, ours)):
        try:
            response.raise_for_status()
        except httpx.HTTPStatusError as error:
            raised[number] = error.response.status_code
    assert raised[0] == raised[1]


def test_json_keeps_numbers_as_python_does() -> None:
    response = gcapi_rs.Response(200, content=BODIES["application/json"])
    assert response.json() == {"ä": [1, 2.5, None], "big": 123456789012345678901234567890}
    assert response.json(parse_float=str)["ä"][1] == "2.50"
    with pytest.raises(ValueError, match="Expecting value"):
        gcapi_rs.Response(200, content=b"").json()


def test_headers() -> None:
    headers = Headers([("A", "1"), ("b", "2"), ("a", "3")])
    assert (headers["a"], headers.get("B"), headers.get("c")) == ("1, 3", "2", None)
    assert (list(headers), len(headers), "A" in headers, "c" in headers) == (
        ["a", "b"],
        2,
        True,
        False,
    )
    assert headers.multi_items() == [("a", "1"), ("b", "2"), ("a", "3")]
    assert headers == {"a": "1, 3", "b": "2"}
    with pytest.raises(KeyError):
        headers["c"]


SIGNED = "https://user:secret@store/x?X-Amz-Date=1&X-Amz-Signature=secret"


def test_signatures_are_not_shown() -> None:
    response = gcapi_rs.Response(
        403, url=SIGNED, headers=Headers([("location", SIGNED)]), request=None
    )
    with pytest.raises(exceptions.HTTPStatusError) as raised:
        response.raise_for_status()
    moved = gcapi_rs.Response(302, url=SIGNED, headers=Headers([("location", SIGNED)]))
    with pytest.raises(exceptions.HTTPStatusError) as redirected:
        moved.raise_for_status()
    shown = [str(raised.value), repr(raised.value), str(redirected.value), repr(response)]
    for text in [*shown, repr(response.request)]:
        assert "secret" not in text
    assert "https://store/x" in shown[0]
    # It is there for whoever needs it.
    assert response.url == SIGNED


@pytest.mark.parametrize(
    "error",
    [
        exceptions.GCAPIError("text"),
        exceptions.ObjectNotFound("text"),
        exceptions.SocketNotFound("text", slug="the-slug"),
        exceptions.ConfigurationError("text"),
        exceptions.ConnectError("text"),
        exceptions.TooManyRedirects("text"),
        exceptions.DownloadError("text"),
        exceptions.HTTPStatusError(
            "text",
            request=gcapi_rs.response.Request("GET", "https://x/"),
            response=gcapi_rs.Response(404, content=b"body"),
        ),
    ],
)
def test_errors_pass_from_process_to_process(error: Any) -> None:
    error.item, error.socket, error.url = "the item", "the-socket", "https://x/"
    for same in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(same) is type(error)
        assert str(same) == "text"
        assert (same.item, same.socket, same.url) == ("the item", "the-socket", "https://x/")
        assert getattr(same, "slug", None) == getattr(error, "slug", None)
        if isinstance(error, exceptions.HTTPStatusError):
            assert (same.response.status_code, same.response.content) == (404, b"body")
            assert same.request.method == "GET"


def test_every_exception_has_the_one_base() -> None:
    for name in exceptions.__all__:
        assert issubclass(getattr(exceptions, name), exceptions.GCAPIError)
    for ours, theirs in [
        (exceptions.HTTPStatusError, httpx.HTTPStatusError),
        (exceptions.TransportError, httpx.TransportError),
        (exceptions.ConnectError, httpx.ConnectError),
        (exceptions.ReadTimeout, httpx.TimeoutException),
        (exceptions.ProtocolError, httpx.RemoteProtocolError),
        (exceptions.TooManyRedirects, httpx.TooManyRedirects),
        (exceptions.ConfigurationError, RuntimeError),
        (exceptions.MalformedResponse, ValueError),
    ]:
        assert issubclass(ours, theirs)


def test_a_time_out_is_one_of_httpx(scripted: ScriptedPlatform) -> None:
    client = gcapi_rs.Client(
        token="x",
        base_url=scripted.base_url,
        verify=scripted.ca,
        timeout=1.0,
        retry_strategy=SelectiveBackoffStrategy(0.1, 1),
    )
    over = threading.Event()

    def slow(asked: Any) -> Answer:
        over.wait(30)
        return answer_json({})

    scripted.routes["/api/v1/slow/"] = slow
    try:
        with pytest.raises(httpx.ReadTimeout) as raised:
            client(path="slow/")
    finally:
        over.set()
    assert isinstance(raised.value, exceptions.GCAPIError)
    assert raised.value.url == f"{scripted.base_url}slow/"


def test_redirects_and_their_history(scripted: ScriptedPlatform, scripted_ours: Any) -> None:
    moved = Answer(302, b"", {"Location": "/media/b"})
    scripted.routes["/media/a"] = lambda asked: moved
    scripted.routes["/media/b"] = lambda asked: Answer(200, b"bytes", {"Content-Type": "text/csv"})
    address = scripted.base_url.replace("/api/v1/", "/media/a")
    response = scripted_ours(url=address, follow_redirects=True)
    assert (response.content, response.url[-8:]) == (b"bytes", "/media/b")
    assert [one.status_code for one in response.history] == [302]
    assert response.request.url == address
    scripted.routes["/media/b"] = lambda asked: Answer(302, b"", {"Location": "/media/a"})
    with pytest.raises(httpx.TooManyRedirects):
        scripted_ours(url=address, follow_redirects=True)


def test_the_token_stays_with_the_platform(scripted: ScriptedPlatform, tmp_path: Any) -> None:
    from scripted import scripted_platform

    (tmp_path / "store").mkdir()
    with scripted_platform(tmp_path / "store") as store:
        authorities = tmp_path / "both.pem"
        pems = [open(one.ca).read() for one in (scripted, store)]
        authorities.write_text("".join(pems))
        client = gcapi_rs.Client(token="t", base_url=scripted.base_url, verify=str(authorities))
        there = Answer(302, b"", {"Location": store.base_url})
        scripted.routes["/media/a"] = lambda asked: there
        store.routes["/api/v1/"] = lambda asked: Answer(200, b"{}", {"Content-Type": "text/json"})
        address = scripted.base_url.replace("/api/v1/", "/media/a")
        assert client(url=address, follow_redirects=True).content == b"{}"
        assert scripted.asked[0].headers["authorization"].lower() == "bearer t"
        assert "authorization" not in store.asked[0].headers
