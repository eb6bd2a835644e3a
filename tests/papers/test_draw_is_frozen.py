"""Papers that generator 1 has drawn. Records depend on them: a change here needs a new generator number."""

from hashlib import sha256

import pytest

from examengine.papers.blueprint import Blueprint
from examengine.papers.draw import DrawPool, draw
from examengine.papers.paper import Paper, pack
from examengine.papers.release import Release
from tests.papers.builders import a_bank, a_blueprint, a_release, an_item, of_cells, single_choice

SEED = bytes(range(16))


def as_text(paper: Paper) -> str:
    return " ".join(f"{item.version_id}/{item.cell}/{''.join(item.option_order)}" for item in paper.items)


def crossing() -> tuple[Blueprint, Release]:
    release = a_release(
        *(
            an_item(n, topic=("总论", "实务", "")[n % 3], difficulty="易难"[n // 3 % 2], options="abcd", fixed="d")
            for n in range(1, 13)
        )
    )
    blueprint = of_cells(
        single_choice(3, topic="总论"),
        single_choice(4, difficulty="难"),
        single_choice(2),
        single_choice(1, topic="实务"),
    )
    return blueprint, release


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ((), "1003/0/kqdw 1002/0/kwdq 1006/0/qwkd 1005/0/wdkq 1014/1/bnchy 1010/1/cyhbn 1017/2/tf 1018/2/tf"),
        (
            (1, 2, 3, 4, 5, 6, 7, 8),
            "1003/0/kqdw 1002/0/kwdq 1001/0/qwkd 1009/0/wdkq 1014/1/bnchy 1010/1/cyhbn 1017/2/tf 1018/2/tf",
        ),
    ],
)
def test_a_small_paper_is_frozen(seen, expected):
    paper = draw(a_blueprint(4, 2, 2), a_bank(9, 5, 4), SEED, seen)
    assert as_text(paper) == expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (
            (),
            "1006/0/acbd 1003/0/abcd 1005/1/acbd 1012/2/cabd 1010/1/cbad "
            "1009/0/bacd 1001/3/acbd 1011/1/bcad 1004/1/bacd 1002/2/abcd",
        ),
        (
            (5, 3, 9, 11, 4, 1),
            "1012/0/abcd 1009/0/acbd 1006/0/cabd 1010/1/cbad "
            "1003/1/bacd 1011/1/acbd 1005/1/bcad 1002/2/bacd 1007/3/abcd 1008/2/acbd",
        ),
    ],
)
def test_a_paper_of_crossing_cells_is_frozen(seen, expected):
    assert as_text(draw(*crossing(), SEED, seen)) == expected


def test_a_hundred_whole_papers_are_frozen():
    pool = DrawPool(a_blueprint(), a_bank(900, 300, 300))
    digest = sha256()
    seen: list[int] = []
    for n in range(100):
        paper = pool.draw(n.to_bytes(16, "big"), seen)
        seen += [item.version_id - 1000 for item in paper.items]
        digest.update(pack(paper))
    assert digest.hexdigest() == "65e0954d88b27b23ea88c595340d8c1b35a0de9e2ca45018d459703b19762663"
