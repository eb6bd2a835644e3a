"""The sections of a paper for kinds that are answered otherwise than by choosing an option."""

import pytest

from examengine.banks.item import Kind
from examengine.papers.blueprint import Cell, blueprint_of, section_kinds
from examengine.rules.load import load, packaged, packaged_text, rulebook_ids, usable

G2014 = packaged_text("guangxi-2014")
DIGESTS = {
    "gaoming-2015": "sha256:6958ad34af7d671a56262fdecc06e0eafd3b54558c9aecb7852431ba2f9e484d",
    "guangxi-2014": "sha256:86c9d7673219a7022b1be63afe2acbbd9b42c2d1a0c19772a2bdb9ab8b4ce500",
    "guangxi-2015": "sha256:0eb2e055c4026dc0f58ce243958ad6c1dda053891d03ae069f354952ef7044c5",
    "guangxi-2024": "sha256:b395231f677e2a9ffa8aaeaa347bc664a314499265e76ae98a302a31f4127c6e",
}


def with_sections(**sections: str) -> str:
    """The rules of 2014 with ten points less of true/false and the sections named instead."""
    text = G2014
    kept = [
        line for line in text.splitlines() if not line.startswith("judge = ") and '"exam.paper.judge"' not in line
    ]
    lines = []
    for line in kept:
        lines.append(line)
        if line == "[exam.paper]":
            lines += [f"{key} = {value}" for key, value in sections.items()]
        if line == "[provenance]":
            lines += [f'"exam.paper.{key}" = "D"' for key in sections]
    return "\n".join(lines)


def faults(text: str) -> list[tuple[str, str]]:
    return [(finding.where, finding.message) for finding in load(text).findings if finding.severity == "error"]


def test_every_kind_has_its_section_and_its_cell() -> None:
    text = with_sections(
        short_answer="{ count = 2, points = 1, markers = 2 }",
        numeric='{ count = 1, points = "1.5" }',
        matching='{ count = 1, points = 1, partial_credit = "per_option" }',
        cloze='{ count = 1, points = 1, partial_credit = "half" }',
        essay='{ count = 1, points = "4.5", markers = 2, tolerance = "0.5" }',
    )
    rulebook = usable(load(text))
    assert blueprint_of(rulebook).cells[2:] == (
        Cell(Kind.SHORT_ANSWER, 2, 100, markers=2),
        Cell(Kind.NUMERIC, 1, 150),
        Cell(Kind.MATCHING, 1, 100, "per_option"),
        Cell(Kind.CLOZE, 1, 100, "half"),
        Cell(Kind.ESSAY, 1, 450, markers=2, tolerance_hundredths=50),
    )
    assert section_kinds(rulebook)[-1] is Kind.ESSAY


@pytest.mark.parametrize("book", rulebook_ids())
def test_rulebooks_of_today_keep_their_digests(book: str) -> None:
    assert packaged(book).digest == DIGESTS[book]
    assert set(packaged(book).exam.paper.sections()) == {"single", "multiple", "judge"}


@pytest.mark.parametrize(
    ("section", "where", "told"),
    [
        ({"essay": "{ count = 1, points = 9 }"}, "exam.paper", "各题分值合计 99，应等于满分 100"),
        ({"essay": "{ count = 0, points = 10 }"}, "exam.paper", "题数和分值都须大于 0"),
        (
            {"essay": "{ count = 1, points = 10, markers = 0 }"},
            "exam.paper.essay",
            "阅卷人数 markers 应是 1 或 2，现为 0",
        ),
        (
            {"essay": "{ count = 1, points = 10, markers = 3 }"},
            "exam.paper.essay",
            "阅卷人数 markers 应是 1 或 2，现为 3",
        ),
        (
            {"numeric": "{ count = 1, points = 10, markers = 2 }"},
            "exam.paper.numeric",
            "数值题由系统评分，不写 markers",
        ),
        (
            {"essay": '{ count = 1, points = 10, partial_credit = "half" }'},
            "exam.paper.essay",
            "简答题没有可以分开给分的部分，不写 partial_credit",
        ),
        (
            {"cloze": "{ count = 1, points = 10, tolerance = 1 }"},
            "exam.paper.cloze",
            "多空填空题由系统评分，不写评分容差 tolerance",
        ),
        (
            {"essay": "{ count = 1, points = 10, tolerance = 1 }"},
            "exam.paper.essay",
            "评分容差 tolerance 说的是两人评分之差，须同时写 markers = 2",
        ),
        (
            {"essay": "{ count = 1, points = 10, markers = 2, tolerance = 10 }"},
            "exam.paper.essay",
            "评分容差 tolerance 须小于每题分值 10，现为 10",
        ),
        (
            {"essay": "{ count = 1, points = 10, markers = 2, tolerance = -1 }"},
            "exam.paper.essay.tolerance",
            "不能是负数",
        ),
        ({"essay": '{ count = 1, points = 10, markers = 2, tolerance = "0.001" }'}, "exam.paper.essay", "两位小数"),
        ({"essay": '{ count = 1, points = 10, markers = 2, tolerance = "NaN" }'}, "exam.paper.essay", "两位小数"),
        ({"cloze": '{ count = 1, points = 10, partial_credit = "most" }'}, "exam.paper.cloze", "值不合要求"),
        ({"cloze": "{ count = 1, points = 10, limit = 3 }"}, "exam.paper.cloze", "未知的键 limit"),
        ({"essay": "{ points = 10 }"}, "exam.paper.essay", "值不合要求"),
        ({"drawing": "{ count = 1, points = 10 }"}, "exam.paper.drawing", "规则表里没有这个参数"),
        ({"essay": '{ count = 1, points = "10.001" }'}, "exam.paper.essay", "至多两位小数"),
    ],
)
def test_a_faulty_section_is_named_in_the_fields_own_words(section: dict[str, str], where: str, told: str) -> None:
    assert any(found == where and told in message for found, message in faults(with_sections(**section)))
