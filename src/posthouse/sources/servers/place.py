"""Where a server stands: whether programs may run here, who listens on its port, and which daemon keeps it.

A server whose command already listens on its port is adopted, not fought. Which daemon keeps a port is said by a lock
beside all homes of this user, which the kernel gives back when its holder dies.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from posthouse.model.errors import BadInput, Conflict, PosthouseError
from posthouse.sources.base import SourceContext
from posthouse.sources.servers import health, opencode
from posthouse.sources.servers.definitions import OPENCODE, Definition
from posthouse.system.listening import is_free, who_listens
from posthouse.system.lock_file import LockFile
from posthouse.system.managed_process import Child, recognise
from posthouse.system.outbound import Outbound
from posthouse.system.process_command import command_of


class PortLock:
    """The right to keep what listens on a port, held until `release` or the end of the daemon."""

    def __init__(self, port: int, lock: LockFile) -> None:
        self.port = port
        self._lock = lock

    @classmethod
    def take(cls, definition: Definition) -> PortLock:
        """Take it. Raises Conflict `server.held` where another daemon of this user has it."""
        port = definition.port or 0
        lock = LockFile(_folder() / f"port-{port}.lock")
        try:
            is_ours = lock.acquire()
        except OSError as error:
            message = f"The lock of port {port} cannot be written: {error.strerror}."
            raise PosthouseError("server.lock_unwritable", message) from error
        if not is_ours:
            holder = "another Posthouse" if lock.holder is None else f"the Posthouse with process id {lock.holder}"
            message = f"What listens on port {port} is kept by {holder}. Stop it there first."
            raise Conflict("server.held", message)
        return cls(port, lock)

    def release(self) -> None:
        """Give it back. Safe to repeat."""
        self._lock.release()


def refuse_where_off(context: SourceContext) -> None:
    """Raise BadInput `source.commands_off` where programs may not be run on this machine."""
    if not context.programs_allowed():
        message = "Programs may not be run here yet. To allow it: posthouse settings set commands.allowed true"
        raise BadInput("source.commands_off", message)


async def listener_of(definition: Definition, outbound: Outbound, headers: tuple[tuple[str, str], ...]) -> Child | None:
    """The server's own process where it listens already; None where the port is free, or the server has none.

    Raises Conflict `server.port_taken`, naming who listens, or `server.host_unusable`.
    """
    if definition.port is None or await _is_free(definition.host, definition.port):
        return None
    listener = await who_listens(definition.host, definition.port)
    who = "a program that the system does not show"
    if listener is not None and listener.pid is not None:
        command = await asyncio.to_thread(command_of, listener.pid)
        if await _is_its_own(definition, command, outbound, headers):
            child = await asyncio.to_thread(recognise, listener.pid)
            if child is not None:
                return child
        who = f"process {listener.pid} ({Path(command[0]).name if command else 'unknown'})"
    raise Conflict(
        "server.port_taken",
        f"Port {definition.port} is taken by {who}, which is not {definition.name}. Stop that, or choose another port.",
        field="port",
    )


async def _is_free(host: str, port: int) -> bool:
    try:
        return await asyncio.to_thread(is_free, host, port)
    except OSError as error:
        message = f"Nothing can listen on {host} port {port}: {error.strerror or 'it is no address of this machine'}."
        raise Conflict("server.host_unusable", message, field="host") from error


async def _is_its_own(
    definition: Definition, command: tuple[str, ...], outbound: Outbound, headers: tuple[tuple[str, str], ...]
) -> bool:
    if is_same_command(definition.command, command):
        return True
    if definition.preset != OPENCODE or definition.port is None:
        return False
    problem, body = await health.ask(outbound, definition.health, definition.host, definition.port, headers)
    return problem is None and opencode.version_in(body) is not None


def is_same_command(wanted: tuple[str, ...], running: tuple[str, ...]) -> bool:
    """Whether a process runs this command, perhaps by an interpreter in front of it. Pure."""
    if len(running) < len(wanted):
        return False
    found = running[len(running) - len(wanted) :]
    return found[1:] == wanted[1:] and Path(found[0]).name == Path(wanted[0]).name


def _folder() -> Path:
    """A folder of this user's alone, the same for all homes: XDG_RUNTIME_DIR where there is one."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    is_given = runtime is not None and Path(runtime).is_absolute() and os.access(runtime, os.W_OK)
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    base = Path(runtime) / "posthouse" if is_given and runtime else Path(tempfile.gettempdir()) / f"posthouse-{user}"
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    return base
