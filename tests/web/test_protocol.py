"""How a page goes out: its head and its body as one, and nothing of it is lost or comes before its time."""

import asyncio
from collections.abc import Iterable
from typing import Any

from examengine.web.protocol import AtOnce

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Wire(asyncio.Transport):
    """Keeps what it is given, one entry a system call."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.is_closed = False

    def write(self, data: Any) -> None:
        assert not self.is_closed
        self.sent.append(bytes(data))

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


async def a_wire() -> tuple[Wire, AtOnce]:
    wire = Wire()
    return wire, AtOnce(wire, asyncio.get_running_loop())


async def test_a_head_and_the_body_of_the_same_turn_go_as_one() -> None:
    wire, at_once = await a_wire()
    for body in (b"page", b"", b"HTTP/1. is what this page is about"):
        at_once.write(HEAD)
        at_once.write(body)
    await asyncio.sleep(0)
    assert wire.sent == [HEAD + b"page", HEAD, HEAD + b"HTTP/1. is what this page is about"]


async def test_a_head_whose_body_takes_longer_goes_first_and_parts_keep_their_order() -> None:
    wire, at_once = await a_wire()
    at_once.write(HEAD)
    assert wire.sent == []
    await asyncio.sleep(0)
    assert wire.sent == [HEAD]
    for part in (b"one", b"two", b"HTTP/1. three", b"four"):
        at_once.write(part)
    await asyncio.sleep(0)
    assert b"".join(wire.sent) == HEAD + b"onetwoHTTP/1. threefour"


async def test_a_head_is_not_lost_where_its_connection_is_closed_at_once() -> None:
    wire, at_once = await a_wire()
    at_once.write(HEAD)
    at_once.close()
    await asyncio.sleep(0)
    assert (wire.sent, wire.is_closed) == ([HEAD], True)


async def test_a_head_for_a_connection_that_others_have_closed_is_let_go() -> None:
    wire, at_once = await a_wire()
    at_once.write(HEAD)
    wire.close()
    await asyncio.sleep(0)
    assert wire.sent == []
