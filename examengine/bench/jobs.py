"""What the bench tells its load generator and what that answers: msgpack, after four bytes of length each."""

import struct
from array import array
from typing import BinaryIO

import msgspec

LENGTH = struct.Struct(">I")


class Subject(msgspec.Struct, array_like=True, frozen=True):
    """One candidate (or member of staff) as the generator plays him. What an act has no use for stays empty.

    ``token``: of his page; ``intent`` and ``form``: of his contract page; ``username``: at the sign-in.
    """

    cookie: str = ""
    attempt_id: int = 0
    token: str = ""
    items: int = 0
    enrolment_id: int = 0
    intent: str = ""
    form: str = ""
    username: str = ""


class Enlist(msgspec.Struct, tag=True, frozen=True):
    """Keep these subjects under a name. ``once``: an act uses each of them up, as a start does its intent."""

    group: str
    subjects: list[Subject]
    once: bool = False


class Load(msgspec.Struct, frozen=True):
    """One kind of request. ``rate``: operations a second, whatever the server does (open loop); 0: each of the
    ``connections`` asks again when it is answered (closed loop). ``pages``: not ``act``, but pages of the group's
    candidates, each with a change every ``change_s`` seconds and pulses as the page's script sends them;
    ``ends_in_s``: their common deadline.
    """

    act: str
    group: str
    connections: int
    rate: float = 0.0
    pages: bool = False
    change_s: float = 40.0
    ends_in_s: float | None = None


class Job(msgspec.Struct, tag=True, frozen=True):
    """Do these side by side for so many seconds."""

    port: int
    origin: str
    seconds: float
    loads: list[Load]
    password: str = ""


class Tally(msgspec.Struct, frozen=True):
    """What became of a load. ``latencies`` (s) and ``ends`` (s since the job began) are arrays of doubles, an entry
    an operation that was answered rightly; latencies of an open loop count from when it was due. ``words``: answers
    of live sittings by their word; ``newest_saved_ms``: the newest stamp under which an answer was acknowledged.
    ``results``, ``told``: how long after its time was up a page had its result, and how long it was first told that
    would be (s; arrays of doubles, in one order).
    """

    act: str
    took_s: float
    errors: int
    faults: list[str]
    latencies: bytes
    ends: bytes
    words: dict[str, int]
    newest_saved_ms: int = 0
    results: bytes = b""
    told: bytes = b""

    @property
    def done(self) -> int:
        return len(self.latencies) // 8

    def latencies_s(self) -> "array[float]":
        return array("d", self.latencies)

    def ends_s(self) -> "array[float]":
        return array("d", self.ends)


class Done(msgspec.Struct, frozen=True):
    """A job's tallies in the order of its loads; ``cpu_s``: the generator's own."""

    tallies: list[Tally]
    cpu_s: float


_encode = msgspec.msgpack.Encoder().encode
read_order = msgspec.msgpack.Decoder(Enlist | Job).decode
read_done = msgspec.msgpack.Decoder(Done).decode


def framed(message: Enlist | Job | Done) -> bytes:
    """As it travels."""
    body = _encode(message)
    return LENGTH.pack(len(body)) + body


def received(stream: BinaryIO) -> bytes | None:
    """The next message's body; None at the end."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return stream.read(LENGTH.unpack(head)[0])
