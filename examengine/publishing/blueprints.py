"""What stands between an author's blueprint and an exam: accord with the rulebook, proof against items, a name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from examengine.banks.item import KIND_LABELS, Kind
from examengine.papers.blueprint import Blueprint, Cell, section_cell, section_kinds, to_json
from examengine.papers.exposure import DRAWS, Exposure, expose
from examengine.papers.proof import Proof, Shortfall, prove, shortfalls
from examengine.papers.release import Release, ReleaseItem
from examengine.papers.supply import accepts, groups_of
from examengine.records import audit, blueprints
from examengine.records.blueprints import NewRevision, Revision
from examengine.records.database import Database
from examengine.rules.rulebook import Rulebook

REMEDIES = 4
"""At most so many ways out are named for a shortfall."""


@dataclass(frozen=True, slots=True)
class Supply:
    """A cell against a release: ``available`` items fit it on the last day of the window."""

    cell: Cell
    available: int

    @property
    def name(self) -> str:
        """What people call the cell."""
        return name_of(self.cell)

    @property
    def missing(self) -> int:
        return max(0, self.cell.count - self.available)


@dataclass(frozen=True, slots=True)
class Lack:
    """Cells that cannot be filled together: what is wanted, what there is, and what would mend it."""

    cells: tuple[int, ...]
    names: tuple[str, ...]
    wanted: int
    available: int
    remedies: tuple[str, ...]

    @property
    def told(self) -> str:
        return _told(self.names, self.wanted, self.available)


@dataclass(frozen=True, slots=True)
class Proven:
    """A blueprint against items. ``exposure`` is None where it cannot be filled; ``lacks`` says why then."""

    supplies: tuple[Supply, ...]
    proof: Proof
    lacks: tuple[Lack, ...]
    exposure: Exposure | None


def name_of(cell: Cell) -> str:
    """What people call a cell: its kind and what narrows it."""
    topic = "（无知识点）" if cell.topic == "" else cell.topic
    difficulty = "（无难度）" if cell.difficulty == "" else cell.difficulty
    return "·".join(part for part in (KIND_LABELS[cell.kind], topic, difficulty) if part)


def supplies_of(blueprint: Blueprint, release: Release, on_date: date | None) -> tuple[Supply, ...]:
    """Every cell with the items that fit it on a day."""
    found = {
        cell: group.available([cell]) for group in groups_of(blueprint, release, on_date) for cell in group.cells
    }
    return tuple(Supply(cell, found[index]) for index, cell in enumerate(blueprint.cells))


def examine_blueprint(
    blueprint: Blueprint, release: Release, rulebook: Rulebook, *, draws: int = DRAWS, exposed: bool = True
) -> Proven:
    """Prove a blueprint against a release on the last day of the rulebook's window, for all attempts of a round."""
    last_day = rulebook.window.closes_on
    proof = prove(blueprint, release, last_day)
    exposure = None
    if exposed and not proof.shortfalls:
        exam = rulebook.exam
        fresh = exam.paper.new_per_attempt
        exposure = expose(blueprint, release, last_day, attempts=exam.attempts, fresh=fresh, draws=draws)
    lacks = tuple(_lack(blueprint, release, rulebook, shortfall) for shortfall in proof.shortfalls)
    return Proven(supplies_of(blueprint, release, last_day), proof, lacks, exposure)


def differences(blueprint: Blueprint, rulebook: Rulebook) -> tuple[str, ...]:
    """Where a blueprint is not what ``exam.paper`` of a rulebook says, a sentence a difference; empty where it is.

    A section's count, the points of each of its items, what partly right answers earn and who marks must agree: the
    candidate is told them before he starts.
    """
    told: list[str] = []
    wanted = section_kinds(rulebook)
    held = {cell.kind for cell in blueprint.cells}
    for kind in [*wanted, *(kind for kind in Kind if kind in held and kind not in wanted)]:
        cells = [cell for cell in blueprint.cells if cell.kind is kind]
        count = sum(cell.count for cell in cells)
        if kind not in wanted:
            told.append(f"{KIND_LABELS[kind]}：规则里没有这种题，组卷规则要 {count} 题")
            continue
        section = section_cell(rulebook, kind)
        told += _section_differences(section, cells, count)
    full = rulebook.exam.full_score * 100
    if blueprint.full_score_hundredths != full:
        told.append(f"总分 {_points(blueprint.full_score_hundredths)} 分，规则规定满分 {_points(full)} 分")
    return tuple(told)


def _section_differences(section: Cell, cells: Sequence[Cell], count: int) -> list[str]:
    label = KIND_LABELS[section.kind]
    if not cells:
        return [f"{label}：规则要 {section.count} 题，组卷规则里没有"]
    told = []
    if count != section.count:
        compared = f"多了 {count - section.count} 题" if count > section.count else f"少了 {section.count - count} 题"
        told.append(f"{label}：规则要 {section.count} 题，组卷规则合计 {count} 题，{compared}")
    told += [
        f"{name_of(cell)}：每题 {_points(cell.points_hundredths)} 分，规则规定每题"
        f" {_points(section.points_hundredths)} 分"
        for cell in cells
        if cell.points_hundredths != section.points_hundredths
    ]
    if any(_as_marked(cell) != _as_marked(section) for cell in cells):
        told.append(
            f"{label}：评分办法（部分答对的给分、阅卷人数、评分容差）与规则不同；在组卷规则页选这份年度规则再保存一次"
        )
    return told


