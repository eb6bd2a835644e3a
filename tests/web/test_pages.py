"""Every page from its context, without a browser."""

import re
from dataclasses import fields, replace

import pytest
from jinja2 import meta

from examengine.web import pages
from examengine.web.assets import folder
from examengine.web.contexts import CONTEXT_OF
from examengine.web.contexts.candidate import Login
from tests.web.samples import OUTSIDE, PAGES

FRAGMENTS = {
    "base.html",
    "_macros.html",
    "author/_bank.html",
    "_proof.html",
    "_exam_wording.html",
    "exam_question.html",
    "exam_typed.html",
    "result_answer.html",
    "author/_editor_macros.html",
    "author/item_preview.html",
    "author/_answers.html",
    "author/_suspects.html",
    "author/_import_macros.html",
    "support/_about.html",
    "support/_accommodations.html",
    "operator/_checks.html",
    "operator/_incident_form.html",
    "support/_finding.html",
}
ENV = pages.environment("v")


@pytest.mark.parametrize("slug", PAGES)
def test_a_page_needs_nothing_inline(slug: str) -> None:
    html = pages.render(*PAGES[slug])
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"<style|\sstyle=|\son\w+=|hx-on|javascript:", html)
    assert html.count("<h1") == 1
    for form in re.findall(r'<form[^>]*method="post".*?</form>', html, re.S):
        assert re.search(r'^<form[^>]*>\s*<input type="hidden" name="t"', form), form[:200]


@pytest.mark.parametrize("slug", PAGES)
def test_ids_are_unique_and_labels_point_at_controls(slug: str) -> None:
    html = pages.render(*PAGES[slug])
    ids = re.findall(r'\sid="([^"]*)"', html)
    assert sorted(ids) == sorted(set(ids))
    for target in re.findall(r'\sfor="([^"]*)"', html) + re.findall(r'href="#(f-[^"]*)"', html):
        assert target in ids, target


def test_every_template_is_a_page_with_a_context_and_a_sample() -> None:
    root = folder("templates")
    files = {path.relative_to(root).as_posix() for path in root.rglob("*.html")}
    assert files == set(CONTEXT_OF) | FRAGMENTS
    assert {name for name, _ in PAGES.values()} == set(CONTEXT_OF)


@pytest.mark.parametrize("name", sorted(CONTEXT_OF))
def test_a_template_uses_its_context_and_nothing_else(name: str) -> None:
    source = (folder("templates") / name).read_text()
    used = meta.find_undeclared_variables(ENV.parse(source)) - set(ENV.globals)
    has = {field.name for field in fields(CONTEXT_OF[name])}
    assert used <= has
    assert has - used <= {"frame"}


def test_another_pages_context_is_refused() -> None:
    with pytest.raises(TypeError, match="shows Contract, not Login"):
        pages.render("contract.html", Login(OUTSIDE))


def test_what_people_typed_is_escaped() -> None:
    html = pages.render("login.html", Login(OUTSIDE, username='"><script>alert(1)</script>'))
    assert "<script>alert" not in html


def test_a_block_is_rendered_alone_as_it_stands_in_its_page() -> None:
    for name, block, slug in (
        ("support/search.html", "results", "search-hits"),
        ("author/preview.html", "findings", "preview"),
        ("author/bank.html", "items", "bank"),
        ("support/act.html", "effect", "grant"),
    ):
        context = PAGES[slug][1]
        alone = pages.render_block(name, block, context).strip()
        assert alone.startswith("<div id=")
        assert alone in pages.render(name, context)


def test_addresses_of_assets_carry_the_version_of_all_files() -> None:
    html = pages.render("login.html", Login(replace(OUTSIDE, hotline="")))
    assert re.search(r'href="/static/[0-9a-f]{12}/app\.css"', html)
    assert "客服电话" not in html
