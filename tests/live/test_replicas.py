"""One server and what follows it: too old, wrongly configured, or with a replica that must have everything."""

import contextlib
from collections.abc import Iterator

import pytest

from examengine.embedded.redis import find_server
from examengine.live import Unavailable, WrongServer, connect
from examengine.live.fences import Life
from examengine.live.replicas import Followers, Rival, refuse_rivals
from tests.harness import DURABLE, RedisForTests, Server, free_ports, until
from tests.live.writers import COUNT
from tests.programs import find_older_server, replicating_server

LIFE = Life((7, 2, 0), "run", "replication", "master", 1_000, frozenset({"h:1", "h:2"}))


@contextlib.contextmanager
def a_pair(program: str) -> Iterator[tuple[Server, Server]]:
    """A primary and one replica, without anyone watching."""
    home = RedisForTests()
    first, second = free_ports(2)
    primary = Server(program, home.folder / "0", first, (*DURABLE, "repl-diskless-sync-delay 0"))
    replica = Server(program, home.folder / "1", second, (*DURABLE, f"replicaof 127.0.0.1 {first}"))
    try:
        primary.start()
        replica.start()
        until("replica", lambda: b"state=online" in primary_says(primary))
        # It has been copied to, and writes its first append-only file.
        until("file", lambda: not rewriting(replica))
        yield primary, replica
    finally:
        replica.kill()
        primary.kill()
        home.stop()


def rewriting(server: Server) -> bool:
    with server.client as client:
        said = client.info("persistence")
    return bool(said["aof_rewrite_in_progress"] or said["aof_rewrite_scheduled"])


def primary_says(primary: Server) -> bytes:
    with primary.client as client:
        client.response_callbacks.clear()
        said: bytes = client.execute_command("INFO", "replication")
        return said


async def test_a_server_too_old_to_say_what_its_replicas_have_is_refused_with_them_and_taken_alone() -> None:
    program = find_older_server()
    if program is None:
        pytest.skip("no redis-server older than 7.2 here")
    with a_pair(program) as (primary, replica):
        calls = connect(f"redis://127.0.0.1:{primary.port}")
        with pytest.raises(WrongServer, match=r"has replicas and cannot say .* use Redis or Valkey 7\.2"):
            await calls.check()
        with pytest.raises(Unavailable, match="has replicas"):
            await calls.run(COUNT, ("{07}:thing",), (1,))
        assert primary.ask("EXISTS", "{07}:thing") == 0
        replica.kill()
        until("alone", lambda: b"connected_slaves:0" in primary_says(primary))
        await calls.check()
        assert await calls.run(COUNT, ("{07}:thing",), (1,)) == b"OK"
        await calls.aclose()


async def test_a_replica_of_one_server_has_what_was_acknowledged_and_may_go() -> None:
    program = replicating_server()
    if program is None:
        pytest.skip("no redis-server of 7.2 or newer here")
    with a_pair(program) as (primary, replica):
        calls = connect(f"redis://127.0.0.1:{primary.port}")
        for number in range(100):
            assert await calls.run(COUNT, ("{07}:thing",), (number,)) == b"OK"
            assert int(replica.ask("GET", "{07}:thing")) == number
        replica.kill()
        with pytest.raises(Unavailable, match="0 of 1"):
            await calls.run(COUNT, ("{07}:thing",), (100,))
        # It was nobody's promise that there is a replica: without one the server's own disk is what counts.
        assert await calls.run(COUNT, ("{07}:thing",), (101,)) == b"OK"
        await calls.aclose()


async def test_a_replica_that_is_named_as_the_server_is_refused() -> None:
    program = replicating_server()
    if program is None:
        pytest.skip("no redis-server of 7.2 or newer here")
    with a_pair(program) as (_primary, replica):
        calls = connect(f"redis://127.0.0.1:{replica.port}")
        with pytest.raises(Unavailable, match="is a replica"):
            await calls.check()
        await calls.aclose()


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("appendonly", "no", "yes"),
        ("appendfsync", "everysec", "always"),
        ("no-appendfsync-on-rewrite", "yes", "no"),
        ("maxmemory-policy", "allkeys-lru", "noeviction"),
    ],
)
async def test_a_server_that_could_forget_is_refused_by_name_of_what_is_wrong(
    redis_for_tests: RedisForTests, name: str, wrong: str, right: str
) -> None:
    redis_for_tests.server.ask("CONFIG", "SET", name, wrong)
    calls = connect(redis_for_tests.url, durable=True)
    try:
        with pytest.raises(WrongServer, match=f"{name} is '{wrong}', not '{right}'"):
            await calls.check()
        with pytest.raises(Unavailable, match=name):
            await calls.command("SET", "x", 1)
        redis_for_tests.server.ask("CONFIG", "SET", name, right)
        await calls.check()
        assert await calls.command("SET", "x", 1) == b"OK"
    finally:
        redis_for_tests.server.ask("CONFIG", "SET", name, right)
        await calls.aclose()


