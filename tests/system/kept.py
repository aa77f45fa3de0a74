"""Children to be kept, which tell by a pipe how far they have come: nobody waits for a time, but for what happens."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from posthouse.system import managed_process
from posthouse.system.managed_process import Child
from posthouse.system.process import plain_environment

DEADLINE_S = 60.0

PREAMBLE = """
import os, signal, sys, time
def say(word):
    with open(os.environ['EAR'], 'w') as ear:
        ear.write(f'{word}\\n')
def hang():
    while True:
        signal.pause()
"""


class Ear:
    """Hears what children say by `say(word)`, a word at a time and in order."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._words: asyncio.Queue[str] = asyncio.Queue()
        self._rest = b""

    def listen(self) -> None:
        """There is something to read."""
        *lines, self._rest = (self._rest + os.read(self._descriptor, 65_536)).split(b"\n")
        for line in lines:
            self._words.put_nowait(line.decode())

    async def word(self) -> str:
        """The next word."""
        async with asyncio.timeout(DEADLINE_S):
            return await self._words.get()

    async def pid(self) -> int:
        """The next word, which is a process id."""
        return int(await self.word())


@contextmanager
def ear_in(folder: Path) -> Iterator[Ear]:
    """An ear for as long as the block lasts."""
    path = folder / "ear"
    os.mkfifo(path)
    # Open for writing too, it is never at its end.
    descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    ear, loop = Ear(path, descriptor), asyncio.get_running_loop()
    loop.add_reader(descriptor, ear.listen)
    try:
        yield ear
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def start_python(code: str, folder: Path, more: Mapping[str, str] | None = None) -> Child:
    """A child that runs this code, with `say` and `hang`, and says all else to output.log."""
    return managed_process.start(
        [sys.executable, "-S", "-c", PREAMBLE + code],
        environment=plain_environment(os.environ, {"EAR": str(folder / "ear"), **(more or {})}),
        folder=folder,
        output=folder / "output.log",
    )
