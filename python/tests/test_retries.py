"""When requests are tried again, and by whose rule."""

from __future__ import annotations

import time
from typing import Any

import gcapi
import httpx
import pytest
from scripted import Answer, ScriptedPlatform, answer_json
from synthetic import Maker

import gcapi_rs
from gcapi_rs import models
from gcapi_rs.headers import Headers
from gcapi_rs.retries import BaseRetryStrategy, SelectiveBackoffStrategy

EMPTY = {"count": 0, "next": None, "previous": None, "results": []}


def failing(platform: ScriptedPlatform, times: int, status: int, **headers: str) -> None:
    """Archives that are refused a number of times."""
    left = iter(range(times))

    def route(asked: Any) -> Answer:
        return answer_json(EMPTY) if next(left, None) is None else Answer(status, b"", headers)

    platform.routes["/api/v1/archives/"] = route


class Recording(BaseRetryStrategy):
    """Gives up after two retries, and keeps what it was shown."""

    made: list[Recording] = []

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.made.append(self)

    def get_delay(self, latest_response: gcapi_rs.Response) -> float | None:
        self.seen.append(latest_response)
        return 0.01 if len(self.seen) <= 2 else None


@pytest.fixture
def client(scripted: ScriptedPlatform) -> gcapi_rs.Client:
    Recording.made = []
    return gcapi_rs.Client(
        token="x", base_url=scripted.base_url, verify=scripted.ca, retry_strategy=Recording
    )


def test_a_strategy_of_ones_own_decides(scripted: ScriptedPlatform, client: Any) -> None:
    failing(scripted, 2, 418, **{"X-Reason": "tea"})
    assert len(client.archives.page()) == 0
    assert len(scripted.asked) == 3
    (strategy,) = Recording.made
    assert [one.status_code for one in strategy.seen] == [418, 418]
    assert strategy.seen[0].headers["x-reason"] == "tea"


def test_each_request_that_fails_gets_a_new_strategy(
    scripted: ScriptedPlatform, client: Any
) -> None:
    for times in (1, 3):
        failing(scripted, times, 503)
        if times < 3:
            client.archives.page()
    with pytest.raises(httpx.HTTPStatusError) as raised:
        client.archives.page()
    assert raised.value.response.status_code == 503
    assert [len(strategy.seen) for strategy in Recording.made] == [1, 3]


def test_media_are_tried_again_as_the_strategy_says(
    scripted: ScriptedPlatform, client: Any, tmp_path: Any
) -> None:
    image = Maker().make(models.ImageFile)
    addresses = [scripted.base_url.replace("/api/v1/", f"/media/{name}") for name in "abc"]
    files = [
        models.ImageFile.from_json({**image, "pk": url[-1], "file": f"{url}.mha"})
        for url in addresses
    ]
    answered: list[int] = []
    refusals = {"a": iter([503, 503]), "b": iter([]), "c": iter([503])}

    def route(asked: Any) -> Answer:
        status = next(refusals[asked.path[-5]], 200)
        answered.append(status)
        return Answer(status, asked.path.encode())

    for name in "abc":
        scripted.routes[f"/media/{name}.mha"] = route
    paths = client.images.download(files=files, output_directory=tmp_path, filename="x")
    assert [path.read_text()[-5] for path in paths] == ["a", "b", "c"]
    assert [len(strategy.seen) for strategy in Recording.made] == [2, 1]
    assert Recording.made[0].seen[0].status_code == 503
    assert answered.count(503) == 3

    refusals["a"] = iter([503] * 9)
    with pytest.raises(httpx.HTTPStatusError) as raised:
        client.images.download(files=files, output_directory=tmp_path / "again")
    assert raised.value.response.status_code == 503
    assert answered.count(503) == 3 + 3
    assert list((tmp_path / "again").iterdir()) == []


def test_what_succeeds_needs_no_strategy(scripted: ScriptedPlatform, client: Any) -> None:
    failing(scripted, 0, 503)
    client.archives.page()
    assert Recording.made == []


def test_a_strategy_has_to_be_made_by_something_callable(scripted: ScriptedPlatform) -> None:
    with pytest.raises(TypeError, match="retry_strategy"):
        gcapi_rs.Client(token="x", base_url=scripted.base_url, retry_strategy=5)  # type: ignore[arg-type]


def test_the_engine_tries_again_by_itself(scripted: ScriptedPlatform, scripted_ours: Any) -> None:
    failing(scripted, 2, 503)
    assert len(scripted_ours.archives.page()) == 0
    assert len(scripted.asked) == 3


def test_the_engine_waits_as_it_is_told(scripted: ScriptedPlatform, scripted_ours: Any) -> None:
    failing(scripted, 1, 429, **{"Retry-After": "1"})
    started = time.monotonic()
    scripted_ours.archives.page()
    assert time.monotonic() - started >= 0.9


def test_what_will_not_pass_is_said_at_once(scripted: ScriptedPlatform, scripted_ours: Any) -> None:
    for status in (400, 401, 403, 404):
        failing(scripted, 9, status)
        before = len(scripted.asked)
        with pytest.raises(httpx.HTTPStatusError) as raised:
            scripted_ours.archives.page()
        assert raised.value.response.status_code == status
        assert len(scripted.asked) == before + 1


def test_writing_requests_are_not_repeated(scripted: ScriptedPlatform, scripted_ours: Any) -> None:
    failing(scripted, 9, 503)
    with pytest.raises(httpx.HTTPStatusError):
        scripted_ours(method="POST", path="archives/", json={})
    assert len(scripted.asked) == 1


@pytest.mark.parametrize(
    "status", [200, 301, 400, 404, 408, 429, 500, 501, 502, 503, 504, 507, 508]
)
@pytest.mark.parametrize("after", [None, "5", "0", "1.5", "junk", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_the_backoff_is_that_of_gcapi(status: int, after: str | None) -> None:
    headers = {} if after is None else {"Retry-After": after}
    settings = {"backoff_factor": 0.1, "maximum_number_of_retries": 3}
    theirs = gcapi.retries.SelectiveBackoffStrategy(**settings)()
    ours = SelectiveBackoffStrategy(**settings)()
    for _ in range(5):
        wanted = theirs.get_delay(httpx.Response(status, headers=headers))
        given = ours.get_delay(gcapi_rs.Response(status, headers=Headers(headers.items())))
        assert given == wanted


def test_a_date_to_wait_for() -> None:
    date = "Wed, 21 Oct 2099 07:28:00 GMT"
    strategy = SelectiveBackoffStrategy(0.1, 3)
    given = strategy.get_delay(gcapi_rs.Response(503, headers=Headers([("Retry-After", date)])))
    wanted = gcapi.retries.SelectiveBackoffStrategy(0.1, 3).get_delay(
        httpx.Response(503, headers={"Retry-After": date})
    )
    assert given == pytest.approx(wanted, abs=60)


def test_statuses_are_counted_separately() -> None:
    strategy = SelectiveBackoffStrategy(0.1, 3)
    delays = [strategy.get_delay(gcapi_rs.Response(status)) for status in (503, 503, 502, 503)]
    assert delays == [0.1, 0.2, 0.1, 0.4]


def test_the_base_decides_nothing() -> None:
    with pytest.raises(NotImplementedError):
        BaseRetryStrategy().get_delay(gcapi_rs.Response(503))
