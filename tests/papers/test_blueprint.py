from dataclasses import dataclass
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given

from examengine.banks.item import Kind
from examengine.papers.blueprint import Blueprint, Cell, blueprint_of, from_json, in_hundredths, to_json
from examengine.rules.load import packaged, rulebook_ids
from tests.papers.builders import a_blueprint, blueprints

SINGLE = Kind.SINGLE_CHOICE


@dataclass(frozen=True)
class Section:
    count: int
    points: Decimal
    partial_credit: str = "none"


@dataclass(frozen=True)
class Paper:
    single: Section | None = None
    multiple: Section | None = None
    judge: Section | None = None
    essay: Section | None = None

    def sections(self) -> dict[str, Section]:
        return {key: section for key, section in vars(self).items() if section is not None}


@dataclass(frozen=True)
class Exam:
    full_score: int
    paper: Paper


@dataclass(frozen=True)
class Rules:
    exam: Exam


def rules(full_score: int, **sections: Section) -> Rules:
    return Rules(Exam(full_score, Paper(**sections)))


def test_a_rulebook_gives_one_cell_a_section_in_the_order_of_the_paper():
    book = rules(
        100,
        judge=Section(10, Decimal(1)),
        multiple=Section(10, Decimal(3), "half"),
        single=Section(30, Decimal(2)),
    )
    assert blueprint_of(book) == Blueprint(
        (
            Cell(Kind.SINGLE_CHOICE, 30, 200),
            Cell(Kind.MULTIPLE_CHOICE, 10, 300, "half"),
            Cell(Kind.TRUE_FALSE, 10, 100),
        ),
        10_000,
    )


def test_a_section_that_is_absent_or_empty_has_no_cell():
    book = rules(50, single=Section(100, Decimal("0.5")), judge=Section(0, Decimal(1)))
    assert blueprint_of(book) == Blueprint((Cell(SINGLE, 100, 50),), 5_000)


@pytest.mark.parametrize("rulebook_id", rulebook_ids())
def test_every_rulebook_of_the_house_has_a_blueprint(rulebook_id):
    rulebook = packaged(rulebook_id)
    blueprint = blueprint_of(rulebook)
    assert blueprint.full_score_hundredths == rulebook.exam.full_score * 100
    assert [cell.kind for cell in blueprint.cells] == [SINGLE, Kind.MULTIPLE_CHOICE, Kind.TRUE_FALSE]


@pytest.mark.parametrize(
    ("points", "hundredths"), [("2", 200), ("0.5", 50), ("1.25", 125), ("0.01", 1), ("1E+1", 1000)]
)
def test_points_become_hundredths(points, hundredths):
    assert in_hundredths(Decimal(points)) == hundredths


def test_points_finer_than_a_hundredth_are_refused():
    with pytest.raises(ValueError, match="finer than a hundredth"):
        blueprint_of(rules(1, single=Section(8, Decimal("0.125"))))


@pytest.mark.parametrize(("points", "accepted"), [(9_999, False), (10_000, True), (10_001, False)])
def test_the_points_must_sum_to_the_full_mark(points, accepted):
    cells = (Cell(SINGLE, 1, points),)
    if accepted:
        assert Blueprint(cells, 10_000).count == 1
    else:
        with pytest.raises(ValueError, match="sum to"):
            Blueprint(cells, 10_000)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda: Cell(Kind.OTHER, 1, 100), "cannot be delivered"),
        (lambda: Cell(SINGLE, 0, 100), "at least one item"),
        (lambda: Cell(SINGLE, 1, 0), "at least one hundredth"),
        (lambda: Cell(SINGLE, 1, 100, "half"), "no meaning"),
        (lambda: Cell(Kind.MULTIPLE_CHOICE, 1, 100, "most"), "unknown partial credit"),
        (lambda: Blueprint((), 0), "1 to 64 cells"),
        (lambda: Blueprint((Cell(SINGLE, 1, 1),) * 65, 65), "1 to 64 cells"),
        (lambda: Blueprint((Cell(SINGLE, 501, 1),), 501), "at most 500 items"),
    ],
)
def test_a_blueprint_that_no_paper_could_follow_is_refused(broken, why):
    with pytest.raises(ValueError, match=why):
        broken()


def test_sections_are_the_kinds_in_the_order_in_which_cells_name_them():
    cells = (
        Cell(Kind.TRUE_FALSE, 1, 100),
        Cell(SINGLE, 1, 100, topic="总论"),
        Cell(Kind.TRUE_FALSE, 2, 100, difficulty="难"),
        Cell(SINGLE, 3, 100),
    )
    assert Blueprint(cells, 700).sections == ((0, 2), (1, 3))


@given(blueprints())
def test_a_blueprint_comes_back_from_its_json(blueprint):
    assert from_json(to_json(blueprint)) == blueprint


def test_a_stored_blueprint_is_checked_when_it_is_read():
    tampered = to_json(a_blueprint()).replace(b'"full_score_hundredths":10000', b'"full_score_hundredths":9000')
    with pytest.raises(msgspec.ValidationError, match="sum to"):
        from_json(tampered)
