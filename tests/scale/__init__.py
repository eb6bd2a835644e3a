"""A province in a database: a million people with three million attempts, and what the pages cost then.

``python -m tests.scale fill URL`` fills an empty PostgreSQL database and goes on where it was interrupted;
``python -m tests.scale measure URL`` measures. Neither is part of the tests; ``docs/scale.md`` tells what came out.
"""
