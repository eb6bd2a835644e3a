"""What things weigh: a live sitting in Redis, a finished attempt in SQL, an exam page and a save on the wire."""

import gzip
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from posixpath import dirname, join, normpath
from urllib.parse import quote

from examengine.bench.acts import BROWSER, SCRIPT
from examengine.bench.crowd import Enrolled
from examengine.bench.jobs import Subject
from examengine.bench.stage import Stage, fetched
from examengine.bench.stores import kept_bytes
from examengine.live import CloseReason
from examengine.live.desk import MAX_SEQUENCE
from examengine.live.slots import sitting_keys
from examengine.sittings.finish import Ended

SHORT, LONG = 60, 120
"""Journal lines of a sitting: an answer to each of 50 questions with some changes, and twice as much."""
BEGUN = 2
"""Lines that stand there before the first answer: opened, pen taken."""
ASSETS = re.compile(rb'<(?:script[^>]* src|link rel="(?:stylesheet|modulepreload)" href)="([^"]+)"')
WITHOUT_SCRIPT = re.compile(rb"<noscript>.*?</noscript>", re.DOTALL)
IMPORTS = re.compile(rb'(?:\bfrom|\bimport)\s*"(\.[^"]+)"')
FRAME = 9
"""Bytes before each frame of HTTP/2."""


@dataclass(frozen=True, slots=True)
class Weights:
    """In bytes: of a live sitting at 60 and at 120 journal lines, of a finished attempt, in all and by table."""

    redis_short: int
    redis_long: int
    sql: int
    sql_of: dict[str, int]


async def weigh(stage: Stage, wanted: int) -> Weights:
    """Fill and finish so many sittings, twice: of the first ones tables have pages that are not full yet."""
    crowd, url = stage.crowd, stage.settings.database_url
    people = [await crowd.enrolled(wanted) for _ in range(2)]
    await _finished(stage, await _filled(stage, people[0]))
    before = await kept_bytes(url)
    subjects = await _filled(stage, people[1])
    short = await _sitting_bytes(stage, subjects)
    await _finished(stage, subjects)
    after = await kept_bytes(url)
    longer = await crowd.sitting(wanted)
    await crowd.answer(longer, 1, LONG - BEGUN)
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    by_table = {name: round(size / wanted) for name, size in sorted(grown.items(), key=lambda one: -one[1])}
    return Weights(short, await _sitting_bytes(stage, longer), round(sum(grown.values()) / wanted), by_table)


async def _filled(stage: Stage, people: Sequence[Enrolled]) -> list[Subject]:
    subjects = await stage.crowd.seated(people)
    await stage.crowd.answer(subjects, 1, SHORT - BEGUN)
    return subjects


async def _finished(stage: Stage, subjects: Sequence[Subject]) -> None:
    services = stage.services
    await services.shipper.ship_all(services.clock.now_ms())
    for one in subjects:
        ended = await services.finisher.by_page(stage.crowd.pen(one), CloseReason.HAND_IN, services.clock.now_ms())
        assert isinstance(ended, Ended), ended
    while await services.notary.note(services.clock.now_ms()):
        pass
    await services.notary.sign(services.clock.now_ms())


async def _sitting_bytes(stage: Stage, subjects: list[Subject]) -> int:
    """Of the median sitting: its two keys, and its share of the two that the sittings of a slot have in common. Its
    lines have been carried to SQL, as they are within seconds.
    """
    calls = stage.services.calls
    await stage.services.shipper.ship_all(stage.services.clock.now_ms())
    sizes = []
    for one in subjects:
        *own, due, unshipped = sitting_keys(one.attempt_id)
        alone = [int(await calls.command("MEMORY", "USAGE", key, "SAMPLES", 0) or 0) for key in own]
        in_slot = int(await calls.command("ZCARD", due)) or 1
        shared = [int(await calls.command("MEMORY", "USAGE", key, "SAMPLES", 0) or 0) for key in (due, unshipped)]
        sizes.append(sum(alone) + sum(shared) / in_slot)
    return round(statistics.median(sizes))


async def page_gzip_bytes(port: int, one: Subject) -> dict[str, int]:
    """What a browser loads for its first exam page, gzip: ``page``, ``scripts``, ``styles``, in all ``total``. Where
    the server does not compress, nginx does, and this counts what that would come to.
    """
    headers = f"Accept-Encoding: gzip\r\nCookie: session={one.cookie}\r\n"
    size, page = await _loaded(port, f"/sittings/{one.attempt_id}", headers)
    sizes = {"page": size, "scripts": 0, "styles": 0}
    wanted = [address.decode() for address in ASSETS.findall(WITHOUT_SCRIPT.sub(b"", page))]
    seen: set[str] = set()
    while wanted:
        address = wanted.pop()
        if address in seen:
            continue
        seen.add(address)
        size, content = await _loaded(port, address, headers)
        if address.endswith(".css"):
            sizes["styles"] += size
            continue
        sizes["scripts"] += size
        wanted += [normpath(join(dirname(address), found.decode())) for found in IMPORTS.findall(content)]
    return {**sizes, "total": sum(sizes.values())}


async def _loaded(port: int, address: str, headers: str) -> tuple[int, bytes]:
    """Bytes on the wire, and the content."""
    head, body = await fetched(port, address, headers)
    assert head.startswith(b"HTTP/1.1 200"), (address, head[:40])
    if b"content-encoding: gzip" in head.lower():
        return len(body), gzip.decompress(body)
    return len(gzip.compress(body, 6)), body


async def save_wire_bytes(port: int, origin: str, one: Subject) -> dict[str, int]:
    """Of one save: ``ours`` is cookie, body and answer. Where the package hpack is there, ``http2_first`` and
    ``http2_later`` are all of it over HTTP/2, headers compressed and frames counted: of a connection's first save,
    and of those that follow.
    """
    body = f"t={quote(one.token)}&n={MAX_SEQUENCE}&i=1&k=a&b=0&v=a".encode()
    cookie = f"session={one.cookie}"
    path = f"/sittings/{one.attempt_id}/answers"
    sent = [("cookie", cookie), ("origin", origin), ("content-type", "application/x-www-form-urlencoded")]
    sent.append(("content-length", str(len(body))))
    head, answer = await fetched(port, path, "".join(f"{name}: {value}\r\n" for name, value in sent), body)
    assert b'"saved"' in answer, answer
    ours = {"ours": len(cookie) + len(body) + len(answer)}
    try:
        from hpack import Encoder
    except ImportError:
        return ours
    pseudo = [(":method", "POST"), (":scheme", "https"), (":authority", "exam.example.gov.cn"), (":path", path)]
    browser = [_field(line) for line in (BROWSER + SCRIPT).split(b"\r\n") if line]
    told = [_field(line) for line in head.split(b"\r\n")[1:] if not line.lower().startswith(b"connection:")]
    request, response = Encoder(), Encoder()
    frames = 4 * FRAME + len(body) + len(answer)
    asks = [*pseudo, *browser, *sent, ("referer", f"{origin}/sittings/{one.attempt_id}")]
    answers = [(":status", "200"), ("server", "nginx"), ("date", "Sun, 22 Nov 2026 08:00:00 GMT"), *told]
    first, later = (len(request.encode(asks)) + len(response.encode(answers)) + frames for _ in range(2))
    return {**ours, "http2_first": first, "http2_later": later}


def _field(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("latin-1").partition(":")
    return name.lower(), value.strip()
