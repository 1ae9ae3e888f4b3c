import os

import pytest

from resources.rate import Buckets, bucket_of


def test_a_full_bucket_gives_its_quota_at_once_and_no_more():
    buckets = Buckets()
    allowed = [buckets.take("key", "1", 10, now=1000.0).allowed for _ in range(12)]
    assert allowed == [True] * 10 + [False] * 2


def test_a_bucket_fills_steadily():
    buckets = Buckets()
    for _ in range(10):
        buckets.take("key", "1", 10, now=1000.0)
    assert not buckets.take("key", "1", 10, now=1005.9).allowed
    assert buckets.take("key", "1", 10, now=1006.1).allowed  # ten a minute: one every six seconds


def test_a_refusal_tells_how_long_to_wait():
    buckets = Buckets()
    for _ in range(10):
        buckets.take("key", "1", 10, now=1000.0)
    assert buckets.take("key", "1", 10, now=1000.0).reset == 6


def test_callers_do_not_share_a_bucket():
    buckets = Buckets()
    for _ in range(10):
        buckets.take("key", "1", 10, now=1000.0)
    assert buckets.take("key", "2", 10, now=1000.0).allowed
    assert buckets.take("address", "1", 10, now=1000.0).allowed


def test_the_headers_are_those_of_the_draft():
    verdict = Buckets().take("key", "1", 10, now=1000.0)
    assert verdict.headers == (("RateLimit-Policy", '"key";q=10;w=60'), ("RateLimit", '"key";r=9;t=6'))


def test_a_forked_process_draws_from_the_same_bucket():
    buckets = Buckets()
    child = os.fork()
    if child == 0:
        for _ in range(10):
            buckets.take("key", "1", 10, now=1000.0)
        os._exit(0)
    os.waitpid(child, 0)
    assert not buckets.take("key", "1", 10, now=1000.0).allowed


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),  # one customer's network
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),  # as a socket that hears both tells an IPv4 caller
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("unix:", "", False),
    ],
)
def test_an_ipv6_network_shares_a_bucket(one, other, shared):
    assert (bucket_of(one) == bucket_of(other)) is shared
