"""Requests for a second person in one line, wherever they are told: list, person's page, timeline."""

from typing import Any

from examengine.records.approvals import Approval
from examengine.records.people import Person
from examengine.support.acts import order_of
from examengine.support.looking import EnrolmentCase
from examengine.web.support.act import ByTwo, Subject
from examengine.web.support.register import ACTS


def by_two_of(asked: Approval) -> ByTwo[Any]:
    """How the act that is asked for is seen and finished by two."""
    by_two = ACTS[asked.act["act"]].by_two
    assert by_two is not None  # nothing else is ever asked for
    return by_two


def subject_of(asked: Approval, person: Person, case: EnrolmentCase | None, agent: str = "") -> Subject:
    """What is asked for is about, as the act's own page shows it. ``agent``: who made the entry in question."""
    subject_id = int(asked.act[by_two_of(asked).kind.subject])
    if case is None:
        return Subject(subject_id, person, agent=agent)
    entry = next((e for e in case.record.entries if e.id == asked.act.get("entry_id")), None)
    attempt_id = asked.act.get("attempt_id", entry.attempt_id if entry is not None else None)
    row = next((a for a in case.record.attempts if a.id == attempt_id), None)
    return Subject(subject_id, person, case, row, entry, agent)


def amounts_of(asked: Approval) -> Any:
    """The amounts that are asked for."""
    by_two = by_two_of(asked)
    return by_two.amounts_of(order_of(by_two.kind, asked))


def what_of(asked: Approval, person: Person, case: EnrolmentCase | None) -> str:
    """What is asked for."""
    return by_two_of(asked).what(subject_of(asked, person, case), amounts_of(asked))
