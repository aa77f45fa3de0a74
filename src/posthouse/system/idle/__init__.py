"""Idle time: how long nobody has touched this machine's keyboard and mouse, and whether its screen is locked."""
