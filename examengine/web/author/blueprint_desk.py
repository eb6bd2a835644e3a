"""What the page of a blueprint works with: the draft as typed, what it stands against, and how that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from unicodedata import normalize

from starlette.requests import Request

from examengine.papers.blueprint import Blueprint, Cell, from_json, section_cell, section_kinds
from examengine.publishing.blueprints import Proven, differences, leaving, name_of
from examengine.publishing.proofs import Counts, Stock
from examengine.publishing.rulebooks import Offer, offers
from examengine.records import blueprints, releases
from examengine.records.banks import Bank
from examengine.records.blueprints import Revision
from examengine.records.database import Reading
from examengine.records.releases import StoredRelease
from examengine.rules.rulebook import Rulebook
from examengine.web import times
from examengine.web.author.banks import names_of
from examengine.web.author.blueprint_form import (
    IN_ORDER,
    NO_DIFFICULTY,
    NO_TOPIC,
    Matrix,
    Row,
    in_order,
    matrix_of,
    rows_of,
)
from examengine.web.contexts import blueprints as contexts
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.http import field_of, form_of, frame_of, services_of
from examengine.web.messages import KINDS
from examengine.web.proof_words import PEOPLE, leaving_names, proof_told
from examengine.web.wording import gettext as _

HERE = "/author"
MAX_NAME = 80
MAX_DIGEST = 80
MAX_PEOPLE = 100_000_000
HISTORY_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed. ``after``: the revision it was made from; ``stock``: a release's id, "" for checked items."""

    bank: Bank
    name: str
    after: int
    digest: str
    stock: str
    people: str
    rows: tuple[Row, ...]
    shown_id: int | None = None

    def with_rows(self, rows: tuple[Row, ...]) -> "Draft":
        return replace(self, rows=rows)

    def after_revision(self, no: int) -> "Draft":
        return replace(self, after=no)


@dataclass(frozen=True, slots=True)
class Standing:
    """A draft with what it stands against. ``proven`` is None where there is nothing to prove yet."""

    draft: Draft
    choices: tuple[Offer, ...]
    rulebook: Rulebook | None
    releases: tuple[StoredRelease, ...]
    stock: Stock
    counts: Counts
    matrix: Matrix
    proven: Proven | None

    @property
    def differences(self) -> tuple[str, ...]:
        blueprint = self.matrix.blueprint
        return differences(blueprint, self.rulebook) if blueprint is not None and self.rulebook is not None else ()

    @property
    def can_be_published(self) -> bool:
        return self.proven is not None and not self.proven.lacks and not self.differences


def draft_of(request: Request, bank: Bank) -> Draft:
    """The draft that a form carries."""
    after = field_of(request, "after", 9)
    return Draft(
        bank=bank,
        name=" ".join(field_of(request, "name", MAX_NAME).split()),
        after=int(after) if after.isascii() and after.isdecimal() else 0,
        digest=field_of(request, "rulebook", MAX_DIGEST),
        stock=field_of(request, "stock", 20),
        people=field_of(request, "people", 20),
        rows=rows_of(form_of(request)),
    )


async def stand(request: Request, draft: Draft) -> Standing:
    """Read what the draft stands against, and prove it."""
    services = services_of(request)
    async with services.database.reading() as tx:
        choices = await offers(tx)
        known, stock = await stock_of(request, tx, draft.bank.id, draft.stock)
    draft = replace(draft, stock="" if stock.no is None else draft.stock)
    rulebook = usable_rulebook(choices, draft.digest)
    matrix = matrix_of(draft.rows, rulebook)
    last_day = rulebook.window.closes_on if rulebook is not None else None
    proven = None
    if rulebook is not None and matrix.blueprint is not None:
        proven = await services.proofs.prove(matrix.blueprint, stock, rulebook)
    counts = await services.proofs.counted(stock, last_day)
    return Standing(draft, choices, rulebook, known, stock, counts, matrix, proven)


async def stock_of(
    request: Request, tx: Reading, bank_id: int, asked: str
) -> tuple[tuple[StoredRelease, ...], Stock]:
    """A bank's releases, and the items of the one asked for; the checked ones of now where there is no such."""
    services = services_of(request)
    known = await releases.list_releases(tx, bank_id)
    chosen = next((release for release in known if str(release.id) == asked), None)
    return known, await services.proofs.stock(tx, services.shelf, bank_id, chosen)


def usable_rulebook(choices: Sequence[Offer], digest: str) -> Rulebook | None:
    """The rulebook of a digest among those to choose."""
    return next((offer.loaded.rulebook for offer in choices if digest and offer.digest == digest), None)


