"""Sample papers (试抽) of a kept blueprint: drawn by the exam's own generator, shown as candidates see them."""

import hashlib
from collections.abc import Sequence
from itertools import combinations

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.dialects.expected import written
from examengine.banks.item import Item
from examengine.papers.blueprint import Blueprint, from_json
from examengine.papers.draw import BlueprintUnmetError, DrawPool
from examengine.papers.paper import Paper
from examengine.papers.stream import SEED_BYTES
from examengine.publishing.rulebooks import offers
from examengine.records import releases
from examengine.records.words import Role
from examengine.web.answers import letters
from examengine.web.author.banks import bank_of
from examengine.web.author.blueprint_desk import HERE, stock_choices, usable_rulebook
from examengine.web.author.blueprints import revision_of
from examengine.web.candidate.paper_page import Section, Shown, paper_html
from examengine.web.candidate.question_pieces import question_of
from examengine.web.contexts import blueprints as contexts
from examengine.web.contexts.frame import Alert, Fact
from examengine.web.http import frame_of, page, services_of, signed_in
from examengine.web.wording import gettext as _

MOST = 10
USUAL = 3
MAX_SEED = 40
USUAL_SEED = "1"


@signed_in(Role.AUTHOR)
async def show_samples(request: Request) -> Response:
    """Draw; the same address shows the same papers as long as the items are the same."""
    services, asked = services_of(request), request.query_params
    number = _number(asked.get("n", ""), USUAL, MOST)
    seed = asked.get("seed", "")[:MAX_SEED].strip() or USUAL_SEED
    with_keys = asked.get("keys", "") == "1"
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        revision = await revision_of(request, tx, bank.id)
        known = await releases.list_releases(tx, bank.id)
        chosen = next((one for one in known if str(one.id) == asked.get("stock", "")), None)
        if chosen is not None:
            release = await services.shelf.release(tx, chosen.id)
        else:
            release = await services.shelf.selection(tx, await releases.releasable(tx, bank.id))
        rulebook = usable_rulebook(await offers(tx), revision.rulebook_digest)
    blueprint = from_json(revision.content.encode())
    last_day = rulebook.window.closes_on if rulebook is not None else None
    seeds = [seed_of(seed, no) for no in range(1, number + 1)]

    def drawn() -> list[Paper]:
        pool = DrawPool(blueprint, release, last_day)
        return [pool.draw(each) for each in seeds]

    alert, papers = None, list[Paper]()
    try:
        papers = await services.proofs.run(drawn)
    except BlueprintUnmetError:
        told = _("这份组卷规则用这些题组不成试卷：回到组卷规则，右边写着缺什么、怎样补。")
        alert = Alert("warning", _("抽不出试卷"), told)
    here = _number(asked.get("paper", ""), 1, max(1, len(papers)))
    shown: tuple[contexts.SampleView, ...] = ()
    if papers:
        shown = (await _shown(request, papers[here - 1], blueprint, here, seeds[here - 1], with_keys=with_keys),)
    context = contexts.SamplePapers(
        frame=await frame_of(request, HERE),
        bank_id=bank.id,
        bank_name=bank.name,
        revision_id=revision.id,
        name=revision.name,
        no=revision.no,
        stocks=stock_choices(known),
        stock="" if chosen is None else str(chosen.id),
        seed=seed,
        asked=number,
        most=MOST,
        with_keys=with_keys,
        papers=shown,
        common=_common(papers),
        alert=alert,
    )
    return page("author/samples.html", context)


def seed_of(text: str, no: int) -> bytes:
    """The seed of sample ``no``: SHA-256 of the stated text and the number, cut to a draw's length."""
    return hashlib.sha256(f"{text}/{no}".encode()).digest()[:SEED_BYTES]


async def _shown(
    request: Request, paper: Paper, blueprint: Blueprint, no: int, seed: bytes, *, with_keys: bool
) -> contexts.SampleView:
    services = services_of(request)
    async with services.database.reading() as tx:
        items = await services.shelf.items(tx, [item.version_id for item in paper.items])
    sections: dict[tuple[str, int], list[Shown]] = {}
    keys = []
    for position, placed in enumerate(paper.items, 1):
        item = items[placed.version_id]
        cell = blueprint.cells[placed.cell]
        question = Shown(question_of(item), position, placed.option_order)
        sections.setdefault((cell.kind.value, cell.points_hundredths), []).append(question)
        keys.append(f"{position}. {_key_told(item, placed.option_order)}")
    html = paper_html([Section(kind, points, questions) for (kind, points), questions in sections.items()])
    return contexts.SampleView(no, seed.hex(), html, tuple(keys) if with_keys else ())


def _key_told(item: Item, order: Sequence[str]) -> str:
    if item.expected is None:
        return letters("".join(item.key), order)
    return written(item.expected) or _("由人评阅")


def _common(papers: Sequence[Paper]) -> tuple[Fact, ...]:
    """How many items each two of the papers have in common."""
    held = [{item.version_id for item in paper.items} for paper in papers]
    return tuple(
        Fact(_("第 {a} 份与第 {b} 份").format(a=a + 1, b=b + 1), _("{n} 题相同").format(n=len(held[a] & held[b])))
        for a, b in combinations(range(len(held)), 2)
    )


def _number(text: str, usual: int, most: int) -> int:
    return min(max(1, int(text)), most) if text.isascii() and text.isdecimal() and len(text) < 6 else usual
