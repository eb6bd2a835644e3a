"""The page of the result: the same for thousands but for some thirty values, so rendered once for them."""

from dataclasses import replace
from typing import Any

from examengine.web.contexts.candidate import Result
from examengine.web.contexts.frame import Act, Person
from examengine.web.contexts.receipt import ReceiptShown
from examengine.web.pages import hole, render_shaped

_OWN = "sitting_id subject year how why started_ms ended_ms took_ms answered next_title next_text".split()
_HOLES: dict[str, Any] = {name: hole(name) for name in _OWN}
_PERSON: Any = Person(*(hole(f"frame.person.{name}") for name in ("name", "document_masked", "document_tail")))
_FRAME: dict[str, Any] = {name: hole(f"frame.{name}") for name in ("form_token", "who")}
_RECEIPT: dict[str, Any] = {
    name: hole(f"receipt.{name}") for name in ("number", "digest", "ended_ms", "answered", "file_href", "qr")
}
_SCORE, _NOTE, _GIVEN = hole("score_hundredths"), hole("note"), hole("given")


def result_html(context: Result) -> bytes:
    """The page, encoded."""
    return render_shaped("result.html", context, _shape_of(context))


def _shape_of(context: Result) -> Result:
    """Holes are what one candidate has of his own; whether there is such a value is part of the shape."""
    frame, act, receipt = context.frame, context.act, context.receipt
    return replace(
        context,
        frame=replace(frame, now_ms=0, person=frame.person and _PERSON, **_FRAME),
        score_hundredths=None if context.score_hundredths is None else _SCORE,
        sections=tuple(
            replace(row, score_hundredths=hole(f"sections.{no}.score_hundredths"), right=hole(f"sections.{no}.right"))
            for no, row in enumerate(context.sections)
        ),
        act=act and Act(hole("act.href"), hole("act.text"), act.post),
        note=context.note and _NOTE,
        receipt=receipt and _receipt_shape(receipt),
        given=context.given and _GIVEN,
        **_HOLES,
    )


def _receipt_shape(receipt: ReceiptShown) -> ReceiptShown:
    return replace(receipt, **_RECEIPT)
