"""The exam page as a browser has it: read from its HTML, and what it sends."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx2

from tests.world import World


@dataclass
class ExamPage:
    """A page that was opened; ``n`` is the number of its last operation."""

    browser: httpx2.AsyncClient
    attempt_id: int
    html: str
    n: int = 0

    @property
    def token(self) -> str:
        return value_of(self.html, "t")

    @property
    def epoch(self) -> int:
        return int(attribute(self.html, "data-epoch"))

    @property
    def left_ms(self) -> int:
        return int(attribute(self.html, "data-left"))

    @property
    def deadline_ms(self) -> int:
        return int(attribute(self.html, "data-deadline"))

    @property
    def answers(self) -> dict[int, str]:
        """What is checked, by position."""
        found: dict[int, str] = {}
        for position, option in re.findall(r'name="q(\d+)" value="(\w)"[^>]* checked', self.html):
            found[int(position)] = "".join(sorted(found.get(int(position), "") + option))
        return found

    @property
    def flags(self) -> set[int]:
        return {int(position) for position in re.findall(r'name="f(\d+)"[^>]* checked', self.html)}

    @property
    def options(self) -> dict[int, list[str]]:
        """The option ids in the order shown, by position."""
        found: dict[int, list[str]] = {}
        for position, option in re.findall(r'name="q(\d+)" value="(\w)"', self.html):
            found.setdefault(int(position), []).append(option)
        return found

    def path(self, act: str = "") -> str:
        return f"/sittings/{self.attempt_id}{'/' + act if act else ''}"

    async def save(self, position: int, value: str, *, kind: str = "a", **changes: Any) -> dict[str, Any]:
        """Save one answer as the outbox does; the JSON."""
        response = await self.post_save(position, value, kind=kind, **changes)
        told: dict[str, Any] = response.json()
        return {**told, "status": response.status_code}

    async def post_save(
        self, position: int, value: str, *, kind: str = "a", headers: Mapping[str, str] | None = None, **changes: Any
    ) -> httpx2.Response:
        self.n += 1
        fields = {"t": self.token, "n": self.n, "i": position, "k": kind, "b": 0, "v": value, **changes}
        sent = {name: str(field) for name, field in fields.items() if field is not None}
        return await self.browser.post(
            self.path("answers"), data=sent, headers={"accept": "application/json", **(headers or {})}
        )

    async def report(self, act: str, **changes: Any) -> dict[str, Any]:
        """A pulse, leave, return or focus report; the JSON."""
        self.n += 1
        fields = {"t": self.token, "n": str(self.n), **changes}
        response = await self.browser.post(self.path(act), data=fields, headers={"accept": "application/json"})
        told: dict[str, Any] = response.json()
        return {**told, "status": response.status_code}

    async def post_form(
        self,
        answers: Mapping[int, str] | None = None,
        *,
        flags: set[int] | None = None,
        total: int = 50,
        follow: bool = False,
        **more: Any,
    ) -> httpx2.Response:
        """保存 or 交卷 without JavaScript: everything in view."""
        fields: dict[str, Any] = {"t": self.token, "shown": ",".join(map(str, range(1, total + 1))), "do": "save"}
        for position, value in (answers or {}).items():
            fields[f"q{position}"] = list(value)
        for position in flags or ():
            fields[f"f{position}"] = "1"
        return await self.browser.post(
            self.path("form"),
            data={k: v for k, v in {**fields, **more}.items() if v is not None},
            follow_redirects=follow,
        )

    async def hand_in(self, **changes: str) -> httpx2.Response:
        return await self.browser.post(self.path("hand-in"), data={"t": self.token, **changes})


async def opened(browser: httpx2.AsyncClient, attempt_id: int) -> ExamPage:
    """Open the exam page, which takes the pen."""
    response = await browser.get(f"/sittings/{attempt_id}")
    assert response.status_code == 200, (response.status_code, response.headers.get("location"), response.text[:500])
    return ExamPage(browser, attempt_id, response.text)


@asynccontextmanager
async def an_open_exam(world: World, override: Mapping[str, Any] | None = None) -> AsyncIterator[ExamPage]:
    """A candidate in front of a fresh exam."""
    person_id, _, attempt_id = await world.a_candidate_in_an_exam(override)
    async with world.browser(person_id) as browser:
        yield await opened(browser, attempt_id)


async def lose_redis(world: World) -> None:
    """Redis' disk is gone; what was shipped is rebuilt."""
    await world.services.calls.command("FLUSHALL")
    await world.services.rebuilder.look(world.now_ms)


def value_of(html: str, name: str) -> str:
    """The value of the first field of that name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no field {name}"
    return unescape(found[1])


def token_of(html: str, action: str) -> str:
    """The token in the form that posts to ``action``."""
    return value_of(html[html.index(f'action="{action}"') :], "t")


def attribute(html: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', html)
    assert found, f"no attribute {name}"
    return unescape(found[1])


def text_of(html: str) -> str:
    """What a reader sees, roughly."""
    body = re.sub(r"(?s)<(script|style|head|dialog).*?</\1>", " ", html)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))
