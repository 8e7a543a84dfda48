"""A platform whose answers a test writes down, over TLS on this machine."""

from __future__ import annotations

import json
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def answer_json(value: Any, status: int = 200, **headers: str) -> Answer:
    """An answer of the interface."""
    return Answer(
        status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers}
    )


@dataclass
class ScriptedPlatform:
    """A running server.

    Attributes
    ----------
    routes : dict
        From the path of a request to what answers it; what is not there is not found.
    asked : list of Asked
        Every request, but for those of the version.
    """

    base_url: str
    ca: str
    routes: dict[str, Callable[[Asked], Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        """Looks the answer up."""
        if asked.path == "/api/v1/gcapi/" and asked.path not in self.routes:
            return answer_json({"latest_version": "0.16.1", "lowest_supported_version": "0.0.1"})
        self.asked.append(asked)
        route = self.routes.get(asked.path)
        return Answer(404, b"<h1>Not Found</h1>") if route is None else route(asked)

    def list(self, path: str, entries: list[Any]) -> None:
        """Serves a list by pages."""

        def page(asked: Asked) -> Answer:
            limit, offset = (int(asked.query[name][-1]) for name in ("limit", "offset"))
            results = entries[offset : offset + limit]
            links = {"next": None, "previous": None}
            return answer_json({"count": len(entries), **links, "results": results})

        self.routes[path] = page


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    platform: ScriptedPlatform

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("content-length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(
            self.command, parts.path, parse_qs(parts.query), headers, self.rfile.read(length)
        )
        answer = self.platform.answer(asked)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients may hang up at any time.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@contextmanager
def scripted_platform(folder: Path) -> Iterator[ScriptedPlatform]:
    """A server with a certificate of its own, until the block ends."""
    authority = trustme.CA()
    trusted = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    handler = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    platform = ScriptedPlatform(f"https://localhost:{server.server_port}/api/v1/", str(trusted))
    handler.platform = platform  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
