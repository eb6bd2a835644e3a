"""Questions and answer card joined from fragments."""

import gzip
from dataclasses import replace

import pytest
from markupsafe import Markup, escape

from examengine.banks.item import Kind
from examengine.live.journal import Kept
from examengine.live.replies import Items
from examengine.papers.blueprint import Blueprint, Cell
from examengine.papers.paper import PaperItem
from examengine.web.candidate.exam_shape import exam_html
from examengine.web.candidate.paper_page import (
    Section,
    Shown,
    card_html,
    joined,
    paper_html,
)
from examengine.web.candidate.question_pieces import Shelf, compile_question, rendered
from examengine.web.candidate.result_shape import result_html
from examengine.web.contexts.candidate import ExamPage, Result, Resumed
from examengine.web.pages import render
from tests.web.counts import answered_count, flagged_count
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
    shelf.of([1])
    shelf.put(3, question)
    assert shelf.missing([1, 2, 3]) == [2]
    with pytest.raises(KeyError):
        shelf.of([2])


def test_fifty_questions_stay_below_sixty_kilobytes() -> None:
    html = render(*PAGES["exam"]).encode()
    assert len(gzip.compress(html, 1)) < 60_000


@pytest.mark.parametrize("stem", ["题干 <i> & 50% {x} %s", "有\x02\x03\x04这些字符"])
def test_an_untouched_question_is_the_one_that_is_filled_in_value_by_value(stem: str) -> None:
    html = Markup(escape(stem))
    for kind in ("single_choice", "multiple_choice"):
        question = compile_question(kind, html, OPTIONS)
        slowly = rendered(kind, html, OPTIONS)
        pages = [paper_html([Section(kind, 250, [Shown(one, 12, "xkc")])]) for one in (question, slowly)]
        assert pages[0] == pages[1]
        assert (question.pieces is None) == ("\x02" in stem)


def test_a_page_drawn_from_what_is_kept_is_that_of_its_sections() -> None:
    cells = (
        Cell(Kind.SINGLE_CHOICE, 2, 250),
        Cell(Kind.TRUE_FALSE, 1, 100),
        Cell(Kind.SINGLE_CHOICE, 1, 250, topic="甲"),
    )
    shelf, question = Shelf(), compile_question("single_choice", "题干 & 50%", OPTIONS)
    for version_id in (1, 2, 3, 4):
        shelf.put(version_id, question)
    items = [PaperItem(1, 0, tuple("xkc")), PaperItem(2, 2, tuple("ckx")), PaperItem(3, 0, tuple("kcx"))]
    items.append(PaperItem(4, 1, tuple("kxc")))
    answers = {2: Kept("k", 3, 1, 7, 0), 3: Kept("", 9, 2, 1, 5)}
    flags = {3: Kept("1", 4, 1, 8, 0), 4: Kept("", 5, 1, 9, 0)}
    shown = [
        Shown(question, 1, "xkc"),
        Shown(question, 2, "ckx", "k", 3, mark="1.7"),
        Shown(question, 3, "kcx", "", 9, True, 4, "2.1", "1.8"),
        Shown(question, 4, "kxc", "", 0, False, 5, flag_mark="1.9"),
    ]
    sections = [Section("single_choice", 250, shown[:3]), Section("true_false", 100, shown[3:])]
    packed = Items({2: b"3 1.7 0 k", 3: b"9 2.1 5 "}), Items({3: b"4 1.8 0 1", 4: b"5 1.9 0 "})
    page = joined(Blueprint(cells, 850), items, answers, flags, shelf)
    assert joined(Blueprint(cells, 850), items, *packed, shelf) == page
    assert page.saved_at_ms == 5
    assert b"".join(page.paper).decode() == paper_html(sections)
    assert b"".join(page.card).decode() == card_html(sections)
    assert (page.answered, page.flagged, page.has_typed) == (1, 1, False)


@pytest.mark.parametrize("slug", [slug for slug, (name, _context) in PAGES.items() if name == "exam.html"])
def test_a_page_joined_around_its_holes_is_the_one_that_is_rendered(slug: str) -> None:
    name, context = PAGES[slug]
    assert isinstance(context, ExamPage)
    other = replace(context, sitting_id=77, left_ms=1, token="<&", resumed=Resumed(3, 0), saved_at_ms=5, flagged=0)
    for page in (context, other, replace(context, answered=0, blank=context.total)):
        joined_page = exam_html(page, page.paper.encode(), page.card.encode()).decode()
        assert joined_page == render(name, page)


@pytest.mark.parametrize("slug", [slug for slug, (name, _context) in PAGES.items() if name == "result.html"])
def test_a_result_joined_around_its_holes_is_the_one_that_is_rendered(slug: str) -> None:
    name, context = PAGES[slug]
    assert isinstance(context, Result)
    other = replace(context, sitting_id=77, subject="<&", answered=3, ended_ms=context.ended_ms + 60_000)
    for page in (context, other):
        assert result_html(page).decode() == render(name, page)
