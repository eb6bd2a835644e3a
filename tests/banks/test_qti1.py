import re

import pytest

from examengine.banks.item import Kind
from examengine.banks.readers.reading import BankReading
from examengine.banks.responses import AcceptedText, NumberExpected, NumberRange, Pair, PairsExpected, TextExpected
from tests.banks.builders import codes, letters, the_item
from tests.banks.foreign_builders import earns, equals, lid, material, qti1, qti1_item, read

CITIES = {"a": "上海", "b": "北京", "c": "广州"}
STEM = material("&lt;p&gt;首都是？&lt;/p&gt;")
FIB = '<response_str ident="r"><render_fib{}><response_label ident="x"/></render_fib></response_str>'


def item(kind: str, presentation: str, scoring: str = "") -> BankReading:
    return read(qti1(qti1_item(kind, presentation, scoring)), "qti")


def test_a_canvas_choice() -> None:
    question = the_item(item("multiple_choice_question", STEM + lid("r", "Single", CITIES), earns(equals("r", "b"))))
    assert (question.kind, question.stem, letters(question)) == (Kind.SINGLE_CHOICE, "首都是？", "B")
    assert question.external_no == "q1"


def test_answers_within_a_not_are_no_part_of_the_key() -> None:
    condition = f"<and>{equals('r', 'a')}<not>{equals('r', 'b')}</not>{equals('r', 'c')}</and>"
    question = the_item(item("multiple_answers_question", STEM + lid("r", "Multiple", CITIES), earns(condition)))
    assert (question.kind, letters(question)) == (Kind.MULTIPLE_CHOICE, "AC")


@pytest.mark.parametrize(
    ("presentation", "scoring", "kind"),
    [
        (lid("r", "Single", CITIES), earns(equals("r", "b")), Kind.SINGLE_CHOICE),
        (lid("r", "Multiple", CITIES), earns(equals("r", "b")), Kind.MULTIPLE_CHOICE),
        (lid("r", "Single", {"t": "True", "f": "False"}), earns(equals("r", "t")), Kind.TRUE_FALSE),
        (lid("r", "Ordered", CITIES), earns(equals("r", "b")), Kind.OTHER),
        (FIB.format(""), earns(equals("r", "北京")), Kind.SHORT_ANSWER),
        (FIB.format(""), "", Kind.ESSAY),
        (FIB.format(' fibtype="Decimal"'), earns(equals("r", "3")), Kind.NUMERIC),
        (lid("x", "Single", CITIES) + lid("y", "Single", CITIES), earns(equals("x", "a")), Kind.MATCHING),
        ('<response_xy ident="r"><render_hotspot/></response_xy>', "", Kind.OTHER),
    ],
)
def test_without_a_name_the_kind_is_told_by_the_shape(presentation: str, scoring: str, kind: Kind) -> None:
    reading = item("", STEM + presentation, scoring)
    assert (reading.total, reading.by_type[kind]) == (1, 1)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("true_false_question", Kind.TRUE_FALSE),
        ("Either/Or", Kind.TRUE_FALSE),
        ("cc.multiple_response.v0p1", Kind.MULTIPLE_CHOICE),
        ("Opinion Scale", Kind.OTHER),
        ("calculated_question", Kind.OTHER),
        ("fill_in_multiple_blanks_question", Kind.CLOZE),
        ("matching_question", Kind.MATCHING),
        ("multipleChoice", Kind.SINGLE_CHOICE),
    ],
)
def test_the_names_of_several_systems_are_known(name: str, kind: Kind) -> None:
    assert item(name, STEM + lid("r", "Single", CITIES), earns(equals("r", "b"))).by_type[kind] == 1


def test_text_without_a_question_is_not_counted() -> None:
    reading = read(qti1(qti1_item("text_only_question", STEM, ""), qti1_item("", STEM, "")), "qti")
    assert reading.total == 0
    assert "descriptions" in codes(reading)