def rulebook_choices(choices: Sequence[Offer]) -> tuple[tuple[str, str], ...]:
    """Rulebooks to choose, by digest."""
    return tuple(
        (
            offer.digest,
            f"{offer.loaded.rulebook.meta.year} 年度 {offer.loaded.rulebook.meta.subject}（{offer.rulebook_id}）",
        )
        for offer in choices
        if offer.loaded.rulebook is not None
    )


def stock_choices(known: Sequence[StoredRelease]) -> tuple[tuple[str, str], ...]:
    """What items may be counted from: those checked now, or a release."""
    return (
        ("", _("现在审核通过的试题")),
        *((str(release.id), _("已发布的第 {n} 版").format(n=release.no)) for release in known),
    )


def available(cell: Cell, counts: Counts) -> int:
    """How many items a cell accepts."""
    return sum(
        count
        for (kind, topic, difficulty), count in counts.items()
        if kind == cell.kind.value and cell.topic in (None, topic) and cell.difficulty in (None, difficulty)
    )


async def editor_of(
    request: Request,
    standing: Standing,
    errors: tuple[FieldError, ...] = (),
    *,
    alert: Alert | None = None,
    clash: contexts.Clash | None = None,
    oob: bool = False,
) -> contexts.BlueprintEditor:
    """The page, or the part of it that htmx asked for."""
    services, draft = services_of(request), standing.draft
    async with services.database.reading() as tx:
        history = await blueprints.list_revisions(tx, draft.bank.id, draft.name)
        names = await names_of(tx, services, [revision.by_person for revision in history[:HISTORY_SHOWN]])
        proof = await _proof(request, tx, standing)
    rulebook = standing.rulebook
    cells = [cell for cell in standing.matrix.cells if cell is not None]
    newest = history[0].id if history else None
    return contexts.BlueprintEditor(
        frame=await frame_of(request, HERE),
        bank_id=draft.bank.id,
        bank_name=draft.bank.name,
        name=draft.name,
        after=draft.after,
        rulebooks=rulebook_choices(standing.choices),
        rulebook=draft.digest if rulebook is not None else "",
        stocks=stock_choices(standing.releases),
        stock=draft.stock,
        kinds=_kinds(standing),
        topics=_filters(standing, 1, NO_TOPIC),
        difficulties=_filters(standing, 2, NO_DIFFICULTY),
        people=draft.people or str(PEOPLE),
        rows=_rows(standing),
        totals=_totals(cells, rulebook),
        total_hundredths=sum(cell.count * cell.points_hundredths for cell in cells),
        full_hundredths=rulebook.exam.full_score * 100 if rulebook is not None else 0,
        differences=standing.differences,
        proof=proof,
        history=tuple(
            contexts.RevisionLine(
                kept.id, kept.no, kept.at_ms, names.get(kept.by_person, ""), kept.id == draft.shown_id
            )
            for kept in history[:HISTORY_SHOWN]
        ),
        is_newest=draft.shown_id in (None, newest),
        clash=clash,
        alert=alert,
        errors=errors or standing.matrix.errors,
        oob=oob,
    )


async def _proof(request: Request, tx: Reading, standing: Standing) -> contexts.ProofView:
    rulebook, blueprint, proven = standing.rulebook, standing.matrix.blueprint, standing.proven
    if rulebook is None:
        return contexts.ProofView("unknown", _("选好年度规则，才知道要多少题、考到哪一天"))
    if not standing.stock.release.items:
        told = (_("题库里还没有审核通过的试题：先导入试题，并由另一位出题人审核。"),)
        return contexts.ProofView("unknown", _("没有可以抽的题"), warnings=told)
    if standing.matrix.errors:
        return contexts.ProofView("unknown", _("改正左边标出的地方以后，这里给出结论"))
    if blueprint is None or proven is None:
        return contexts.ProofView("unknown", _("填好抽取数，这里给出结论"))
    gone = leaving(blueprint, standing.stock.release, rulebook)
    return proof_told(
        proven,
        blueprint,
        rulebook,
        _people(standing.draft.people),
        gone,
        await leaving_names(request, tx, [item.version_id for item in gone]),
    )


def _people(text: str) -> int:
    plain = normalize("NFKC", text).replace(",", "")
    return min(int(plain), MAX_PEOPLE) if plain.isascii() and plain.isdecimal() and len(plain) < 12 else PEOPLE


