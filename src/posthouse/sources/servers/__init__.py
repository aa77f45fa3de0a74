"""Managed servers: local programs that Posthouse starts, watches, restarts and stops."""
