import pytest

from examengine.banks.item import Kind
from examengine.banks.responses import (
    AcceptedText,
    ChoiceExpected,
    Gap,
    GapsExpected,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
)
from tests.banks.builders import codes, letters, the_item
from tests.banks.foreign_builders import (
    PNG,
    QTI3,
    declared,
    earns,
    equals,
    lid,
    material,
    qti1,
    qti1_item,
    qti2_item,
    read,
    zip_of,
)

CHOICES = "".join(
    f'<simpleChoice identifier="{key}">{text}</simpleChoice>' for key, text in (("a", "上海"), ("b", "北京"))
)
PROMPT = "<prompt>首都是？</prompt>"
CHOICE = f'<choiceInteraction responseIdentifier="R" shuffle="true">{PROMPT}{CHOICES}</choiceInteraction>'
ENTRY = '<p>首都是<textEntryInteraction responseIdentifier="R"/>。</p>'
SINGLE = qti2_item(declared("single", "identifier", "b"), CHOICE)


def test_a_choice() -> None:
    item = the_item(read(SINGLE, "qti"))
    assert (item.kind, item.stem, letters(item), item.external_no) == (Kind.SINGLE_CHOICE, "首都是？", "B", "i1")


def test_the_names_of_version_3_are_the_same_with_hyphens() -> None:
    text = f"""<qti-assessment-item xmlns="{QTI3}" identifier="x">
    <qti-response-declaration identifier="R" cardinality="multiple" base-type="identifier"><qti-correct-response>
    <qti-value>a</qti-value><qti-value>c</qti-value></qti-correct-response></qti-response-declaration>
    <qti-item-body><p>选两项<math xmlns="x"><mi>y</mi></math></p><qti-choice-interaction response-identifier="R">
    <qti-simple-choice identifier="a">甲<qti-feedback-inline>对了</qti-feedback-inline></qti-simple-choice>
    <qti-simple-choice identifier="b">乙</qti-simple-choice>
    <qti-simple-choice identifier="c" fixed="true">丙</qti-simple-choice>
    </qti-choice-interaction></qti-item-body></qti-assessment-item>"""
    item = the_item(read(text, "qti"))
    assert (item.kind, letters(item), item.stem) == (Kind.MULTIPLE_CHOICE, "AC", "选两项y")
    assert [option.text for option in item.options] == ["甲", "乙", "丙"]
    assert "<math><mi>y</mi></math>" in item.markup


@pytest.mark.parametrize(
    ("declaration", "body", "kind"),
    [
        (declared("single", "string", "北京"), ENTRY, Kind.SHORT_ANSWER),
        (declared("single", "integer", "3"), ENTRY, Kind.NUMERIC),
        (declared("single", "string"), '<extendedTextInteraction responseIdentifier="R"/>', Kind.ESSAY),
        (declared("single", "string", "一"), ENTRY + ENTRY, Kind.CLOZE),
        (declared("ordered", "identifier", "a"), CHOICE.replace("choiceInteraction", "orderInteraction"), Kind.OTHER),
        (declared("single", "identifier", "a"), CHOICE + CHOICE, Kind.OTHER),
        (declared("single", "point"), '<selectPointInteraction responseIdentifier="R"/>', Kind.OTHER),
        (declared("single", "file"), '<uploadInteraction responseIdentifier="R"/>', Kind.OTHER),
        ("", '<customInteraction responseIdentifier="R"/>', Kind.OTHER),
    ],
)
def test_the_kind_is_told_by_the_interactions(declaration: str, body: str, kind: Kind) -> None:
    reading = read(qti2_item(declaration, body), "qti")
    assert (reading.total, reading.by_type[kind]) == (1, 1)
    assert reading.importable == (kind is not Kind.OTHER and bool(reading.items))
    assert ("not_deliverable_yet" in codes(reading, "error")) == (kind is Kind.OTHER)


def test_two_words_of_judgement_are_a_true_false_question() -> None:
    text = SINGLE.replace("上海", "True").replace("北京", "False")
    item = the_item(read(text, "qti"))
    assert (item.kind, item.key) == (Kind.TRUE_FALSE, {"f"})


def match_set(**choices: str) -> str:
    shown = (
        f'<simpleAssociableChoice identifier="{key}">{text}</simpleAssociableChoice>' for key, text in choices.items()
    )
    return f"<simpleMatchSet>{''.join(shown)}</simpleMatchSet>"


