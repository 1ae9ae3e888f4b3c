"""The response of this service: werkzeug's, which takes a short way to the server when it is a whole body of bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response
from werkzeug.datastructures import Headers

from resources.security import CONTENT_POLICY, SECURITY_HEADERS

WITH_POLICY = (*SECURITY_HEADERS, CONTENT_POLICY)


class Answer(Response):
    """A response whose headers are right already: no address to make absolute, no body to encode, none to leave out."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self._is_whole or environ["REQUEST_METHOD"] == "HEAD":
            return super().__call__(environ, start_response)
        start_response(self.status, [*self.headers.to_wsgi_list(), *self._always])
        return self.response  # type: ignore[return-value]

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:
        headers = super().get_wsgi_headers(environ)
        headers.extend(self._always)
        return headers

    @property
    def _always(self) -> tuple[tuple[str, str], ...]:
        """What every answer has; beside the headers until it leaves, for werkzeug checks each that is put among them."""
        return SECURITY_HEADERS if CONTENT_POLICY[0] in self.headers else WITH_POLICY

    @property
    def _is_whole(self) -> bool:
        body = self.response
        return (
            self.status_code in (200, 201)
            and isinstance(body, list)
            and len(body) == 1
            and isinstance(body[0], bytes)
            and "Content-Length" in self.headers
            and not self._on_close
        )
