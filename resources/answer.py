"""The response of this service: werkzeug's, which takes a short way to the server when it is a whole body of bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response


class Answer(Response):
    """A response whose headers are right already: no address to make absolute, no body to encode, none to leave out."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self._is_whole or environ["REQUEST_METHOD"] == "HEAD":
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        return self.response  # type: ignore[return-value]

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
