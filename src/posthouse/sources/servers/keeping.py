"""What is remembered of managed servers, and under which keys of the source's state.

    server/<name>    its definition
    process/<name>   how its process stands (rules.process), and what was learned of it
    tunnel/<name>    the same of the command that makes it reachable from elsewhere

A definition or process that cannot be read (of a later version) is left out, and left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_hex
from typing import TypeVar

import msgspec

from posthouse.model.sources import StatePut
from posthouse.rules.process import Moment, ProcessState
from posthouse.sources.servers.definitions import Definition
from posthouse.system.clock import Clock
from posthouse.system.logging import get_log

SERVER, PROCESS, TUNNEL = "server/", "process/", "tunnel/"
END = "\U0010ffff"

LIFE = token_hex(8)
"""This life of the daemon: no other on this machine has the same."""

T = TypeVar("T")

_log = get_log(__name__)


class Runtime(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a server's process stands.

    `revision`: of the definition that the process was started with. `restarts`: since a person started it.
    `is_adopted`: it was not started by this Posthouse. `version`: what it says of itself, "" where it says nothing.
    `url`: of a tunnel, where it leads in from. `resume`: the life of the daemon in which its source was stopped while
    it was to run, "" for none.
    """

    process: ProcessState = ProcessState()
    revision: int = 0
    restarts: int = 0
    is_adopted: bool = False
    version: str = ""
    url: str = ""
    resume: str = ""


def moment(clock: Clock) -> Moment:
    """Now, by both clocks of this life."""
    return Moment(at=clock.now(), awake_s=clock.monotonic_s(), life=LIFE)


def definitions_of(state: Mapping[str, bytes]) -> dict[str, Definition]:
    """The definitions in state below `SERVER`, by name."""
    return {name: one for name, one in _read(state, SERVER, Definition).items() if one.name == name}


def runtimes_of(state: Mapping[str, bytes], prefix: str = PROCESS) -> dict[str, Runtime]:
    """The runtimes in state below `PROCESS` or `TUNNEL`, by the server's name."""
    return _read(state, prefix, Runtime)


def put_definition(definition: Definition) -> StatePut:
    """The definition, to be written."""
    return StatePut(SERVER + definition.name, msgspec.json.encode(definition))


def _read(state: Mapping[str, bytes], prefix: str, kind: type[T]) -> dict[str, T]:
    found = {}
    for key, value in state.items():
        if not key.startswith(prefix):
            continue
        try:
            found[key.removeprefix(prefix)] = msgspec.json.decode(value, type=kind)
        except msgspec.MsgspecError:
            _log.warning("what is known of a managed server could not be read", key=key)
    return found
