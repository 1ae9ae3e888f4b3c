"""GET /, /docs, /static/<name>, /docs/ui/<name>: what a person sees. No data in it; its scripts ask the API as anyone does."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from flask import Response, send_from_directory
from flask_restful import Resource

WEB = Path(__file__).resolve().parent.parent / "web"
SWAGGER = Path(str(importlib.resources.files("flask_swagger_ui"))) / "dist"

# Everything comes from this origin. Swagger UI 5.34 was measured to need no more than this either.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


class Home(Resource):
    def get(self) -> Response:
        """Serve the page on which a regression is asked for."""
        return _file(WEB / "templates", "home.html")


class Docs(Resource):
    def get(self) -> Response:
        """Serve the page that shows /openapi.json."""
        return _file(WEB / "templates", "docs.html")


class StaticFile(Resource):
    def get(self, name: str) -> Response:
        """Serve a style, script or drawing of the pages."""
        return _file(WEB / "static", name)


class SwaggerFile(Resource):
    def get(self, name: str) -> Response:
        """Serve a file of the bundled Swagger UI."""
        return _file(SWAGGER, name)


def _file(folder: Path, name: str) -> Response:
    response = send_from_directory(folder, name)
    response.headers["Content-Security-Policy"] = POLICY
    response.cache_control.no_cache = True  # a cheap 304 each time, so that a new release is never half old
    return response
