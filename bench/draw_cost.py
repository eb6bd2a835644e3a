"""What a draw and a mark cost: ``python bench/draw_cost.py [bank size]``, microseconds a call.

One process, a paper of 30 single, 10 multiple and 10 true/false items out of a bank of the given size (10,000),
for a person who has seen two papers. CPU time; each figure is the best of five rounds, as the others only add what
else the machine was doing.
"""

import sys
from collections.abc import Callable
from hashlib import sha256
from itertools import count
from time import process_time

from examengine.banks.item import Kind
from examengine.grading.mark import mark
from examengine.papers.blueprint import Blueprint, Cell
from examengine.papers.draw import DrawPool
from examengine.papers.paper import pack, unpack
from examengine.papers.release import Release, ReleaseItem

ROUNDS = 5
CALLS = 1000


def a_bank(size: int) -> Release:
    kinds = [Kind.SINGLE_CHOICE] * 6 + [Kind.MULTIPLE_CHOICE] * 2 + [Kind.TRUE_FALSE] * 2
    options = {
        Kind.SINGLE_CHOICE: tuple("qkdw"),
        Kind.MULTIPLE_CHOICE: tuple("yncbh"),
        Kind.TRUE_FALSE: ("t", "f"),
    }
    return Release(
        1,
        tuple(
            ReleaseItem(
                version_id=500_000 + number,
                item_id=number,
                kind=kind,
                option_ids=options[kind],
                fixed=frozenset("tf") if kind is Kind.TRUE_FALSE else frozenset(),
                topic=f"第{number % 7}章",
                difficulty="易中难"[number % 3],
            )
            for number in range(size)
            for kind in [kinds[number % 10]]
        ),
    )


def plain() -> Blueprint:
    return Blueprint(
        (Cell(Kind.SINGLE_CHOICE, 30, 200), Cell(Kind.MULTIPLE_CHOICE, 10, 300), Cell(Kind.TRUE_FALSE, 10, 100)),
        10_000,
    )


def crossing() -> Blueprint:
    """Filters that cross: each item of a chapter may stand for the chapter or for its difficulty."""
    chapters = tuple(Cell(Kind.SINGLE_CHOICE, 3, 200, topic=f"第{chapter}章") for chapter in range(5))
    difficulties = tuple(Cell(Kind.SINGLE_CHOICE, 5, 200, difficulty=difficulty) for difficulty in "易中难")
    return Blueprint((*chapters, *difficulties, *plain().cells[1:]), 10_000)


def cost_us(act: Callable[[bytes], object]) -> float:
    seeds = [sha256(str(i).encode()).digest()[:16] for i in range(CALLS)]
    best = float("inf")
    for _ in range(ROUNDS):
        began = process_time()
        for seed in seeds:
            act(seed)
        best = min(best, process_time() - began)
    return best / CALLS * 1e6


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    release = a_bank(size)
    item_of = {item.version_id: item.item_id for item in release.items}
    keys = {item.version_id: frozenset(item.option_ids[:1]) for item in release.items}

    for name, blueprint in (("one filter a kind", plain()), ("crossing filters", crossing())):
        began = process_time()
        pool = DrawPool(blueprint, release)
        prepared_ms = (process_time() - began) * 1e3
        seen = [item_of[item.version_id] for n in (b"a", b"b") for item in pool.draw(n * 16).items]
        paper = pool.draw(b"c" * 16, seen)
        packed = pack(paper)
        letters = count()
        answers = {
            position: item.option_order[next(letters) % len(item.option_order)]
            for position, item in enumerate(paper.items, start=1)
        }
        print(f"{len(paper.items)} of {size} items, {name}")
        print(f"  prepare a pool  {prepared_ms:8.1f} ms")
        print(f"  first draw      {cost_us(lambda seed, pool=pool: pool.draw(seed)):8.1f} µs")
        print(f"  third draw      {cost_us(lambda seed, pool=pool, seen=seen: pool.draw(seed, seen)):8.1f} µs")
        print(f"  pack            {cost_us(lambda _, paper=paper: pack(paper)):8.1f} µs, {len(packed)} bytes")
        print(f"  unpack          {cost_us(lambda _, packed=packed: unpack(packed)):8.1f} µs")
        marking = cost_us(lambda _, p=paper, b=blueprint, a=answers: mark(p, b, a, keys))
        print(f"  mark            {marking:8.1f} µs")


if __name__ == "__main__":
    main()
