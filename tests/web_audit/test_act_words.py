"""Every act that anything records has its words on the auditor's page."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import examengine
from examengine.accounts.staffing import AUDITED
from examengine.records.words import AccountAct, ReviewDecision
from examengine.web.audit.act_words import ACTS, GROUPS, KINDS, Group, act_text, acts_in, facts_text, object_text

ROOT = Path(examengine.__file__).parent
NAMED_ELSEWHERE = {"AUDITED[act]", "act", "decision", "kind"}
"""Acts that are values: their lists are compared below, or they come through a function that is looked at itself."""


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call that records an act: ``audit.append``, and the desk's own ``_note`` around it."""
    for path in ROOT.rglob("*.py"):
        source = path.read_text("utf-8")
        if "audit.append(" not in source and "_note(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name in {"audit.append", "_note"} and len(node.args) >= 5:
                yield path.relative_to(ROOT).as_posix(), node


def texts(node: ast.expr) -> set[str]:
    """The texts that an expression may come to; the values of other modules are left out."""
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def test_every_act_that_is_recorded_has_its_words() -> None:
    found: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for path, call in calls():
        if isinstance(call.args[3], ast.JoinedStr):
            continue  # the acts of the desk: compared with their list
        found |= dict.fromkeys(texts(call.args[3]), path)
        if not isinstance(call.args[4], ast.Call):
            kinds |= dict.fromkeys(texts(call.args[4]), path)
    assert len(found) > 60
    assert {act: path for act, path in found.items() if act not in ACTS} == {}
    assert {kind: path for kind, path in kinds.items() if kind not in KINDS} == {}


def test_acts_that_are_values_have_their_words() -> None:
    wanted = {decision.value for decision in ReviewDecision} | set(AUDITED.values())
    assert wanted - set(ACTS) == set()
    assert set(AUDITED) == set(AccountAct)


def test_every_group_has_a_name_and_acts() -> None:
    assert set(GROUPS) == set(Group)
    for group in Group:
        assert acts_in(group)
    assert frozenset().union(*map(acts_in, Group)) == set(ACTS)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, ""),
        ({"role": "support", "left": 3}, "角色 客服；剩余 3"),
        ({"reason": "approved", "decision": "approved"}, "原因 特批；决定 同意"),
        ({"new_password": True, "ticket": "", "entry": None}, "发新密码 是"),
        ({"hits": [1, 2, 3]}, "查到 1、2、3"),
        ({"hits": list(range(9))}, "查到 0、1、2、3、4、5 等 9 个"),
        ({"digest": "a" * 64}, "摘要 " + "a" * 60 + "…"),
        ({"unheard_of": {"added": 1}}, "unheard_of 新增 1"),
    ],
)
def test_facts_are_told_as_names_and_values(facts: dict[str, object], told: str) -> None:
    assert facts_text(facts) == told


def test_an_act_of_another_version_is_told_by_its_own_name() -> None:
    assert act_text("of_next_year") == "of_next_year"
    assert object_text("of_next_year", 3) == "of_next_year 3"
    assert object_text("people", None) == "人员名单"
