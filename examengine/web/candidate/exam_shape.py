"""The exam page around its paper: the same for thousands but for some twenty values, so rendered once for them."""

from dataclasses import replace
from typing import Any

from examengine.web.contexts.candidate import ExamPage, Resumed
from examengine.web.contexts.frame import Person
from examengine.web.pages import hole, render_shaped

_OWN = (
    "sitting_id token who generation epoch page_id left_ms deadline_ms blank flagged news about paper card"
).split()
_HOLES: dict[str, Any] = {name: hole(name) for name in _OWN}
_PERSON: Any = Person(hole("frame.person.name"), "", hole("frame.person.document_tail"))
_RESUMED: Any = Resumed(hole("resumed.answers"), 0)
_ANSWERED, _SAVED_AT = hole("answered"), hole("saved_at_ms")


def exam_html(context: ExamPage, paper: bytes, card: bytes) -> bytes:
    """The page with ``paper`` and ``card`` in place of those of ``context``."""
    return render_shaped("exam.html", context, _shape_of(context), paper=paper, card=card)


def _shape_of(context: ExamPage) -> ExamPage:
    """What is put in place of holes is what one candidate's page has of its own; all else is part of the shape, also
    whether there is such a value. The page shows no form with the frame's token.
    """
    frame = context.frame
    return replace(
        context,
        frame=replace(frame, now_ms=0, form_token="", who="", person=frame.person and _PERSON),
        answered=_ANSWERED if context.answered else 0,
        resumed=context.resumed and _RESUMED,
        saved_at_ms=None if context.saved_at_ms is None else _SAVED_AT,
        **_HOLES,
    )
