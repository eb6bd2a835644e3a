"""Questions of any format to a reading: counted by kind, repetitions left out."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from examengine.banks.cells.grid import ROWS_LIMIT, UnreadableFileError
from examengine.banks.checks import repetitions
from examengine.banks.findings import Finding, Findings, place
from examengine.banks.item import Kind
from examengine.banks.markup import Media
from examengine.banks.readers.questions import Question
from examengine.banks.readers.reading import BankReading, ReadItem


def add(questions: list[Question], question: Question) -> None:
    """One question more. Raises ``UnreadableFileError`` beyond ``ROWS_LIMIT``, as in a sheet."""
    if len(questions) >= ROWS_LIMIT:
        raise too_many()
    questions.append(question)


def too_many() -> UnreadableFileError:
    """The refusal of a file with more questions than a bank may hold."""
    return UnreadableFileError("too_many_rows", f"超过 {ROWS_LIMIT} 题，请拆成几个文件分别上传")


def gathered(
    form: str,
    encoding: str,
    questions: Sequence[Question],
    findings: Findings,
    understood: Sequence[str] = (),
    media: Sequence[Media] = (),
) -> BankReading:
    """The reading of a file of one format; says so where there is nothing in it."""
    items = without_repetitions(questions, findings)
    listed = list(findings.result())
    if not questions and not any(finding.severity == "error" for finding in listed):
        message = "文件里没有题目；请确认选对了文件"
        listed.insert(0, Finding("error", "no_questions", place(""), message))
    return BankReading(
        form,
        encoding,
        tuple(items),
        len(questions),
        by_kind(questions),
        len(items),
        tuple(listed),
        tuple(understood),
        kept_out(questions),
        tuple(media),
        tuple(questions),
    )


def by_kind(questions: Sequence[Question]) -> dict[Kind, int]:
    """How many questions there are of every kind."""
    kinds = Counter(question.kind for question in questions)
    return {kind: kinds[kind] for kind in Kind}


def kept_out(questions: Sequence[Question]) -> tuple[ReadItem, ...]:
    """What was understood of questions that cannot be delivered yet."""
    return tuple(
        ReadItem(question.kept_out, question.where) for question in questions if question.kept_out is not None
    )


def without_repetitions(questions: Sequence[Question], findings: Findings) -> list[ReadItem]:
    """The items to be imported; says which repeat another, and keeps out those that contradict one."""
    out = repeated(questions, findings)
    return [
        ReadItem(question.item, question.where)
        for index, question in enumerate(questions)
        if question.item is not None and index not in out
    ]


REPETITION_CODES: Final = frozenset({"duplicate", "contradiction", "same_stem", "duplicate_external_no"})


def repeated(questions: Sequence[Question], findings: Findings) -> set[int]:
    """Indexes of the questions that stay out because of another one, said in ``findings`` by ``REPETITION_CODES``."""
    with_item = [index for index, question in enumerate(questions) if question.item is not None]
    taken = [(questions[index], questions[index].item) for index in with_item]
    out: set[int] = set()
    blamed: set[int] = set()
    for repetition in repetitions([item for _, item in taken if item is not None]):
        here, there = taken[repetition.index][0].where, taken[repetition.first][0].where
        if repetition.how == "same":
            out.add(repetition.index)
            findings.add("warning", "duplicate", here, f"与{there}相同（题干、选项、答案），只导入一次")
        elif repetition.how == "other_key":
            for index, other in ((repetition.index, there), (repetition.first, here)):
                out.add(index)
                if index not in blamed:
                    blamed.add(index)
                    message = f"与{other}题干、选项相同而答案不同，两处都没有导入；请核对答案"
                    findings.add("error", "contradiction", taken[index][0].where, message)
        elif repetition.how == "other_options":
            findings.add("warning", "same_stem", here, f"与{there}题干相同、选项不同；请核对是否为同一道题")
        else:
            out.add(repetition.index)
            findings.add("error", "duplicate_external_no", here, f"外部编号与{there}重复，没有导入；请改用不同的编号")
    return {with_item[index] for index in out}
