"""The name by which the live side knows this record: live data of another one is not taken for ours."""

import secrets

from sqlalchemy import func, select, text, update

from examengine.records.database import Writing
from examengine.records.tables import attempts, installation, open_attempts

APART = 1_000_000
"""After a restore attempts are numbered so much higher: no number that was told to anyone is given twice."""
GENERATIONS_APART = 1_000
"""So much higher are the generations of running attempts then: no page of the time that was lost is taken for new."""


async def get(tx: Writing) -> str:
    """The name; made up where there is none yet."""
    name = select(installation.c.name)
    known = await tx.value(name)
    if known is None:
        await tx.insert_unless_known(installation, {"id": 1, "name": secrets.token_hex(8)}, "id")
        known = await tx.value(name)
    return str(known)


async def renew(tx: Writing) -> str:
    """Take another name, for a record that was restored: what the live side has learnt since belongs to none of its
    attempts. New attempts get numbers apart, running ones generations apart. The new name.
    """
    await get(tx)
    name = secrets.token_hex(8)
    await tx.run(update(installation).values(name=name))
    running = select(open_attempts.c.attempt_id)
    raised = update(attempts).where(attempts.c.id.in_(running))
    await tx.run(raised.values(generation=attempts.c.generation + GENERATIONS_APART))
    newest = int(await tx.value(select(func.coalesce(func.max(attempts.c.id), 0))))
    if tx.is_sqlite:
        statement = text("UPDATE sqlite_sequence SET seq = max(seq, :last) + :apart WHERE name = 'attempts'")
        await tx.run(statement, {"last": newest, "apart": APART})
    else:
        sequence = "pg_get_serial_sequence('attempts', 'id')"
        statement = text(f"SELECT setval({sequence}, greatest(nextval({sequence}), :last) + :apart)")
        await tx.value(statement, {"last": newest, "apart": APART})
    return name