def _kinds(standing: Standing) -> tuple[tuple[str, str], ...]:
    """Kinds to choose: those of the rulebook first, then those that the bank or the rows have besides."""
    wanted = section_kinds(standing.rulebook) if standing.rulebook is not None else ()
    held = {kind for kind, _topic, _difficulty in standing.counts} | {row.kind for row in standing.draft.rows}
    kinds = [*wanted, *(kind for kind in IN_ORDER if kind.value in held and kind not in wanted)]
    return tuple((kind.value, KINDS[kind.value]) for kind in kinds or IN_ORDER[:3])


def _filters(standing: Standing, place: int, nothing: str) -> tuple[str, ...]:
    held = sorted({sort[place] for sort in standing.counts})
    return tuple(value or nothing for value in held if value or len(held) > 1)


def _rows(standing: Standing) -> tuple[contexts.RowView, ...]:
    short = _short_rows(standing)
    return tuple(
        contexts.RowView(
            no=no,
            kind=row.kind,
            topic=row.topic,
            difficulty=row.difficulty,
            count=row.count,
            points=row.points,
            available=available(cell, standing.counts) if cell is not None else _open_row(row, standing),
            short=no - 1 in short,
        )
        for no, (row, cell) in enumerate(zip(standing.draft.rows, standing.matrix.cells, strict=True), 1)
    )


def _open_row(row: Row, standing: Standing) -> int | None:
    """What a row could draw from that does not say yet how many."""
    [cell] = matrix_of([replace(row, count="1", points=row.points or "1")], standing.rulebook).cells
    return available(cell, standing.counts) if cell is not None else None


def _short_rows(standing: Standing) -> frozenset[int]:
    """Rows whose cells are named in a shortfall; the blueprint has the cells in the order of a paper."""
    if standing.proven is None:
        return frozenset()
    used = [(index, cell) for index, cell in enumerate(standing.matrix.cells) if cell is not None]
    order = sorted(used, key=lambda pair: IN_ORDER.index(pair[1].kind))
    return frozenset(order[cell][0] for lack in standing.proven.lacks for cell in lack.cells)


def _marked(section: Cell) -> str:
    """Who marks a section of two markers, and when a third decides."""
    if section.markers == 1:
        return ""
    if not section.tolerance_hundredths:
        return _("{n} 人各自阅卷，不一致由第三人定分").format(n=section.markers)
    tolerance = times.points(section.tolerance_hundredths)
    return _("{n} 人各自阅卷，相差超过 {points} 分由第三人定分").format(n=section.markers, points=tolerance)


def _totals(cells: Sequence[Cell], rulebook: Rulebook | None) -> tuple[contexts.TotalRow, ...]:
    wanted = {kind: section_cell(rulebook, kind) for kind in section_kinds(rulebook)} if rulebook is not None else {}
    held = {cell.kind for cell in cells}
    rows = []
    for kind in [*wanted, *(kind for kind in IN_ORDER if kind in held and kind not in wanted)]:
        mine = [cell for cell in cells if cell.kind is kind]
        count, points = sum(cell.count for cell in mine), sum(cell.count * cell.points_hundredths for cell in mine)
        section = wanted.get(kind)
        want = section.count if section is not None else 0
        want_points = section.count * section.points_hundredths if section is not None else 0
        agrees = (count, points) == (want, want_points)
        marked = _marked(section) if section is not None else ""
        rows.append(contexts.TotalRow(KINDS[kind.value], want, count, want_points, points, agrees, marked))
    return tuple(rows)


def clash_of(newest: Revision, by: str, mine: Blueprint) -> contexts.Clash:
    """What somebody else has kept meanwhile, and how the draft differs from it."""
    theirs = _by_name(from_json(newest.content.encode()).cells)
    own = _by_name(in_order(mine.cells))
    changes = []
    for name in dict.fromkeys([*theirs, *own]):
        there, here = theirs.get(name, ""), own.get(name, "")
        if there != here:
            told = _("{name}：第 {n} 版{there}，您的{here}")
            changes.append(told.format(name=name, n=newest.no, there=there or _("没有"), here=here or _("没有")))
    return contexts.Clash(newest.id, newest.no, by, newest.at_ms, tuple(changes))


def _by_name(cells: Sequence[Cell]) -> dict[str, str]:
    found: dict[str, list[Cell]] = {}
    for cell in cells:
        found.setdefault(name_of(cell), []).append(cell)
    return {
        name: "、".join(
            _("{n} 题每题 {points} 分").format(n=cell.count, points=f"{cell.points_hundredths / 100:g}")
            for cell in same
        )
        for name, same in found.items()
    }
