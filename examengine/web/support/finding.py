"""What an act is about, found by the id in its address."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.records import entries, people
from examengine.records.errors import Missing
from examengine.support.looking import note_view
from examengine.web.http import NotAllowed, now_of, services_of, visitor_of
from examengine.web.support.act import Subject
from examengine.web.support.forms import attempt_for_act, enrolment_for_act, to_person


async def attempt_subject(request: Request, attempt_id: int) -> Subject | Response:
    """An attempt, its enrolment and person; the way back where it is the agent's own."""
    found = await attempt_for_act(request, attempt_id)
    if isinstance(found, Response):
        return found
    person, case, row = found
    return Subject(attempt_id, person, case, row)


async def entry_subject(request: Request, entry_id: int) -> Subject | Response:
    """An entry of the ledger with its enrolment and person."""
    try:
        async with services_of(request).database.reading() as tx:
            entry = await entries.get_entry(tx, entry_id)
    except Missing:
        raise NotAllowed(404) from None
    found = await enrolment_for_act(request, entry.enrolment_id)
    if isinstance(found, Response):
        return found
    person, case = found
    async with services_of(request).database.reading() as tx:
        agents = await people.find_people(tx, services_of(request).vault, [entry.by_person])
    row = next((a for a in case.record.attempts if a.id == entry.attempt_id), None)
    return Subject(entry_id, person, case, row, entry, agents[entry.by_person].name)


async def person_subject(request: Request, person_id: int) -> Subject | Response:
    """A person, for an act about all that is his; the look is logged."""
    services, visitor = services_of(request), await visitor_of(request)
    try:
        async with services.database.reading() as tx:
            person = await people.get_person(tx, services.vault, person_id)
    except Missing:
        raise NotAllowed(404) from None
    if person.profile is None:
        raise NotAllowed(404)
    await note_view(services.database, person_id, visitor.person.id, now_of(request))
    return to_person(person_id, "own") if person_id == visitor.person.id else Subject(person_id, person)
