"""Pages of the accounts of staff: second factor, lock, and what the security administrator does."""
