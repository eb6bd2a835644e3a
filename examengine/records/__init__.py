"""SQL: the only room that knows it. Every fact is kept here; rows never leave, frozen dataclasses do.

One query module per thing kept. ``get_x`` raises :class:`~examengine.records.database.Missing` where x is missing,
``find_x`` may return None. Query functions take the transaction first: a
:class:`~examengine.records.database.Reading` where they only read, a
:class:`~examengine.records.database.Writing` where they write.

Locks are taken in one order: enrolment, then attempt.
"""