def _as_marked(cell: Cell) -> Cell:
    """The cell without what only says how many items of what sort: how its items are marked."""
    return replace(cell, count=1, points_hundredths=1, topic=None, difficulty=None)


def leaving(blueprint: Blueprint, release: Release, rulebook: Rulebook) -> tuple[ReleaseItem, ...]:
    """Items that papers are drawn from when the window opens and no longer when it closes, first to leave first."""
    opens, closes = rulebook.window.opens_on, rulebook.window.closes_on
    found = [
        (item.valid_until, item)
        for item in release.items
        if item.valid_until is not None
        and opens <= item.valid_until < closes
        and any(accepts(cell, item) for cell in blueprint.cells)
    ]
    return tuple(item for _, item in sorted(found, key=lambda pair: (pair[0], pair[1].version_id)))


async def keep_blueprint(
    database: Database,
    bank_id: int,
    name: str,
    blueprint: Blueprint,
    rulebook_digest: str,
    after: int,
    by_person: int | None,
    now_ms: int,
) -> Revision:
    """Keep a blueprint as the revision after ``after`` (0: the first); asked for twice, the second is the first.

    Raises:
        Missing: there is no such bank.
        ChangedMeanwhileError: somebody has kept another revision since.
    """
    content = to_json(blueprint).decode()
    new = NewRevision(
        bank_id=bank_id,
        name=name,
        content=content,
        rulebook_digest=rulebook_digest,
        after=after,
        by_person=by_person,
    )
    async with database.writing() as tx:
        kept, is_new = await blueprints.add_revision(tx, new, now_ms)
        if is_new:
            facts = {"blueprint": kept.id, "revision": kept.no}
            await audit.append(tx, now_ms, by_person, "blueprint", "bank", bank_id, facts)
        return kept


def _lack(blueprint: Blueprint, release: Release, rulebook: Rulebook, short: Shortfall) -> Lack:
    last_day = rulebook.window.closes_on
    names = tuple(name_of(blueprint.cells[cell]) for cell in short.cells)
    missing = short.wanted - short.available
    remedies = [f"补充 {missing} 道符合条件的试题，审核通过后再发布题库版本"]
    over = _over(blueprint, rulebook, blueprint.cells[short.cells[0]].kind)
    if over >= missing:
        remedies.insert(0, f"少抽 {missing} 题：这种题现在比规则规定的多 {over} 题")
    expired = _expired(blueprint, release, last_day, short.cells)
    if expired:
        remedies.append(f"有 {expired} 道符合条件的题在考试结束前到期，没有计入：核对后延长有效期")
    for donor in _donors(blueprint, release, last_day, short, missing):
        remedies.append(f"少抽 {missing} 题，改由“{name_of(blueprint.cells[donor])}”多抽 {missing} 题")
        break
    if len(short.cells) > 1:
        remedies.append("这几格争用同一批题：把其中一格的范围改窄，或减少题数")
    elif _narrow(blueprint.cells[short.cells[0]]):
        remedies.append("把这一格的知识点或难度改为“不限”")
    return Lack(short.cells, names, short.wanted, short.available, tuple(remedies[:REMEDIES]))


def _donors(blueprint: Blueprint, release: Release, last_day: date, short: Shortfall, missing: int) -> Iterable[int]:
    """Cells of the same kind and points that could be given what is missing, those with most to spare first."""
    starved = blueprint.cells[short.cells[0]]
    supplies = supplies_of(blueprint, release, last_day)
    spare = sorted(
        (
            index
            for index, supply in enumerate(supplies)
            if index not in short.cells
            and (supply.cell.kind, supply.cell.points_hundredths) == (starved.kind, starved.points_hundredths)
            and supply.available - supply.cell.count >= missing
        ),
        key=lambda index: supplies[index].cell.count - supplies[index].available,
    )
    for index in spare:
        cells = list(blueprint.cells)
        cells[index] = replace(cells[index], count=cells[index].count + missing)
        left = missing
        for cell in short.cells:
            fewer = min(left, cells[cell].count - 1)
            cells[cell] = replace(cells[cell], count=cells[cell].count - fewer)
            left -= fewer
        if left:
            continue
        changed = Blueprint(tuple(cells), sum(cell.count * cell.points_hundredths for cell in cells))
        if not any(set(each.cells) & {*short.cells, index} for each in shortfalls(changed, release, last_day)):
            yield index


def _over(blueprint: Blueprint, rulebook: Rulebook, kind: Kind) -> int:
    """How many items of a kind the blueprint has more than the rulebook."""
    wanted = section_cell(rulebook, kind).count if kind in section_kinds(rulebook) else 0
    return sum(cell.count for cell in blueprint.cells if cell.kind is kind) - wanted


def _expired(blueprint: Blueprint, release: Release, last_day: date, cells: Sequence[int]) -> int:
    return sum(
        item.valid_until is not None
        and item.valid_until < last_day
        and any(accepts(blueprint.cells[cell], item) for cell in cells)
        for item in release.items
    )


def _narrow(cell: Cell) -> bool:
    return cell.topic is not None or cell.difficulty is not None


def _told(names: Sequence[str], wanted: int, available: int) -> str:
    together = "一起" if len(names) > 1 else ""
    return f"{'、'.join(names)}：{together}要 {wanted} 题，只有 {available} 题"


def _points(hundredths: int) -> str:
    whole, part = divmod(hundredths, 100)
    return str(whole) if not part else f"{whole}.{part:02d}".rstrip("0")
