"""The native half: requests and files, from threads, with Ctrl-C, and at the end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import Platform
from scripted import Answer, ScriptedPlatform, answer_json

from gcapi_rs._native import NativeError, RawResponse, Session


def session_of(platform: Any, **settings: Any) -> Session:
    """A session with a platform."""
    plain: dict[str, Any] = {
        "token": getattr(platform, "token", "token"),
        "base_url": platform.base_url,
        "verify": platform.ca,
        "timeout": 60.0,
        "user_agent": "tests",
        "max_concurrent_downloads": 8,
    }
    return Session(**{**plain, **settings})


def send(session: Session, url: str, **options: Any) -> RawResponse:
    """A plain request."""
    plain: dict[str, Any] = {
        "headers": [],
        "params": [],
        "body": None,
        "follow_redirects": True,
    }
    return session.send("GET", url, **{**plain, **options})


def test_any_status_is_an_answer(platform: Platform) -> None:
    session = session_of(platform)
    assert send(session, "archives/").status == 200
    refused = send(session, "archives/none/")
    assert refused.status == 404
    assert refused.content


def test_nothing_is_sent_elsewhere(platform: Platform) -> None:
    session = session_of(platform)
    before = session.statistics()
    for url, kind in [
        ("https://elsewhere.invalid/api/v1/", "foreign-origin"),
        (platform.base_url.replace("https", "http"), "insecure-url"),
    ]:
        with pytest.raises(NativeError) as raised:
            send(session, url)
        assert raised.value.kind == kind
        assert raised.value.status is None
    assert session.statistics() == before


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("base_url", "http://localhost/api/v1/", NativeError),
        ("token", " ", NativeError),
        ("timeout", 0.0, ValueError),
        ("timeout", float("nan"), ValueError),
        ("max_concurrent_downloads", 0, ValueError),
        ("verify", "/no/such/file.pem", FileNotFoundError),
    ],
)
def test_unusable_settings_are_said_at_once(
    platform: Platform, setting: str, value: Any, expected: type[Exception]
) -> None:
    with pytest.raises(expected):
        session_of(platform, **{setting: value})


def test_a_certificate_that_is_not_trusted_is_an_error_of_its_own(platform: Platform) -> None:
    with pytest.raises(NativeError) as raised:
        send(session_of(platform, verify=True), "archives/")
    assert raised.value.kind == "certificate"
    assert send(session_of(platform, verify=False), "archives/").status == 200


def test_an_answer_that_does_not_come_times_out(scripted: ScriptedPlatform) -> None:
    gone = threading.Event()
    scripted.routes["/api/v1/slow/"] = lambda _: gone.wait(10) and Answer() or Answer()
    with pytest.raises(NativeError) as raised:
        send(session_of(scripted, timeout=0.3), "slow/")
    gone.set()
    assert raised.value.kind == "timeout"


def test_many_threads_share_a_session(platform: Platform) -> None:
    session = session_of(platform)
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: send(session, "archives/"), range(100))
        assert {answer.status for answer in answers} == {200}


def test_other_threads_run_while_one_waits(scripted: ScriptedPlatform) -> None:
    def slow(_: Any) -> Answer:
        time.sleep(0.5)
        return answer_json({})

    scripted.routes["/api/v1/slow/"] = slow
    waiting = threading.Thread(target=send, args=(session_of(scripted), "slow/"))
    waiting.start()
    rounds = 0
    while waiting.is_alive():
        rounds += 1
        time.sleep(0.005)
    assert rounds > 20


INTERRUPTED = """
import sys, time
from gcapi_rs._native import Session
session = Session(token="t", base_url=sys.argv[1], verify=sys.argv[2], timeout=None,
                  user_agent="tests", max_concurrent_downloads=1)
print("ready", flush=True)
try:
    session.send("GET", "slow/", headers=[], params=[], body=None, follow_redirects=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_works_at_once(scripted: ScriptedPlatform) -> None:
    asked, gone = threading.Event(), threading.Event()

    def never(_: Any) -> Answer:
        asked.set()
        gone.wait(30)
        return Answer()

    scripted.routes["/api/v1/slow/"] = never
    script = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, scripted.base_url, scripted.ca],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert asked.wait(20)
    started = time.monotonic()
    script.send_signal(signal.SIGINT)
    output, _ = script.communicate(timeout=20)
    took = time.monotonic() - started
    gone.set()
    assert output.split() == ["ready", "interrupted"]
    assert script.returncode == 0
    assert took < 5


def test_files_come_whole_or_not_at_all(platform: Platform, tmp_path: Path) -> None:
    session = session_of(platform)
    files = media(session)
    jobs = [(url, tmp_path / str(index) / "file") for index, url in enumerate(files)]
    fetched = session.fetch([*jobs, (files[0] + "x", tmp_path / "none" / "file")])
    *whole, failed = fetched
    assert [file.path for file in whole] == [path for _, path in jobs]
    assert [file.size for file in whole] == [path.stat().st_size for _, path in jobs]
    assert failed.path is None
    assert failed.error is not None
    assert (failed.error.kind, failed.error.status) == ("not-found", 404)
    left = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {path for _, path in jobs}


def test_a_file_that_is_there_is_refused_before_anything_is_sent(
    platform: Platform, tmp_path: Path
) -> None:
    session = session_of(platform)
    there = tmp_path / "there"
    there.write_text("mine")
    url = platform.base_url.replace("/api/v1/", "/media/a.mha")
    before = session.statistics()
    with pytest.raises(NativeError) as raised:
        session.fetch([(url, tmp_path / "new"), (url, there)])
    assert raised.value.kind == "exists"
    assert session.statistics() == before
    assert there.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [there]


def media(session: Session) -> list[str]:
    """The media URLs of the demo archive's images."""
    listed = send(session, "cases/images/", params=[("limit", "100")])
    images = json.loads(listed.content)["results"]
    return [file["file"] for image in images for file in image["files"]]


def test_what_is_expected_is_fetched_once(platform: Platform, tmp_path: Path) -> None:
    session = session_of(platform)
    first, second, other = media(session)[:3]
    plain = send(session, second)
    before = session.statistics()[0]
    session.expect([first, second, other])
    (fetched,) = session.fetch([(first, tmp_path / "first")])
    answer = send(session, second)
    # Each took one request to the platform and one to the store, and nothing was asked twice.
    session.expect([])
    assert session.statistics()[0] - before <= 3 * 2
    assert fetched.error is None
    assert (tmp_path / "first").read_bytes() == send(session, first).content
    assert (answer.status, answer.content) == (200, plain.content)
    assert answer.url.split("?")[0] == plain.url.split("?")[0]
    assert [hop.status for hop in answer.history] == [hop.status for hop in plain.history]


def test_a_wrong_guess_changes_nothing(platform: Platform, tmp_path: Path) -> None:
    session = session_of(platform)
    url = media(session)[0]
    missing = url + "x"
    session.expect([missing])
    (failed,) = session.fetch([(missing, tmp_path / "missing")])
    assert failed.error is not None
    assert failed.error.status == 404
    session.expect([url])
    session.expect([missing])
    (fetched,) = session.fetch([(url, tmp_path / "there")])
    assert fetched.error is None
