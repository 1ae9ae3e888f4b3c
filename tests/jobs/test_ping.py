"""The dead man's switch: an https address of an allowed host is asked once, and nothing is sent."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from config import Settings
from errors import ConfigurationError
from jobs.ping import ping

PEM = Path(__file__).with_name("localhost.pem")  # made for these tests: openssl req -x509 -newkey ec ... -days 36500
NAMES = {"LAMPLIGHT_SECRET": "s" * 32}


class Watcher(BaseHTTPRequestHandler):
    heard: list[tuple[str, str, bytes]] = []  # noqa: RUF012
    status = 200

    def do_POST(self):
        self.heard.append((self.command, self.path, self.rfile.read(int(self.headers.get("Content-Length", 0)))))
        self.send_response(self.status)
        self.send_header("Location", "https://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def watcher():
    """A server with a certificate of its own. Gives its address, and what trusts it."""
    server = HTTPServer(("127.0.0.1", 0), Watcher)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Watcher.heard, Watcher.status = [], 200
    yield f"https://localhost:{server.server_port}/abc?x=1", ssl.create_default_context(cafile=str(PEM))
    server.shutdown()
    server.server_close()
    thread.join()


def test_success_and_failure_have_an_address_each_and_nothing_is_sent(watcher):
    url, trust = watcher
    assert ping(url, failed=False, context=trust)
    assert ping(url, failed=True, context=trust)
    assert Watcher.heard == [("POST", "/abc?x=1", b""), ("POST", "/abc/fail?x=1", b"")]


@pytest.mark.parametrize("status", [301, 302, 307, 404, 500])
def test_no_redirect_is_followed_and_a_refusal_stops_nothing(watcher, status):
    url, trust = watcher
    Watcher.status = status
    assert not ping(url, failed=False, context=trust)
    assert len(Watcher.heard) == 1


def test_a_server_whose_certificate_nobody_vouches_for_is_not_told(watcher):
    assert not ping(watcher[0], failed=False)
    assert Watcher.heard == []


def test_a_server_that_is_away_stops_nothing():
    assert not ping("https://127.0.0.1:1/abc", failed=False)


@pytest.mark.parametrize(
    "url",
    ["http://hc-ping.com/abc", "https://evil.example/abc", "https://hc-ping.com.evil.example/", "https://hc-ping.com@evil.example/",
     "file:///etc/passwd", "hc-ping.com/abc", "https://user:word@hc-ping.com/abc", "https:///abc"],
)  # fmt: skip
def test_other_addresses_stop_the_start(url):
    with pytest.raises(ConfigurationError, match="LAMPLIGHT_PING_URL"):
        Settings.from_env(NAMES | {"LAMPLIGHT_PING_URL": url})


def test_the_hosts_are_a_setting():
    url = "https://ping.our-own.example/x"
    assert Settings.from_env(NAMES | {"LAMPLIGHT_PING_URL": url, "LAMPLIGHT_PING_HOSTS": "ping.our-own.example"}).ping_url == url
    assert Settings.from_env(NAMES | {"LAMPLIGHT_PING_URL": "https://hc-ping.com/abc"}).ping_url is not None
