import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.banks.markup import MediaShelf, rich_of, safe
from examengine.banks.markup.html import HTML_LIMIT, TAGS_LIMIT
from examengine.banks.markup.media import ALL_BYTES_LIMIT, ONE_BYTES_LIMIT, joined
from tests.banks.foreign_builders import PNG


def nowhere(source: str) -> str:
    return ""


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("没有标记", "没有标记"),
        ("<p>一</p>\n<p>二&nbsp;三</p>", "一\n二 三"),
        ("x<sup>2</sup>+H<sub>2</sub>O", "x²+H₂O"),
        ("x<sup>a+b</sup>", "x^(a+b)"),
        ("a<sub>i</sub>", "a_i"),
        ("<ul><li>甲</li><li>乙</li></ul>", "• 甲\n• 乙"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>", "1 | 2\n3 | 4"),
        ("<pre>if x:\n    y</pre>", "if x:\n    y"),
        ("1 &lt; 2 &amp; 3", "1 < 2 & 3"),
        ("a < b", "a < b"),
        ('<img src="x.png" alt="电路 图">', "[图：电路 图]"),
        ("<img src=x>", "[图]"),
        ("公式 \\(x^2\\)", "公式 \\(x^2\\)"),
        ('<img class="equation_image" data-equation-content="\\frac{1}{2}" src="/x">', "\\(\\frac{1}{2}\\)"),
        ("<math><mfrac><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><mn>2</mn></mfrac></math>", "(a+1)/2"),
        ("<math><msqrt><msup><mi>x</mi><mn>2</mn></msup></msqrt></math>", "√(x^2)"),
        ("<script>alert(1)</script>一<style>p{}</style>", "一"),
    ],
)
def test_plain_text_says_what_html_shows(source: str, text: str) -> None:
    assert rich_of(source, nowhere).text == text


@pytest.mark.parametrize(
    "source", ["一", "<p>一</p><p>二</p>", "一<br>二", "<div>一</div>", "<span style='x'>一</span>"]
)
def test_markup_is_kept_only_where_plain_text_says_less(source: str) -> None:
    assert rich_of(source, nowhere).markup == ""


@pytest.mark.parametrize(
    ("source", "markup"),
    [
        ("<p>一 <b onclick='x()'>二</b></p>", "<p>一 <b>二</b></p>"),
        ("<b>x</b><a href='javascript:x()'>y</a>", "<b>x</b>y"),
        ("<b>x</b><iframe src='//evil'></iframe><object data='x'>z</object>", "<b>x</b>"),
        ("<b>x</b><svg><script>1</script></svg>", "<b>x</b>"),
        ("<b>x</b><form action='/'><input></form>", "<b>x</b>"),
    ],
)
def test_nothing_that_acts_is_left_in_markup(source: str, markup: str) -> None:
    assert rich_of(source, nowhere).markup == markup


def test_a_picture_that_was_found_is_named_and_any_other_source_is_dropped() -> None:
    rich = rich_of(
        '<img src="a.png" alt="甲"><img src="https://x/y.png" alt="乙">', lambda s: "n.png" if s == "a.png" else ""
    )
    assert rich.markup == '<img src="media:n.png" alt="甲">[图：乙]'


def test_what_no_question_is_long_or_deep_enough_for_is_read_as_plain_text() -> None:
    assert rich_of("<b>" * (TAGS_LIMIT + 1) + "甲", nowhere).text == "甲"
    assert rich_of("<b>甲</b>" + "x" * HTML_LIMIT, nowhere).markup == ""
    assert rich_of("<div>" * 5_000 + "甲", nowhere).text == "甲"
    assert rich_of("<math>" + "<mrow>" * 3_000 + "<mi>a</mi>", nowhere).text == "a"


TAGS = "<b> </b> <p> <sup> </sup> <math> <mi> </math> <script> </script> <svg> <pre> <mtext> <style> <!-- -->".split()
OTHERS = ["<img src='a'", ">", "<", "&lt;", "&", "甲", "<table><tr><td>", "onerror=x", "javascript:", '"', "'", "\n"]
PIECES = st.sampled_from([*TAGS, *OTHERS, "<img src=x onerror=alert(1)>", "\x00", "\x01"])


@given(st.lists(PIECES, max_size=25).map("".join))
def test_markup_of_anything_is_what_the_cleaner_leaves_as_it_is(source: str) -> None:
    rich = rich_of(source, lambda s: "a.png" if s == "a" else "")
    assert safe(rich.markup) == rich.markup
    assert "<script" not in rich.markup.lower()
    assert "\x01" not in rich.text


def test_the_same_picture_is_kept_once_under_a_name_of_its_own() -> None:
    shelf = MediaShelf({"a/b.png": PNG, "c.png": PNG})
    name = shelf.find("b.png", base="a")
    assert name == shelf.find("c.png") == shelf.find("data:image/gif;base64," + base64.b64encode(PNG).decode())
    assert [(one.name, one.type, one.data) for one in shelf.taken.values()] == [(name, "image/png", PNG)]


@pytest.mark.parametrize(
    ("source", "refusal"),
    [
        ("nowhere.png", "missing"),
        ("../../../etc/passwd", "missing"),
        ("/etc/passwd", "missing"),
        ("file:///etc/passwd", "remote"),
        ("https://example.org/x.png", "remote"),
        ("//example.org/x.png", "remote"),
        ("data:text/html;base64,PGI+", "not_a_picture"),
        ("data:image/png,xyz", "not_a_picture"),
        ("evil.svg", "not_a_picture"),
        ("page.png", "not_a_picture"),
    ],
)
def test_what_is_no_picture_of_the_upload_is_refused(source: str, refusal: str) -> None:
    assert MediaShelf({"evil.svg": b"<svg/>", "page.png": b"<html>"}).find(source) == refusal


def test_media_are_bounded_one_by_one_and_together() -> None:
    shelf = MediaShelf()
    assert shelf.take(PNG.ljust(ONE_BYTES_LIMIT + 1, b"x")) == "too_large"
    for index in range(ALL_BYTES_LIMIT // ONE_BYTES_LIMIT):
        assert "." in shelf.take((PNG + bytes([index])).ljust(ONE_BYTES_LIMIT, b"x"))
    assert shelf.take(PNG) == "too_large"


@given(st.lists(st.sampled_from(["..", ".", "", "a", "b.png", "/"]), max_size=8).map("/".join))
def test_a_path_never_leaves_the_upload(path: str) -> None:
    assert not joined("x", path).startswith(("/", ".."))
    assert ".." not in joined("x", path).split("/")