async def test_where_the_configuration_may_not_be_read_it_is_taken_on_trust(redis_for_tests: RedisForTests) -> None:
    redis_for_tests.server.ask("ACL", "SETUSER", "exam", "on", ">secret", "~*", "+@all", "-config")
    calls = connect(redis_for_tests.url.replace("unix://", "unix://exam:secret@"), durable=True)
    wrong = connect(redis_for_tests.url.replace("unix://", "unix://exam:other@"))
    try:
        await calls.check()
        assert await calls.command("ACL", "WHOAMI") == b"exam"
        with pytest.raises(Unavailable, match="WRONGPASS"):
            await wrong.command("PING")
    finally:
        redis_for_tests.server.ask("ACL", "DELUSER", "exam")
        await calls.aclose()
        await wrong.aclose()


# ── what the replies say ──


def info(online: int, *, silent: int = 0, replication_id: str = "replication", role: str = "master") -> bytes:
    lines = [f"role:{role}", f"connected_slaves:{online + silent}", f"master_replid:{replication_id}"]
    lines += ["master_repl_offset:1000"]
    lines += [f"slave{no}:ip=h,port={no + 1},state=online,offset=5,lag=1" for no in range(online)]
    lines += [f"slave{online + no}:ip=h,port={online + no + 1},state=online,offset=1,lag=6" for no in range(silent)]
    return "\r\n".join(["# Replication", *lines, ""]).encode()


def test_all_that_follow_must_have_it() -> None:
    followers = Followers(LIFE, False, 2.0)
    assert followers.tail(0.0) == [("INFO", "replication"), ("WAIT", 2, 600), ("WAITAOF", 1, 2, 600)]
    assert followers.proved([info(2), 2, [1, 2]])
    with pytest.raises(Unavailable, match="1 of 2 replicas have it"):
        followers.proved([info(2), 1, [1, 1]])


def test_one_that_has_been_silent_counts_as_gone_at_the_next_connection_and_not_before() -> None:
    followers = Followers(LIFE, False, 2.0)
    with pytest.raises(Unavailable):
        followers.proved([info(1, silent=1), 1, [1, 1]])


def test_one_that_has_come_since_is_asked_at_once() -> None:
    followers = Followers(LIFE, False, 2.0)
    assert not followers.proved([info(3), 2, [1, 2]])
    assert followers.tail(0.0)[1] == ("WAIT", 3, 600)
    assert followers.proved([info(3), 3, [1, 2]])


def test_one_without_its_file_yet_must_have_it_in_memory_and_another_on_disk() -> None:
    followers = Followers(LIFE, False, 2.0)
    assert followers.proved([info(2), 2, [1, 1]])
    # From now on nobody waits for its disk, but once a second it is asked.
    assert followers.tail(10.0)[2:] == [("WAITAOF", 1, 1, 600), ("WAITAOF", 1, 2, 20)]
    assert followers.tail(10.9)[2:] == [("WAITAOF", 1, 1, 600)]
    assert followers.tail(11.0)[2:] == [("WAITAOF", 1, 1, 600), ("WAITAOF", 1, 2, 20)]
    assert followers.proved([info(2), 2, [1, 1], [1, 2]])
    assert followers.tail(12.0)[2:] == [("WAITAOF", 1, 2, 600)]
    with pytest.raises(Unavailable, match="on disk"):
        followers.proved([info(2), 2, [1, 0]])


@pytest.mark.parametrize("section", [info(2, replication_id="another"), info(2, role="slave")])
def test_a_server_that_is_no_longer_who_it_was_acknowledges_nothing(section: bytes) -> None:
    with pytest.raises(Unavailable, match="no longer the primary"):
        Followers(LIFE, True, 2.0).proved([section, 2, [1, 2]])


def test_where_sentinels_or_a_cluster_are_named_one_replica_is_the_least() -> None:
    alone = Life((7, 2, 0), "run", "replication", "master")
    assert Followers(alone, False, 2.0).count == 0
    assert Followers(alone, True, 2.0).count == 1
    with pytest.raises(WrongServer):
        Followers(Life((7, 1, 9), "run", "replication", "master"), True, 2.0)
    assert find_server().version >= (6, 2)


@pytest.mark.parametrize(
    ("rivals", "refused"),
    [
        ((), False),
        ((Rival("h:1", 9_000), Rival("h:2", 9_000)), False),  # as last heard of before the primary started again
        ((Rival("h:1", 0), Rival("h:2", 0), Rival("h:3", 999)), False),
        ((Rival("h:1", 0), Rival("h:2", 0), Rival("h:3", 1_000)), False),
        ((Rival("h:1", 0), Rival("h:2", 0), Rival("h:3", 1_001)), True),
        ((Rival("outside:1", 2_000), Rival("outside:2", 2_000)), False),  # the same two under other names
    ],
)
def test_one_that_would_be_chosen_without_having_followed_stops_everything(
    rivals: tuple[Rival, ...], refused: bool
) -> None:
    with pytest.raises(Unavailable, match="h:3 does not follow") if refused else contextlib.nullcontext():
        refuse_rivals(LIFE, rivals)
