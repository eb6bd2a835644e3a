"""The URL in the settings says where the servers are, or what is wrong with it."""

import pytest

from examengine.live import WrongServer, connect
from examengine.live.cluster import Cluster
from examengine.live.node import Node


@pytest.mark.parametrize(
    "url",
    [
        "redis://",
        "redis://host",
        "redis://:secret@host:6380/2",
        "redis://[::1]:6379",
        "rediss://user:p%40ss@host:6380?ssl_cert_reqs=none",
        "unix:///run/redis/redis.sock",
        "unix://:secret@/run/redis.sock?db=1",
        "redis+sentinel://a,b:26380,[::1]:26379/exam",
        "rediss+sentinel://user:secret@a,b,c/exam/1?sentinel_password=other",
    ],
)
async def test_one_server_or_a_watched_one_is_one_queue(url: str) -> None:
    assert isinstance(connect(url)._servers, Node)


@pytest.mark.parametrize("url", ["redis+cluster://a,b:7001", "rediss+cluster://:secret@a:1,b:2,c:3/0"])
async def test_a_cluster_has_a_queue_a_node(url: str) -> None:
    assert isinstance(connect(url)._servers, Cluster)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://host", "has one of these forms"),
        ("host:6379", "has one of these forms"),
        ("redis://a,b", r"write redis\+sentinel:// or redis\+cluster://"),
        ("redis://host:port", "'host:port' in the Redis URL is no host and port"),
        ("redis://host/zero", "the database in the Redis URL is a number, not 'zero'"),
        ("redis+sentinel://a,b", "lacks the name of the service"),
        ("redis+cluster://a,b/1", "a Redis cluster has database 0 only"),
        ("rediss://host?ssl_ca_certs=/nowhere/ca.pem", "certificates named in the Redis URL cannot be used"),
        ("redis://host?=&", "cannot be read"),
    ],
)
def test_a_url_that_cannot_be_understood_is_refused_with_what_is_wrong(url: str, said: str) -> None:
    with pytest.raises(WrongServer, match=said):
        connect(url)
