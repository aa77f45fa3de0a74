"""The SQLite engine: one file, one writing thread, group commit."""
