"""Keys as the editor's fields hold them come back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.banks.files.pasted import from_clipboard
from examengine.banks.responses import (
    AcceptedText,
    ChoiceExpected,
    Gap,
    GapsExpected,
    NumberExpected,
    NumberRange,
    TextExpected,
)
from examengine.web.author.expected_fields import (
    UnreadableError,
    choice_of,
    choice_written,
    gap_written,
    gaps_of,
    numbers_of,
    numbers_written,
    texts_of,
    texts_written,
)

TEXTS = st.text(alphabet="甲乙ab1*＊\\=% 5.～", min_size=1, max_size=8).map(str.strip).filter(bool)
WEIGHTS = st.integers(1, 100)
NUMBERS = st.decimals(-1000, 1000, places=2, allow_nan=False).map(lambda number: f"{number.normalize():f}")


@st.composite
def texts(draw: st.DrawFn) -> TextExpected:
    accepted = draw(st.lists(st.builds(AcceptedText, TEXTS, WEIGHTS), min_size=1, max_size=4))
    return TextExpected(tuple(accepted), draw(st.booleans()), draw(st.booleans()))


@st.composite
def numbers(draw: st.DrawFn) -> NumberExpected:
    spans = draw(st.lists(st.tuples(NUMBERS, NUMBERS, WEIGHTS), min_size=1, max_size=4))
    ranges = tuple(NumberRange(*sorted((a, b), key=float), weight) for a, b, weight in spans)
    return NumberExpected(ranges, draw(st.sampled_from(["", "kg", "米/秒"])))


@st.composite
def choices(draw: st.DrawFn) -> ChoiceExpected:
    listed = draw(st.lists(TEXTS, min_size=1, max_size=5))
    right = draw(st.sets(st.integers(0, len(listed) - 1)))
    return ChoiceExpected(tuple(listed), tuple((index, draw(WEIGHTS)) for index in sorted(right)))


@given(texts())
def test_texts_come_back(expected: TextExpected) -> None:
    written = texts_written(expected)
    assert texts_of(written, case_counts=expected.case_counts, wildcards=expected.wildcards) == expected


@given(numbers())
def test_numbers_come_back(expected: NumberExpected) -> None:
    assert numbers_of(numbers_written(expected), expected.unit) == expected


@given(choices())
def test_choices_come_back(expected: ChoiceExpected) -> None:
    assert choice_of(choice_written(expected)) == expected


@given(st.lists(st.one_of(texts(), numbers(), choices()), min_size=1, max_size=3))
def test_gaps_come_back(inner: list[TextExpected | NumberExpected | ChoiceExpected]) -> None:
    gaps = GapsExpected(tuple(Gap(f"{{{n}}}", expected, n) for n, expected in enumerate(inner, 1)))
    assert gaps_of([gap_written(gap) for gap in gaps.gaps]) == gaps


@pytest.mark.parametrize(
    ("lines", "said"),
    [("三", "“三”不是数"), ("3\n1/2 =50%", "“1/2”不是数"), ("3~", "“3~”不是数"), ("∞", "“∞”不是数")],
)
def test_what_is_no_number_is_named(lines: str, said: str) -> None:
    with pytest.raises(UnreadableError, match=said):
        numbers_of(lines)


def test_a_number_may_be_written_in_several_ways() -> None:
    found = numbers_of("3\n2.9~3.1\n3±0.1 =50%\n１００\n")
    assert [(span.low, span.high, span.weight) for span in found.ranges] == [
        ("3", "3", 100),
        ("2.9", "3.1", 100),
        ("2.9", "3.1", 50),
        ("100", "100", 100),
    ]


@given(st.text(alphabet="<>!-[]/=\"' amoMthrspnitylegEqu:;%", max_size=80))
def test_whatever_a_clipboard_holds_is_taken(source: str) -> None:
    from_clipboard(f"<!--[if gte msEquation 12]><m:oMath>{source}</m:oMath><![endif]-->{source} style")
