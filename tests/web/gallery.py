"""Every page from sample contexts, and one exam that answers: ``python -m tests.web.gallery``."""

from dataclasses import replace
from html import escape
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from examengine.clock import ShiftedClock
from examengine.web.assets import VersionedStatic, folder, version_of
from examengine.web.candidate.paper_page import Section
from examengine.web.contexts import candidate
from examengine.web.guards import Guard, refuse_bare
from examengine.web.pages import render, render_block
from examengine.web.security import SecurityHeaders
from examengine.web.tokens import PageToken, Tokens
from tests.web import samples
from tests.web.counts import answered_count, flagged_count
from tests.web.fake_sitting import ATTEMPT, PERSON, FakeSitting

NOTHING = candidate.Reports()
TOKENS = Tokens(["gallery-key-gallery-key-gallery-key"])
HTMX_BLOCKS = {"/support": ("support/search.html", "results", "search-hits")}


class Gallery:
    """The app, with the sitting that its exam page writes to."""

    def __init__(self, clock: ShiftedClock, reports: candidate.Reports = NOTHING) -> None:
        self.clock = clock
        self.reports = reports
        self.sitting = FakeSitting(clock, clock.now_ms() + 60 * samples.MINUTE)
        base = f"/sittings/{ATTEMPT}"
        app = Starlette(
            routes=[
                Route("/", self.index),
                Route("/pages/{slug}", self.page),
                Route("/support", self.search),
                Route("/result", self.result),
                Route(base, self.exam),
                Route(f"{base}/answers", self.answers, methods=["POST"]),
                Route(f"{base}/pulse", self.pulse, methods=["POST"]),
                Route(f"{base}/rejoin", self.rejoin, methods=["POST"]),
                Route(f"{base}/sign-in", self.sign_in, methods=["POST"]),
                Route(f"{base}/pen", self.pen, methods=["POST"]),
                Route(f"{base}/form", self.form, methods=["POST"]),
                Route(f"{base}/hand-in", self.hand_in, methods=["POST"]),
                Route(f"{base}/result", self.result),
                Route(f"{base}/{{kind}}", self.report, methods=["POST"]),
                Mount("/static", VersionedStatic(folder("static"), version_of(folder("static")))),
            ]
        )
        guarded = Guard(
            app,
            tokens=TOKENS,
            clock=clock,
            origin="http://127.0.0.1",
            cookie="session",
            refuse=refuse_bare,
            trust_host=True,
        )
        self.app = SecurityHeaders(guarded, https=False)

    async def index(self, request: Request) -> Response:
        links = "".join(f'<li><a href="/pages/{slug}">{escape(slug)}</a></li>' for slug in samples.PAGES)
        return HTMLResponse(f'<!doctype html><html lang="zh-CN"><title>Gallery</title><ul>{links}</ul>')

    async def page(self, request: Request) -> Response:
        name, context = samples.PAGES[request.path_params["slug"]]
        response = HTMLResponse(render(name, context))
        # pages taken from their own address carry their own token; the sample exam must not write anywhere
        response.set_cookie("session", TOKENS.session(PERSON, 1, self.clock.now_ms()), httponly=True)
        return response

    async def search(self, request: Request) -> Response:
        name, block, slug = HTMX_BLOCKS["/support"]
        context = samples.PAGES[slug][1]
        if request.headers.get("hx-request"):
            return HTMLResponse(render_block(name, block, context))
        return HTMLResponse(render(name, context))

    async def result(self, request: Request) -> Response:
        return HTMLResponse(render("result.html", samples.RESULT))

    async def exam(self, request: Request) -> Response:
        sitting, now_ms = self.sitting, self.clock.now_ms()
        parts = self._parts()
        epoch = sitting.claim()
        page = samples.exam_page(
            parts,
            frame=replace(samples.LI, now_ms=now_ms, text_size=int(request.cookies.get("size", "18"))),
            sitting_id=ATTEMPT,
            token=TOKENS.page(PageToken(ATTEMPT, PERSON, sitting.generation, epoch, f"p{epoch}")),
            who=TOKENS.who(PERSON),
            generation=sitting.generation,
            epoch=epoch,
            page_id=f"p{epoch}",
            left_ms=sitting.deadline_ms - now_ms,
            deadline_ms=sitting.deadline_ms,
            reports=self.reports,
            answered=answered_count(parts),
            blank=sum(len(part.shown) for part in parts) - answered_count(parts),
            flagged=flagged_count(parts),
            saved_at_ms=None,
        )
        response = HTMLResponse(render("exam.html", page))
        response.set_cookie("session", TOKENS.session(PERSON, 1, now_ms), httponly=True, samesite="lax")
        return response

    def _parts(self) -> list[Section]:
        kept = self.sitting.kept
        parts = []
        for section in samples.sections(answered=0):
            shown = []
            for one in section.shown:
                answer, flag = kept.get(f"a{one.position}"), kept.get(f"f{one.position}")
                shown.append(
                    replace(
                        one,
                        answer=answer.value if answer else "",
                        revision=answer.revision if answer else 0,
                        flagged=bool(flag and flag.value),
                        flag_revision=flag.revision if flag else 0,
                        mark="{}.{}".format(*answer.mark) if answer else "",
                        flag_mark="{}.{}".format(*flag.mark) if flag else "",
                    )
                )
            parts.append(replace(section, shown=shown))
        return parts

    async def _told(self, request: Request) -> tuple[PageToken, dict[str, str]]:
        fields = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        token = TOKENS.read_page(fields["t"])
        return token or PageToken(ATTEMPT, PERSON, -1, -1, ""), fields

    async def answers(self, request: Request) -> Response:
        token, fields = await self._told(request)
        sitting = self.sitting
        if sitting.trouble:
            return Response(status_code=sitting.trouble, headers=sitting.trouble_headers)
        return _json(sitting.save(token.epoch, fields, token.generation))

    async def pulse(self, request: Request) -> Response:
        token, fields = await self._told(request)
        return _json(self.sitting.pulse(token.generation, token.epoch, fields))

    async def report(self, request: Request) -> Response:
        token, fields = await self._told(request)
        return _json(self.sitting.report(request.path_params["kind"], token.generation, token.epoch, fields))

    async def rejoin(self, request: Request) -> Response:
        token, _fields = await self._told(request)
        told = self.sitting.rejoin(token.generation, token.epoch)
        if told["word"] == "claimed":
            sitting = self.sitting
            held = PageToken(ATTEMPT, PERSON, sitting.generation, sitting.epoch, token.page_id)
            told["token"] = TOKENS.page(held)
        return _json(told)

    async def sign_in(self, request: Request) -> Response:
        _token, fields = await self._told(request)
        if fields["password"] != self.sitting.password:
            return JSONResponse({"word": "wrong"}, 422)
        self.sitting.revoked = False
        return JSONResponse({"word": "signed_in", "must_change": False})

    async def pen(self, request: Request) -> Response:
        return RedirectResponse(f"/sittings/{ATTEMPT}", 303)

    async def form(self, request: Request) -> Response:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True)
        fields = dict(pairs)
        for position in fields["shown"].split(","):
            value = "".join(sorted(v for k, v in pairs if k == f"q{position}"))
            if fields.get("clear") == position:
                value = ""
            self.sitting.save(self.sitting.epoch, {"k": "a", "i": position, "n": "999", "v": value})
        return RedirectResponse(f"/sittings/{ATTEMPT}", 303)

    async def hand_in(self, request: Request) -> Response:
        self.sitting.closed = "submitted"
        return RedirectResponse("/result", 303)


def _json(told: dict[str, object]) -> Response:
    return JSONResponse(told, 401 if told["word"] == "revoked" else 200)


if __name__ == "__main__":
    uvicorn.run(Gallery(ShiftedClock(0)).app, port=8123)
