"""Token buckets in memory that a process and all its forks share.

Each bucket is one number, the theoretical arrival time of the generic cell rate algorithm (ITU-T I.371): a
bucket of `quota` tokens a minute that fills steadily is full when that time has passed, and empty when it lies a
whole minute ahead. Buckets are found by a keyed hash; two callers may share one of the 131,072, which makes the
limit a little stricter for both. Two requests in the same microsecond may share a token. Both are cheap
compared with a round trip to a database for each request.
"""

from __future__ import annotations

import mmap
import secrets
import struct
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

WINDOW = 60.0  # seconds
NETWORK_BITS = 64  # of an IPv6 address: the least that a provider gives to one customer
SLOTS = 1 << 17
ARRIVAL = struct.Struct("=d")


@dataclass(frozen=True)
class Verdict:
    """What a bucket says of one request, as the RateLimit header tells it."""

    policy: str  # "key" or "address"
    quota: int  # requests a minute
    remaining: int
    reset: int  # seconds until one more request fits (when refused), or until the bucket is full
    allowed: bool

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The fields of draft-ietf-httpapi-ratelimit-headers-10."""
        return (
            ("RateLimit-Policy", f'"{self.policy}";q={self.quota};w={WINDOW:.0f}'),
            ("RateLimit", f'"{self.policy}";r={self.remaining};t={self.reset}'),
        )


class Buckets:
    """All buckets of one server. Make it before forking."""

    def __init__(self) -> None:
        self._arrivals = mmap.mmap(-1, SLOTS * ARRIVAL.size)
        self._salt = secrets.token_bytes(16)

    def take(self, policy: str, name: str, quota: int, now: float) -> Verdict:
        """Take one token from the bucket of `name`. now: seconds of a clock that all processes share."""
        place = self._place(policy, name)
        interval = WINDOW / quota
        arrival = max(ARRIVAL.unpack_from(self._arrivals, place)[0], now)
        ahead = arrival + interval - now
        if ahead > WINDOW:
            return Verdict(policy, quota, 0, ceil(ahead - WINDOW), allowed=False)
        ARRIVAL.pack_into(self._arrivals, place, arrival + interval)
        return Verdict(policy, quota, int((WINDOW - ahead) / interval), ceil(ahead), allowed=True)

    def _place(self, policy: str, name: str) -> int:
        digest = blake2b(f"{policy}:{name}".encode(), key=self._salt, digest_size=8).digest()
        return int.from_bytes(digest, "big") % SLOTS * ARRIVAL.size


def bucket_of(address: str) -> str:
    """Name the bucket of an address: IPv6 callers have 2**64 addresses each, so their network shares one (RFC 6177)."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((int(parsed), NETWORK_BITS), strict=False))
    return str(parsed)
