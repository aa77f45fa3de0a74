"""Every decision as a pure function: state and a happening come in, new state and effects as data go out.

Nothing here reads a clock, draws a random number, logs, or touches a file, a socket or the ledger: instants and jitter
are arguments. So every rule can be read, tested and re-run on its own.
"""
