"""Questions and answer card joined from fragments."""

import gzip
from dataclasses import replace

import pytest
from markupsafe import Markup, escape

from examengine.web.candidate.paper_page import (
    Section,
    Shelf,
    Shown,
    answered_count,
    card_html,
    compile_question,
    flagged_count,
    paper_html,
)
from examengine.web.pages import render
from tests.web.samples import PAGES

OPTIONS = [("k", "甲 <b>"), ("c", "乙 100%"), ("x", "丙 %(pos)s")]


def one(kind: str = "single_choice", **more: object) -> str:
    shown = Shown(compile_question(kind, "题干 <i> & 50% {x} %s", OPTIONS), 12, "xkc", **more)  # type: ignore[arg-type]
    return paper_html([Section(kind, 250, [shown])])


def test_options_stand_in_the_attempts_order_under_running_letters() -> None:
    html = one()
    order = [html.index(f'value="{option_id}"') for option_id in "xkc"]
    assert order == sorted(order)
    letters = [html.index(f'<span class="letter" aria-hidden="true">{letter}</span>') for letter in "ABC"]
    assert order[0] < letters[0] < order[1] < letters[1] < order[2] < letters[2]


def test_text_is_shown_as_it_was_written() -> None:
    html = one()
    assert "题干 &lt;i&gt; &amp; 50% {x} %s" in html
    assert "甲 &lt;b&gt;" in html
    assert "乙 100%" in html
    assert "丙 %(pos)s" in html
    assert "\x02" not in html
    assert "%%" not in html


def test_control_characters_cannot_forge_a_marker() -> None:
    question = compile_question("single_choice", "甲\x02pos\x03乙\x02|\x03", [("a", "\x02letter\x03")])
    html = paper_html([Section("single_choice", 100, [Shown(question, 1, "a")])])
    assert "甲pos乙|" in html


@pytest.mark.parametrize(
    ("kind", "answer", "checked"),
    [("single_choice", "", ""), ("single_choice", "c", "c"), ("multiple_choice", "ck", "ck")],
)
def test_exactly_what_was_answered_is_checked(kind: str, answer: str, checked: str) -> None:
    html = one(kind, answer=answer)
    for option_id in "kcx":
        assert (f'id="q12{option_id}" checked' in html) == (option_id in checked)
    assert ('type="checkbox" name="q12"' in html) == (kind == "multiple_choice")


def test_revisions_flag_and_points_are_filled_in() -> None:
    html = one(answer="k", revision=41, flagged=True, flag_revision=7)
    assert 'data-rev="41" data-flag-rev="7"' in html
    assert 'id="f12" checked' in html
    assert "2.5 分" in html
    assert "一、单选题（共 1 题，每题 2.5 分，共 2.5 分）" in html


def test_the_card_says_the_state_of_every_question() -> None:
    question = compile_question("true_false", "题", [("t", "正确"), ("f", "错误")])
    section = Section("true_false", 100, [Shown(question, 1, "tf", "t"), Shown(question, 2, "tf", flagged=True)])
    html = card_html([section])
    assert 'class="cell is-answered" href="#q1" data-cell="1" aria-label="第 1 题，已答"' in html
    assert 'class="cell is-flagged" href="#q2" data-cell="2" aria-label="第 2 题，未答，已标记"' in html
    assert (answered_count([section]), flagged_count([section])) == (1, 1)


def test_a_shelf_names_what_is_missing_and_drops_the_longest_unused() -> None:
    shelf = Shelf(most=2)
    question = compile_question("true_false", "题", [("t", "正确"), ("f", "错误")])
    shelf.put(1, question)
    shelf.put(2, question)
    assert shelf.missing([1, 2, 3]) == [3]
    shelf.of(1)
    shelf.put(3, question)
    assert shelf.missing([1, 2, 3]) == [2]
    with pytest.raises(KeyError):
        shelf.of(2)


def test_fifty_questions_stay_below_sixty_kilobytes() -> None:
    html = render(*PAGES["exam"]).encode()
    assert len(gzip.compress(html, 1)) < 60_000


@pytest.mark.parametrize("stem", ["题干 <i> & 50% {x} %s", "有\x02\x03\x04这些字符"])
def test_an_untouched_question_is_the_one_that_is_filled_in_value_by_value(stem: str) -> None:
    html = Markup(escape(stem))
    for kind in ("single_choice", "multiple_choice"):
        question = compile_question(kind, html, OPTIONS)
        slowly = replace(question, untouched=None)
        pages = [paper_html([Section(kind, 250, [Shown(one, 12, "xkc")])]) for one in (question, slowly)]
        assert pages[0] == pages[1]
        assert (question.untouched is None) == ("\x02" in stem)