def test_what_is_expected_of_the_other_kinds() -> None:
    mapping = '<mapping><mapEntry mapKey="北京" mappedValue="2"/><mapEntry mapKey="京" mappedValue="1"/></mapping>'
    one = declared("single", "string", "北京").replace("</responseDeclaration>", f"{mapping}</responseDeclaration>")
    kept = the_item(read(qti2_item(one, ENTRY), "qti"))
    assert kept.stem == "首都是 _____ 。"
    assert kept.expected == TextExpected((AcceptedText("北京"), AcceptedText("京", 50)))
    kept = the_item(read(qti2_item(declared("single", "float", "2.50"), ENTRY), "qti"))
    assert kept.expected == NumberExpected((NumberRange("2.5", "2.5"),))
    choices = CHOICES.replace("simpleChoice", "inlineChoice").replace("上海", "南").replace("北京", "北")
    inline = f'<p>在<inlineChoiceInteraction responseIdentifier="R">{choices}</inlineChoiceInteraction>方</p>'
    kept = the_item(read(qti2_item(declared("single", "identifier", "b"), inline), "qti"))
    assert kept.stem == "在{1}方"
    assert kept.expected == GapsExpected((Gap("{1}", ChoiceExpected(("南", "北"), ((1, 100),))),))
    match = match_set(a="甲", b="乙") + match_set(x="1", y="2")
    body = f'<matchInteraction responseIdentifier="R">{match}</matchInteraction>'
    kept = the_item(read(qti2_item(declared("multiple", "directedPair", "a y"), body), "qti"))
    assert kept.expected == PairsExpected((Pair("甲", "2"),), ("1",))


def test_an_item_that_draws_its_numbers_is_not_imported() -> None:
    text = SINGLE.replace("<itemBody>", '<templateDeclaration identifier="T"/><itemBody>')
    assert codes(read(text, "qti"), "error") == ["template_item"]


def test_an_item_without_a_place_to_answer_is_no_question() -> None:
    reading = read(qti2_item("", "<p>请阅读。</p>"), "qti")
    assert (reading.total, codes(reading)) == (0, ["no_questions", "descriptions"])


@pytest.mark.parametrize(
    "text", ["<responseProcessing xmlns='http://x/imsqti_v2p1'/>", "<assessmentTest xmlns='imsqti'/>"]
)
def test_qti_without_items_says_so(text: str) -> None:
    assert codes(read(text, "qti"), "error") == ["no_questions"]


def manifest(*paths: str) -> str:
    resources = "".join(f'<resource identifier="r" href="{path}"><file href="{path}"/></resource>' for path in paths)
    return f"<manifest><resources>{resources}</resources></manifest>"


def test_a_package_is_read_in_the_order_of_its_manifest_with_its_pictures() -> None:
    picture = CHOICE.replace("首都是？", '首都是？<img src="../img/x.png" alt="图"/>')
    parts = {
        "imsmanifest.xml": manifest("items/b.xml", "items/a.xml"),
        "items/a.xml": qti2_item(declared("single", "identifier", "b"), picture, "a"),
        "items/b.xml": SINGLE.replace("首都", "省会"),
        "items/loose.xml": SINGLE.replace("首都", "县城").replace("i1", "i9"),
        "img/x.png": PNG,
        "items/page.html": "<p>assessmentItem</p>",
    }
    reading = read(zip_of(parts), "qti")
    assert [one.item.stem for one in reading.items] == ["省会是？", "首都是？[图：图]", "县城是？"]
    assert [media.data for media in reading.media] == [PNG]
    assert reading.items[1].where == "items/a.xml 第 1 行（第 2 题）"


def test_a_broken_item_of_a_package_is_named_and_the_others_are_read() -> None:
    parts = {"imsmanifest.xml": manifest("a.xml", "b.xml"), "a.xml": SINGLE, "b.xml": SINGLE[:-30]}
    reading = read(zip_of(parts), "qti")
    assert reading.importable == 1
    (finding,) = [finding for finding in reading.findings if finding.severity == "error"]
    assert (finding.code, finding.where.split()[0]) == ("xml_malformed", "b.xml")


def test_a_quiz_that_canvas_writes_twice_is_read_once() -> None:
    item = qti1_item("", material("题？") + lid("r", "Single", {"a": "甲", "b": "乙"}), earns(equals("r", "a")))
    full = short = qti1(item)
    parts = {
        "imsmanifest.xml": manifest("g1/assessment_qti.xml"),
        "g1/assessment_qti.xml": short,
        "g1/assessment_meta.xml": "<quiz/>",
        "non_cc_assessments/g1.xml.qti": full,
    }
    assert read(zip_of(parts), "qti").total == 1
