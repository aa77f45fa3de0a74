"""Coding agents: what hears them (hooks, logs, event streams, the contract for tools of one's own), and the board."""
