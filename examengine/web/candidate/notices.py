"""What is announced to a candidate, on his list of exams and on the exam page as it is drawn."""

from collections.abc import Iterable

from examengine.incidents.announcing import Audience, unit_mark
from examengine.records.people import Person
from examengine.web.contexts.notices import Notice
from examengine.web.services import Services
from examengine.web.tokens import About


def notices_for(services: Services, person: Person, exam_ids: Iterable[int], now_ms: int) -> tuple[Notice, ...]:
    """What he is to see now, newest first; at most a few seconds old."""
    region, unit = _where(person)
    audience = Audience(person.id, frozenset(exam_ids), region, unit)
    return tuple(Notice(row.id, row.text, row.at_ms) for row in services.notices.shown_to(audience, now_ms))


def about_of(services: Services, person: Person, attempt_id: int, exam_id: int) -> str:
    """What the exam page shows when it asks for announcements: signed, so that the answer needs no look-up."""
    return services.tokens.about(About(attempt_id, exam_id, *_where(person)))


def _where(person: Person) -> tuple[str, str]:
    """Region and marked unit."""
    profile = person.profile
    return ("", "") if profile is None else (profile.region, unit_mark(profile.unit_name))
