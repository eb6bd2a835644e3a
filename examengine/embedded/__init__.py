"""What `make run` brings along instead of asking for servers: a Redis and a SQLite file."""
