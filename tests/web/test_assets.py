"""Static files as they are sent: from memory, compressed beforehand, without the comments of their source."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette
from starlette.routing import Mount

from examengine.web.assets import VersionedStatic, folder, version_of

ROOT = folder("static")
VERSION = version_of(ROOT)
OURS = sorted(path for path in ROOT.rglob("*") if path.suffix in {".js", ".css"} and "vendor" not in path.parts)


async def asked(path: str, **headers: str) -> Response:
    app: Any = Starlette(routes=[Mount("/static", VersionedStatic(ROOT, VERSION))])
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        return await client.get(
            f"/static/{path}", headers={name.replace("_", "-"): text for name, text in headers.items()}
        )


async def test_a_file_of_this_version_is_kept_for_good_and_one_of_another_is_not() -> None:
    now, before = await asked(f"{VERSION}/exam/exam.js"), await asked("0123456789ab/exam/exam.js")
    assert now.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert before.headers["cache-control"] == "no-cache"
    assert now.text == before.text
    assert now.headers["content-type"].startswith("text/javascript")


async def test_it_is_compressed_for_whoever_understands_that() -> None:
    packed, plain = (
        await asked(f"{VERSION}/app.css", accept_encoding="br, gzip"),
        await asked(f"{VERSION}/app.css", accept_encoding="identity"),
    )
    refused = await asked(f"{VERSION}/app.css", accept_encoding="gzip;q=0")
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert packed.text == plain.text == refused.text
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 3


async def test_one_that_the_browser_has_is_not_sent_again() -> None:
    tag = (await asked("older/app.css")).headers["etag"]
    again = await asked("older/app.css", if_none_match=tag)
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("path", ["nothing.js", "../pyproject.toml", "%2e%2e/pyproject.toml", "exam", ""])
async def test_nothing_else_is_served(path: str) -> None:
    assert (await asked(f"{VERSION}/{path}")).status_code == 404


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.relative_to(ROOT).as_posix())
async def test_only_lines_of_comments_are_left_out(path: Path) -> None:
    written = path.read_text()
    assert all(line.count("`") % 2 == 0 for line in written.splitlines()), "a text over several lines might lose one"
    sent = (await asked(f"{VERSION}/{path.relative_to(ROOT).as_posix()}")).text
    lines = iter(written.splitlines())
    for line in sent.splitlines():
        assert line in lines
    left_out = re.sub(r"/\*.*?\*/", "", written, flags=re.DOTALL)
    assert sent.count(";") <= written.count(";")
    code = [line.strip() for line in left_out.splitlines() if line.strip() and not line.strip().startswith("//")]
    kept = [line.strip() for line in re.sub(r"/\*.*?\*/", "", sent, flags=re.DOTALL).splitlines() if line.strip()]
    assert kept == code


def test_style_and_script_of_a_paper_are_small() -> None:
    """With a paper of 50 items (17 kB) they stay below 60 kB."""
    lazily = {"typed.js"}
    names = ["app.css", "tokens.css", "exam.css", "app.js", "pictures.js", "icon.svg"]
    names += [f"exam/{path.name}" for path in (ROOT / "exam").glob("*.js") if path.name not in lazily]
    total = sum(len(gzip.compress(_sent(name), 9)) for name in names)
    assert total < 42_000


def _sent(name: str) -> bytes:
    from examengine.web.assets import _served

    served = _served(ROOT, name)
    assert served is not None
    return served.plain
