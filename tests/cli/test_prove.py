"""``examengine bank prove``: what a file can do for a rulebook's papers, without Redis and SQL."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from examengine.banks.writers.workbook import write_workbook
from examengine.cli import app
from examengine.papers.blueprint import Blueprint, blueprint_of, to_json
from examengine.rules.load import packaged
from tests.web_author.test_blueprints import topical
from tests.world import items

RULES = "guangxi-2014"
SINGLE, MULTIPLE, JUDGE = blueprint_of(packaged(RULES)).cells


def prove(*args: object) -> Result:
    return CliRunner().invoke(app, ["bank", "prove", *map(str, args)])


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("banks") / "题库.xlsx"
    path.write_bytes(write_workbook(topical()))
    return path


def test_a_bank_that_fills_the_paper_is_told_how_far_it_goes(bank: Path) -> None:
    told = json.loads(prove(bank, RULES, "--json", "--people", 200).stdout)
    assert (told["feasible"], told["publishable"], told["simulated"]) == (True, True, 0)
    assert told["two_candidates"] == {"items": 25.0, "share": 0.5, "standard_error": 0.0}
    assert told["tightest"] == {"cells": ["单选题"], "wanted": 30, "available": 60}
    assert told["exposure"]["most_showings"] == 100
    assert [again["items"] for again in told["attempts"]] == [0.0]
    spoken = prove(bank, RULES)
    assert (spoken.exit_code, "可以发布" in spoken.stdout, "两名考生：平均 25.0 题相同" in spoken.stdout) == (
        0,
        True,
        True,
    )


def test_a_blueprint_that_lacks_items_or_differs_ends_with_1_and_says_why(bank: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_bytes(to_json(Blueprint((replace(SINGLE, topic="法规"), MULTIPLE, JUDGE), 10_000)))
    short = prove(bank, RULES, "--blueprint", plan)
    assert short.exit_code == 1
    assert "不够：单选题·法规 要 30 题，只有 20 题" in short.stdout
    assert "还不能发布" in short.stdout
    plan.write_bytes(to_json(Blueprint((replace(SINGLE, count=29), MULTIPLE, JUDGE), 9_800)))
    differs = prove(bank, RULES, "--blueprint", plan)
    assert (differs.exit_code, "与规则不一致：单选题：规则要 30 题" in differs.stdout) == (1, True)
    told = json.loads(prove(bank, RULES, "--blueprint", plan, "--json").stdout)
    assert (told["feasible"], told["publishable"]) == (True, False)


def test_what_is_no_rulebook_no_bank_or_no_blueprint_is_said_in_a_line(bank: Path, tmp_path: Path) -> None:
    for args, told in (
        ((bank, "guangxi-1999"), "没有规则"),
        ((tmp_path / "none.xlsx", RULES), "读不出来"),
        ((bank, RULES, "--blueprint", bank), "不是组卷规则"),
        ((bank, RULES, "--blueprint", tmp_path / "none.json"), "读不出来"),
    ):
        failed = prove(*args)
        assert failed.exit_code == 2, failed.output
        assert told in failed.output
        assert "Traceback" not in failed.output


def test_a_small_bank_names_each_kind_that_is_short(tmp_path: Path) -> None:
    path = tmp_path / "small.xlsx"
    path.write_bytes(write_workbook(items(10, 10, 9)))
    told = json.loads(prove(path, RULES, "--json").stdout)
    assert [(lack["cells"], lack["wanted"], lack["available"]) for lack in told["lacks"]] == [
        (["单选题"], 30, 10),
        (["判断题"], 10, 9),
    ]
