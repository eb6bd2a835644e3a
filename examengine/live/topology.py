"""Which servers there are, out of the URL in the settings.

``redis://`` ``rediss://`` ``unix://``: one server. ``redis+sentinel://host:port,host:port/service``: the primary of a
service. ``redis+cluster://host:port,host:port``: a cluster. ``rediss+…`` speaks TLS to all of them.
"""

import ssl
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from examengine.live.cluster import Cluster
from examengine.live.errors import WrongServer
from examengine.live.node import Node, Reached, Terms
from examengine.live.replicas import Rival
from examengine.live.sentinel import Sentinels
from examengine.live.wire import Access, Address, Wire

REDIS_PORT = 6379
SENTINEL_PORT = 26379
FORMS = (
    "redis://host:port, unix:///path, redis+sentinel://host:port,host:port/service, "
    "redis+cluster://host:port,host:port, or with TLS rediss…"
)


def servers(url: str, terms: Terms) -> Node | Cluster:
    """What the URL names, ready to be talked to.

    Raises:
        WrongServer: the URL cannot be understood.
    """
    try:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise WrongServer(f"the Redis URL cannot be read: {error}") from error
    match parts.scheme:
        case "unix" | "redis" | "rediss":
            return _one(parts, query, terms)
        case "redis+sentinel" | "rediss+sentinel":
            return _watched(parts, query, replace(terms, replicated=True))
        case "redis+cluster" | "rediss+cluster":
            access = _access(parts, query, query.get("db", parts.path.strip("/")))
            if access.db:
                raise WrongServer("a Redis cluster has database 0 only")
            return Cluster(_addresses(parts, REDIS_PORT), access, replace(terms, replicated=True))
    raise WrongServer(f"a Redis URL has one of these forms: {FORMS}")


def _one(parts: SplitResult, query: Mapping[str, str], terms: Terms) -> Node:
    if parts.scheme == "unix":
        address, db = Address(path=unquote(parts.path)), query.get("db", "")
    else:
        (address, *more), db = _addresses(parts, REDIS_PORT), query.get("db", parts.path.strip("/"))
        if more:
            raise WrongServer("several Redis servers are named: write redis+sentinel:// or redis+cluster://")
    access = _access(parts, query, db)

    async def nobody() -> tuple[Rival, ...]:
        return ()

    async def dial() -> Reached:
        return Reached(await Wire.open(address, access), nobody)

    return Node(dial, terms)


def _watched(parts: SplitResult, query: Mapping[str, str], terms: Terms) -> Node:
    service, _, db = parts.path.strip("/").partition("/")
    if not service:
        raise WrongServer("the Redis URL lacks the name of the service that the Sentinels watch: …/service")
    to_servers = _access(parts, query, query.get("db", db))
    to_sentinels = Access(query.get("sentinel_username", ""), query.get("sentinel_password", ""), 0, to_servers.tls)
    watch = Sentinels(_addresses(parts, SENTINEL_PORT), unquote(service), to_sentinels, to_servers)
    return Node(watch.dial, terms)


def _addresses(parts: SplitResult, default_port: int) -> list[Address]:
    addresses = []
    for named in parts.netloc.rpartition("@")[2].split(","):
        try:
            one = urlsplit(f"//{named}")
            addresses.append(Address(unquote(one.hostname or "localhost"), one.port or default_port))
        except ValueError as error:
            raise WrongServer(f"{named!r} in the Redis URL is no host and port") from error
    return addresses


def _access(parts: SplitResult, query: Mapping[str, str], db: str) -> Access:
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    if db and not db.isdecimal():
        raise WrongServer(f"the database in the Redis URL is a number, not {db!r}")
    return Access(
        unquote(user) or query.get("username", ""),
        unquote(password) or query.get("password", ""),
        int(db or 0),
        _tls(query) if parts.scheme.startswith("rediss") else None,
    )


def _tls(query: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=query.get("ssl_ca_certs"))
        if query.get("ssl_check_hostname", "true").lower() in ("false", "no", "0"):
            context.check_hostname = False
        if query.get("ssl_cert_reqs", "required") == "none":
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if certificate := query.get("ssl_certfile"):
            context.load_cert_chain(certificate, query.get("ssl_keyfile"), query.get("ssl_password"))
    except (OSError, ValueError) as error:
        raise WrongServer(f"the certificates named in the Redis URL cannot be used: {error}") from error
    return context
