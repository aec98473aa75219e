"""What a message costs: the real server as its own process, loaded from another, on SQLite and on PostgreSQL."""
