"""Which kind a question is: by its type cell, by what stands around it, or by its options and key."""

import re
from dataclasses import dataclass

from examengine.banks.dialects.answers import bare_answer, letters_of, truth_of, truth_pair
from examengine.banks.dialects.headers import Field
from examengine.banks.dialects.kinds import code_of, is_any_choice, is_code, is_indefinite, kind_of
from examengine.banks.dialects.options import LETTERS
from examengine.banks.findings import Findings, Understood
from examengine.banks.item import KIND_LABELS, WITH_OPTIONS, Kind
from examengine.banks.readers.conventions import Conventions
from examengine.banks.readers.keys import choice_key
from examengine.banks.readers.shapes import Shape

_PLACEHOLDER = re.compile(r"\{\d{1,2}\}|_{2,}|[（(][\s_]*[)）]")
_NUMBERED_BLANK = re.compile(r"\{\d{1,2}\}")


@dataclass(frozen=True, slots=True)
class KindReading:
    """``indefinite``: several keys are allowed but not required, so that one is no cause for a warning."""

    kind: Kind
    indefinite: bool = False


def kind_of_question(
    shape: Shape, conventions: Conventions, findings: Findings, understood: Understood
) -> KindReading | None:
    """The kind of a question; None for a row that is none (a stem and nothing else)."""
    written = shape.draft.text(Field.KIND)
    if written and is_code(written):
        return KindReading(_by_blanks(conventions.codes[code_of(written)], shape))
    if written:
        return _written(written, shape, conventions, findings, understood)
    if shape.kind_tag is not None:
        return KindReading(shape.kind_tag)
    if shape.draft.kind_around is not None:
        return KindReading(_by_blanks(shape.draft.kind_around, shape))
    if shape.empty:
        return None
    if shape.draft.columns.several_allowed:
        understood.note("several allowed", "模板允许每题有一个以上正确答案且没有题型列，读作多选题")
        return KindReading(Kind.MULTIPLE_CHOICE)
    kind = infer_kind(shape, conventions)
    understood.note(f"inferred {kind}", f"题型为空，按选项和答案推断为{KIND_LABELS[kind]}")
    return KindReading(kind)


def _written(
    written: str, shape: Shape, conventions: Conventions, findings: Findings, understood: Understood
) -> KindReading:
    kind = kind_of(written)
    if kind is Kind.SHORT_ANSWER and _chosen_by_letter(shape):
        understood.note("gap chosen", f"题型“{written}”列有选项、答案是字母，读作单选题")
        return KindReading(Kind.SINGLE_CHOICE)
    if kind is not None:
        return KindReading(_by_blanks(kind, shape), is_indefinite(written))
    inferred = infer_kind(shape, conventions)
    if is_any_choice(written):
        understood.note(f"any choice {inferred}", f"题型“{written}”按答案读作{KIND_LABELS[inferred]}")
        return KindReading(inferred)
    where = shape.draft.at(Field.KIND)
    if inferred in WITH_OPTIONS and shape.key:
        label = KIND_LABELS[inferred]
        findings.add("warning", "type_unknown", where, f"不认识题型“{written[:20]}”，按选项和答案读作{label}；请核对")
        return KindReading(inferred)
    return KindReading(Kind.OTHER)


def _chosen_by_letter(shape: Shape) -> bool:
    """True for a gap whose words are listed as options and whose key is the letter of one (选词填空)."""
    letters = letters_of(shape.key) or ()
    return len(letters) == 1 and len(shape.options) > 1 and LETTERS.index(letters[0].upper()) in shape.options


def _by_blanks(kind: Kind, shape: Shape) -> Kind:
    if kind is not Kind.SHORT_ANSWER:
        return kind
    several = len(shape.blanks) > 1 or len(_NUMBERED_BLANK.findall(shape.stem)) > 1
    return Kind.CLOZE if several else kind


def infer_kind(shape: Shape, conventions: Conventions) -> Kind:
    """The kind as options and key show it; a question with options counts as single choice until told better."""
    if shape.blanks:
        return _by_blanks(Kind.SHORT_ANSWER, shape)
    if len(shape.options) > 1:
        if truth_pair(shape.texts) is not None:
            return Kind.TRUE_FALSE
        return Kind.MULTIPLE_CHOICE if len(set(choice_key(shape).indexes)) > 1 else Kind.SINGLE_CHOICE
    if shape.options or shape.options_error:
        return Kind.SINGLE_CHOICE
    if shape.key_listed:
        return Kind.SHORT_ANSWER
    if truth_of(shape.key) is not None or bare_answer(shape.key) in conventions.truth_digits:
        return Kind.TRUE_FALSE
    letters = letters_of(shape.key) or ()
    if letters and shape.key.upper() == shape.key and list(letters) == sorted(set(letters)) and letters[-1] <= "h":
        return Kind.SINGLE_CHOICE if len(letters) == 1 else Kind.MULTIPLE_CHOICE
    return Kind.SHORT_ANSWER
