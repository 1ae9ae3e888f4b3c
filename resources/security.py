"""The headers that keep a browser from doing more with an answer than reading it; every answer has them."""

from __future__ import annotations

SECURITY_HEADERS = (
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)
CONTENT_POLICY = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")  # unless the answer has its own
TRANSPORT = ("Strict-Transport-Security", "max-age=31536000")  # of what came over https