def test_numbers_and_spans() -> None:
    bounds = '<and><vargte respident="r">2.5</vargte><varlte respident="r">3.5</varlte></and>'
    span = f"<or>{equals('r', '3')}{bounds}</or>"
    kept = the_item(item("numerical_question", STEM + FIB.format(""), earns(span)))
    assert kept.expected == NumberExpected((NumberRange("2.5", "3.5"),))


def test_texts_and_pairs_are_kept() -> None:
    kept = the_item(
        item("short_answer_question", STEM + FIB.format(""), earns(equals("r", "北京") + equals("r", "京")))
    )
    assert kept.expected == TextExpected((AcceptedText("北京"), AcceptedText("京")))
    left = (
        '<response_lid ident="{0}">'
        + material("左{0}", "text/plain")
        + "<render_choice>{1}</render_choice></response_lid>"
    )
    labels = "".join(
        f'<response_label ident="{key}">{material(text)}</response_label>' for key, text in CITIES.items()
    )
    pairs = left.format("x", labels) + left.format("y", labels)
    kept = the_item(item("matching_question", STEM + pairs, earns(equals("x", "b")) + earns(equals("y", "a"))))
    assert kept.expected == PairsExpected((Pair("左x", "北京"), Pair("左y", "上海")), ("广州",))


def test_an_identifier_used_twice_names_one_question_only() -> None:
    first = qti1_item("", STEM + lid("r", "Single", CITIES), earns(equals("r", "b")))
    other = qti1_item("", material("另一题？") + lid("r", "Single", CITIES), earns(equals("r", "a")))
    reading = read(qti1(first, other), "qti")
    assert [one.item.external_no for one in reading.items] == ["q1", ""]
    assert codes(reading, "warning") == ["identifier_repeated"]


def test_a_choice_without_a_key_is_an_error() -> None:
    reading = item("", STEM + lid("r", "Single", CITIES), earns(equals("r", "b"), "0"))
    assert (reading.total, reading.importable) == (1, 0)
    assert codes(reading, "error") == ["key_missing"]


def test_a_doctype_without_entities_is_harmless() -> None:
    text = qti1(qti1_item("", STEM + lid("r", "Single", CITIES), earns(equals("r", "b"))))
    text = text.replace("?>", '?><!DOCTYPE questestinterop SYSTEM "ims_qtiasiv1p2.dtd">', 1)
    assert read(text, "qti").importable == 1


@pytest.mark.parametrize(
    ("label", "written", "cardinality", "kind"),
    [
        ("QUESTIONTYPE", "SINGLE CHOICE QUESTION", "Single", Kind.SINGLE_CHOICE),
        ("QUESTIONTYPE", "MULTIPLE CHOICE QUESTION", "Multiple", Kind.MULTIPLE_CHOICE),
        ("qmd_questiontype", "Multi-Select", "Multiple", Kind.MULTIPLE_CHOICE),
        ("qmd_questiontype", "Multiple Choice", "Single", Kind.SINGLE_CHOICE),
        ("qmd_questiontype", "Ordering", "Ordered", Kind.OTHER),
    ],
)
def test_the_kinds_of_ilias_and_brightspace(label: str, written: str, cardinality: str, kind: Kind) -> None:
    meta = f"<qtimetadata><qtimetadatafield><fieldlabel>{label}</fieldlabel>"
    meta += f"<fieldentry>{written}</fieldentry></qtimetadatafield></qtimetadata>"
    one = qti1_item("", STEM + lid("r", cardinality, CITIES), earns(equals("r", "b")))
    reading = read(qti1(one.replace("<presentation>", f"<itemmetadata>{meta}</itemmetadata><presentation>")), "qti")
    assert reading.by_type[kind] == reading.total == 1


def test_mistakes_counted_in_a_variable_of_their_own_earn_nothing() -> None:
    wrong = re.sub(r'varname="[^"]*"', 'varname="D2L_Incorrect"', earns(equals("r", "a")))
    scoring = wrong + earns(equals("r", "b"))
    assert letters(the_item(item("multiple_choice_question", STEM + lid("r", "Single", CITIES), scoring))) == "B"
