"""``examengine bank prove``: what a bank's file can do for a rulebook's papers. Needs neither Redis nor SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from examengine.cli.options import EncodingOption, JsonFlag
from examengine.cli.output import fail, print_json, read_bytes

if TYPE_CHECKING:
    from examengine.banks.readers.reading import ReadItem
    from examengine.papers.blueprint import Blueprint
    from examengine.papers.exposure import Estimate
    from examengine.papers.release import Release
    from examengine.publishing.blueprints import Proven

MAX_BANK_BYTES = 32 * 1024 * 1024
MAX_BLUEPRINT_BYTES = 1024 * 1024


def prove(
    file: Annotated[Path, typer.Argument(help="a bank in any format that check reads")],
    rulebook: Annotated[str, typer.Argument(help="id or path")],
    blueprint: Annotated[
        Path | None, typer.Option(help="JSON as the record keeps it; else the rulebook's, one cell a kind")
    ] = None,
    people: Annotated[int, typer.Option(min=1, help="candidates, for the showings of an item")] = 1000,
    encoding: EncodingOption = None,
    as_json_: JsonFlag = False,
) -> None:
    """Whether the importable items of FILE fill the papers of RULEBOOK, how many papers there are, what two of them
    have in common, and how exposed items are; leaves with 1 where no exam could be published.
    """
    import msgspec

    from examengine.banks.readers import read_bank
    from examengine.papers.blueprint import blueprint_of, from_json
    from examengine.publishing.blueprints import differences, examine_blueprint
    from examengine.rules.case import CaseError, rulebook_text
    from examengine.rules.load import RulebookError, load, usable

    try:
        text, name = rulebook_text(rulebook)
        rules = usable(load(text, name=name))
    except (CaseError, RulebookError) as error:
        fail(str(error))
    plan = blueprint_of(rules)
    if blueprint is not None:
        try:
            plan = from_json(read_bytes(blueprint, MAX_BLUEPRINT_BYTES))
        except (msgspec.DecodeError, ValueError) as error:
            fail(f"{blueprint}：不是组卷规则（{error}）")
    reading = read_bank(read_bytes(file, MAX_BANK_BYTES), file.name, encoding=encoding)
    proven = examine_blueprint(plan, _released(reading.items), rules)
    apart = differences(plan, rules)
    told = _report(proven, plan, apart, people)
    if as_json_:
        print_json({"file": file.name, "rulebook": rules.meta.id, **told})
    else:
        _print(told)
    if proven.lacks or apart:
        raise typer.Exit(1)


def _released(read: Iterable[ReadItem]) -> Release:
    """The file's items as a release of their own, numbered from 1 in the order of the file."""
    from examengine.banks.responses import shown_ids
    from examengine.papers.release import Release, ReleaseItem

    return Release(
        0,
        tuple(
            ReleaseItem(
                version_id=no,
                item_id=no,
                kind=each.item.kind,
                option_ids=shown_ids(each.item),
                fixed=frozenset(option.id for option in each.item.options if option.fixed),
                topic=each.item.topic,
                difficulty=each.item.difficulty,
                valid_until=each.item.valid_until,
            )
            for no, each in enumerate(read, 1)
        ),
    )


def _report(proven: Proven, plan: Blueprint, apart: Sequence[str], people: int) -> dict[str, Any]:
    from examengine.publishing.blueprints import name_of

    report: dict[str, Any] = {
        "feasible": not proven.lacks,
        "publishable": not proven.lacks and not apart,
        "differences": list(apart),
        "cells": [
            {"name": supply.name, "wanted": supply.cell.count, "available": supply.available}
            for supply in proven.supplies
        ],
        "lacks": [
            {
                "cells": list(lack.names),
                "wanted": lack.wanted,
                "available": lack.available,
                "remedies": list(lack.remedies),
            }
            for lack in proven.lacks
        ],
    }
    exposure = proven.exposure
    if exposure is not None:
        report |= {
            "distinct_papers_log10": round(proven.proof.distinct_papers_log10, 2),
            "distinct_is_exact": proven.proof.distinct_is_exact,
            "papers_without_repeat": exposure.without_repeat,
            "two_candidates": _estimate(exposure.two_candidates, exposure.count),
            "attempts": [_estimate(again, exposure.count) for again in exposure.attempts],
            "tightest": {
                "cells": [name_of(plan.cells[cell]) for cell in exposure.tightest.cells],
                "wanted": exposure.tightest.wanted,
                "available": exposure.tightest.available,
            },
            "exposure": {
                "items": exposure.items,
                "idle": len(exposure.idle),
                "least": round(exposure.least, 4),
                "mean": round(exposure.mean, 4),
                "most": round(exposure.most, 4),
                "most_showings": round(people * exposure.most),
            },
            "simulated": exposure.draws,
        }
    return report


def _estimate(found: Estimate, count: int) -> dict[str, float]:
    return {
        "items": round(found.value, 3),
        "share": round(found.value / count, 4),
        "standard_error": round(found.standard_error, 4),
    }


def _print(told: dict[str, Any]) -> None:
    for cell in told["cells"]:
        typer.echo(f"{cell['name']}：要 {cell['wanted']} 题，有 {cell['available']} 题")
    for lack in told["lacks"]:
        typer.echo(f"不够：{'、'.join(lack['cells'])} 要 {lack['wanted']} 题，只有 {lack['available']} 题")
        for remedy in lack["remedies"]:
            typer.echo(f"  · {remedy}")
    for difference in told["differences"]:
        typer.echo(f"与规则不一致：{difference}")
    if told["feasible"]:
        tight, shown = told["tightest"], told["exposure"]
        typer.echo(f"不同的试卷：约 10^{told['distinct_papers_log10']:.0f} 份")
        typer.echo(f"两名考生：平均 {told['two_candidates']['items']:.1f} 题相同")
        for no, again in enumerate(told["attempts"], 2):
            typer.echo(f"同一考生第 {no} 次：平均 {again['items']:.1f} 题以前考过")
        typer.echo(f"最紧张：{'、'.join(tight['cells'])}，要 {tight['wanted']} 题，有 {tight['available']} 题")
        typer.echo(f"曝光率：{shown['least']:.1%} 到 {shown['most']:.1%}，平均 {shown['mean']:.1%}")
    typer.echo("可以发布" if told["publishable"] else "还不能发布")
