"""Fences for whoever works under a lease: a holder that was only slow writes nothing after the next one."""

from sqlalchemy import update

from examengine.records.database import Writing
from examengine.records.tables import lease_tokens


async def hold(tx: Writing, lease: str, token: int) -> bool:
    """Whether nobody has written under a newer token of ``lease``; until this transaction ends nobody will."""
    await tx.insert_unless_known(lease_tokens, {"lease": lease, "token": token}, "lease")
    mine = update(lease_tokens).where(lease_tokens.c.lease == lease, lease_tokens.c.token <= token)
    return await tx.run(mine.values(token=token)) > 0
