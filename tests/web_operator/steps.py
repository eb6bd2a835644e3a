"""What an operator does in a browser."""

import csv
import io
import re
from urllib.parse import parse_qs, urlsplit

import httpx2

from examengine.demo.practice import practice_text
from examengine.publishing.checks import DAY_MS
from examengine.publishing.items import release_bank
from examengine.records import duties
from examengine.records.words import Role
from tests.world import World, resident_id

PEOPLE_HEADER = ("姓名", "身份证号", "手机号码", "工作单位", "所属区划", "人员类别")


async def an_operator(world: World) -> int:
    """An operator who is on duty, so that no check before publishing is red for want of staff."""
    operator = await world.person(Role.OPERATOR, name="周敏")
    await put_on_duty(world, operator)
    return operator


async def put_on_duty(world: World, person_id: int) -> None:
    """For as long as any exam of these tests is open."""
    now_ms = world.now_ms
    async with world.services.database.writing() as tx:
        await duties.add_duty(tx, person_id, 0, now_ms + 400 * DAY_MS, person_id, now_ms, f"test:{person_id}")


async def a_release(world: World, bank_id: int | None = None) -> int:
    """A released bank; the release's id."""
    bank_id = bank_id if bank_id is not None else await world.bank()
    return (await release_bank(world.services.database, bank_id, None, world.now_ms)).id


async def paste_rulebook(browser: httpx2.AsyncClient, text: str) -> httpx2.Response:
    return await browser.post(
        "/operator/rulebooks/upload", data={"text": text}, files={"file": ("", b"", "application/octet-stream")}
    )


async def practice(browser: httpx2.AsyncClient, subject: str = "练习科目") -> str:
    """Bring the practice rulebook of 2026; its digest."""
    kept = await paste_rulebook(browser, practice_text(2026, subject))
    assert kept.status_code == 303, kept.text
    return digest_in(str(kept.headers["location"]))


def digest_in(address: str) -> str:
    """The rulebook that an address of the publishing page names."""
    return parse_qs(urlsplit(address).query)["rulebook"][0]


async def publish(browser: httpx2.AsyncClient, digest: str, release: int, title: str = "") -> httpx2.Response:
    data = {"rulebook": digest, "release": str(release), "title": title}
    return await browser.post("/operator/publish", data=data)


async def published(browser: httpx2.AsyncClient, world: World) -> str:
    """A published practice exam; its address."""
    digest, release = await practice(browser), await a_release(world)
    await browser.post("/operator/publish/confirm", data={"rulebook": digest, "release": str(release), "all": "1"})
    done = await publish(browser, digest, release)
    assert done.status_code == 303, done.text
    return str(done.headers["location"]).partition("?")[0]


def a_people_list(count: int, first: int = 500, **changes: str) -> bytes:
    """A list of invented people; ``changes`` of columns apply to the last row."""
    rows = [
        dict(
            zip(
                PEOPLE_HEADER,
                (
                    f"考生{'甲乙丙丁戊己庚辛'[n % 8]}",
                    resident_id(first + n),
                    f"139{n:08d}",
                    "第一中学",
                    "450702",
                    "专业技术人员",
                ),
                strict=True,
            )
        )
        for n in range(count)
    ]
    rows[-1].update(changes)
    out = io.StringIO()
    writer = csv.DictWriter(out, PEOPLE_HEADER)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


async def send_list(browser: httpx2.AsyncClient, address: str, content: bytes, **fields: str) -> httpx2.Response:
    return await browser.post(address, data=fields, files={"file": ("名单.csv", content, "text/csv")})


def counts_of(html: str) -> dict[str, int]:
    """The counters at the top of a page, by their label."""
    found = re.findall(r'<li[^>]*><span class="num">(\d+)</span>([^<]+)</li>', html)
    return {label.strip(): int(count) for count, label in found}
