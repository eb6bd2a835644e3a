from tests.databases import database, database_copies, database_url, vault

__all__ = ["database", "database_copies", "database_url", "vault"]
