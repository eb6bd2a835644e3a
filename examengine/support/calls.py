"""Noting a call with a candidate: once a form, with a line in the audit log."""

from examengine.records import audit, calls
from examengine.records.calls import NewCall
from examengine.records.database import Database
from examengine.records.vault import Vault


async def note_call(database: Database, vault: Vault, new: NewCall, now_ms: int) -> int:
    """Note a call; its id. Sent twice it is one. An agent's own call to the desk is another agent's to note.

    Raises:
        Missing: there is no such person, or he was erased.
        ValueError: nothing was said, or the agent is the person.
    """
    if not new.note.strip():
        raise ValueError("a call needs a note")
    if new.person_id == new.by_person:
        raise ValueError("an agent's own call")
    async with database.writing() as tx:
        call_id, is_new = await calls.add(tx, vault, new, now_ms)
        if is_new:
            facts = {"person": new.person_id, "call": call_id, "topic": new.topic.value}
            await audit.append(tx, now_ms, new.by_person, "note_call", "person", new.person_id, facts)
    return call_id
