"""What items keep, as HTML that everybody sees."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.banks.item import Item, Kind, Option
from examengine.banks.lint import lint_item
from examengine.banks.markup import show
from examengine.banks.markup.formulas import BRACES_LIMIT, LATEX_LIMIT, Formula, mathml_of, split, told
from examengine.banks.markup.remarks import shown_problems

PICTURE = "a" * 64 + ".png"


def formulas(text: str) -> list[str]:
    return [part for part in split(text) if isinstance(part, Formula)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"求 \(x^2\) 与 \[y\] 和 $$z$$", ["x^2", "y", "z"]),
        (r"[tex]a<b[/tex] 和 $\frac12$ 和 $n$", ["a<b", r"\frac12", "n"]),
        (r"$x_1+x_2$，$a=b$", ["x_1+x_2", "a=b"]),
        ("单价 $5 和 $6，共 $11", []),
        ("变量 $HOME/bin:$PATH 与 $ x $", []),
        (r"价格 \$5 到 \$6", []),
        ("共$5$元，$10.5$元", []),
        (r"没有结束 \(x^2", []),
        (r"空的 \( \) 和 $$ $$", []),
    ],
)
def test_formulas_are_told_from_prices(text: str, found: list[str]) -> None:
    assert formulas(text) == found
    assert "".join(part.source if isinstance(part, Formula) else part for part in split(text)) == text


def test_a_formula_is_drawn_read_out_and_kept_as_it_was_written() -> None:
    html = show(r"求 \(\frac{a+b}{2}\)", "").html
    assert "<mfrac>" in html
    assert 'aria-label="(a+b)/2"' in html
    assert 'alttext="\\frac&#123;a+b&#125;&#123;2&#125;"' in html
    assert '<span class="formula-text">(a+b)/2</span>' in html


@pytest.mark.parametrize(
    "latex",
    [
        r"\foo{x}",
        r"\frac{1",
        "}x{",
        r"\begin{matrix}1",
        r"\left(x",
        r"\frac",
        "x" * (LATEX_LIMIT + 1),
        "{" * (BRACES_LIMIT + 1) + "}" * (BRACES_LIMIT + 1),
        "x^" * 900,
    ],
)
def test_a_formula_that_cannot_be_read_in_full_is_shown_as_its_source(latex: str) -> None:
    assert mathml_of(latex) == ""
    if len(latex) <= LATEX_LIMIT:
        shown = show(f"\\({latex}\\)", "")
        assert shown.unreadable == [f"\\({latex}\\)"]
        assert '<code class="formula-source">' in shown.html


@pytest.mark.parametrize("depth", [BRACES_LIMIT - 1, BRACES_LIMIT])
def test_a_deep_formula_is_read(depth: int) -> None:
    assert "<mi>x</mi>" in mathml_of("{" * depth + "x" + "}" * depth)


def test_a_percent_sign_is_no_comment() -> None:
    assert told(mathml_of("50%+x")) == "50%+x"
    assert told(mathml_of(r"50\%+x")) == "50%+x"


@pytest.mark.parametrize(
    "latex",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\style{color:red}{x}",
        r"\text{<img src=x onerror=alert(1)>}",
        r"\text{</math><script>alert(1)</script>}",
        r"\class{q}{x}",
        r"\mathrm{<a href='//evil'>}",
    ],
)
def test_latex_brings_nothing_but_mathematics(latex: str) -> None:
    html = show(f"\\({latex}\\)", "").html
    found = re.findall(r"<([a-z0-9]+)([^<>]*)>", html)
    allowed = {"span", "math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "msup", "code", "mstyle"}
    assert {tag for tag, _attributes in found} <= allowed
    names = {name for _tag, attributes in found for name in re.findall(r'([a-z-]+)="', attributes)}
    assert names <= {"class", "aria-label", "alttext", "display", "mathvariant", "stretchy"}


def test_text_is_escaped_and_keeps_its_lines_and_its_indentation() -> None:
    shown = show("代码 <b>&amp;\n    if x:\n\ty\x02", "")
    assert shown.html == "代码 &lt;b&gt;&amp;amp;<br>\xa0\xa0\xa0\xa0if x:<br>\ty"


def test_markup_is_cleaned_once_more_when_it_is_shown() -> None:
    shown = show(
        "",
        '<p onclick="x()">甲<script>alert(1)</script><a href="javascript:x">乙</a>&#2;</p>\n'
        '<p style="color:red">丙</p>'
        '<img src="https://elsewhere.example/x.png" alt="外">',
    )
    assert shown.html == "<p>甲乙</p> <p>丙</p>[图：外]"


def test_a_picture_has_its_address_its_size_its_words_and_a_way_to_see_it_large() -> None:
    shown = show("", f'<p>看 <img src="media:{PICTURE}" alt="流程图" width="300" height="99999x"></p>')
    assert f'<img src="/media/{PICTURE}" alt="流程图" width="300">' in shown.html
    assert f'<a href="/media/{PICTURE}" target="_blank" rel="noopener" data-enlarge="关闭">' in shown.html
    assert shown.speechless == 0
    assert show("", f'<img src="media:{PICTURE}">').speechless == 1


def test_a_picture_that_is_not_kept_becomes_words() -> None:
    assert show("", '<img src="media:1.png" alt="图">').html == "[图：图]"
    assert show("", '<img src="media:../../etc/passwd">').html == "[图]"


def test_headings_of_a_question_are_none_of_the_page_and_tables_scroll_in_their_box() -> None:
    html = show("", "<h1>题</h1><table><tr><td>1</td></tr></table><pre>a\n  b</pre>").html
    assert html.startswith("<p><strong>题</strong></p>")
    assert '<div class="wide"><table><tbody><tr><td>1</td></tr></tbody></table></div>' in html
    assert "<pre>a&#10;  b</pre>" in html


def test_gaps_are_found_in_text_and_never_in_an_attribute() -> None:
    html = show("", r'<p>首都是 {1} <img src="media:x" alt="{1}">\(x^{1}\)</p>').html
    assert html.count("{1}") == 2  # the gap, and the words that stand for a picture that is missing
    assert show(r"首都是 {1}，\(x^{1}\)", "").html.count("{1}") == 1


def test_mathml_is_shown_with_its_words() -> None:
    html = show("", "<math><mfrac><mi>a</mi><mn>2</mn></mfrac></math>").html
    assert '<math aria-label="a/2"><mfrac><mi>a</mi><mn>2</mn></mfrac></math>' in html
    assert '<span class="formula-text">a/2</span>' in html


@given(st.text(alphabet="<>\\(){}$&%;x1^_ \n\"'=/ae", max_size=60), st.booleans())
def test_whatever_is_written_it_is_shown_without_tags_of_its_own(text: str, as_markup: bool) -> None:
    shown = show("" if as_markup else text, text if as_markup else "")
    without = re.sub(r"</?(?:[a-z0-9]+)(?: [a-z-]+=\"[^\"<>]*\")*>", "", shown.html)
    assert "<" not in without
    assert "\n" not in shown.html


def test_an_author_hears_of_pictures_without_words_and_of_formulas_that_cannot_be_read() -> None:
    options = (Option("a", r"\(\frac{1\)"), Option("b", "[图]", markup=f'<img src="media:{PICTURE}">'))
    item = Item(Kind.SINGLE_CHOICE, "题", options, frozenset("a"), explanation="$$}$$")
    found = [(problem.code, problem.part, problem.option) for problem in shown_problems(item)]
    assert found == [
        ("formula_unreadable", "options", 0),
        ("image_alt_missing", "options", 1),
        ("formula_unreadable", "explanation", None),
    ]
    assert {problem.severity for problem in shown_problems(item)} == {"warning"}
    assert set(shown_problems(item)) <= set(lint_item(item))
    fine = replace(item, options=(Option("a", r"\(\frac12\)"), Option("b", "乙")), explanation="费用 $5")
    assert shown_problems(fine) == ()
