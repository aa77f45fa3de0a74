"""Running a command for the person who typed it: their terminal, their input, their signals, and a look at its output.

    our stdin ───────────────inherited──────────▶ the command
    our stdout, stderr ◀── copied ◀── pty or pipe ◀── the command, with its last bytes kept aside

Where our output is a terminal, the command gets one too (a pseudo-terminal that changes no byte), so that it keeps its
colours and its width; where it is a pipe or a file, the command gets a pipe. Input is never touched: what is typed goes
where it always goes, and Ctrl-C, Ctrl-Z and password prompts are between the terminal and the command. Without
`keep_bytes` the command has our own output, and nothing stands between.

Signals that come to us alone are passed on. Those that a terminal sends (SIGINT, SIGQUIT, SIGHUP) reach the command
by themselves while we are in its foreground, and are not doubled. Standard library only, and no event loop: a wrapped
command must not wait for us. Source: pty(7), tty_ioctl(4), POSIX.1-2017 chapter 11 (general terminal interface).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self

if sys.platform != "win32":
    import fcntl
    import termios

ORPHAN_S = 2.0
"""How long what the command left running may still hold its output, once it has ended itself."""

_READ_BYTES = 65_536
_STDOUT, _STDERR = 1, 2
_PASSED_ON = ("SIGINT", "SIGQUIT", "SIGHUP", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGBREAK")


class Passed(NamedTuple):
    """How a command ended: one of `exit_code` and `signal_number` is set. `output` is the last of what it said."""

    exit_code: int | None
    signal_number: int | None
    duration_s: float
    output: bytes
    is_output_cut: bool


def pass_through(
    argv: Sequence[str], *, keep_bytes: int, started: Callable[[], None], alive: Callable[[], None], alive_s: float
) -> Passed:
    """Run it to its end, keeping so many of its last bytes; 0 keeps none, and leaves its output alone.

    `started` is called once it runs, `alive` every `alive_s` seconds while it does, from another thread. To be called
    from the main thread, which handles signals. After the end, what it left running may hold its output for 2 s more.
    Raises OSError where it cannot be started, ValueError where an argument holds a null character.
    """
    kept = _Kept(keep_bytes)
    with _SignalsPassedOn() as signals:
        started_s = time.monotonic()
        child, ours = _start(argv) if keep_bytes else (subprocess.Popen(list(argv)), {})
        signals.to(child, [descriptor for descriptor in ours if os.isatty(descriptor)])
        ended = threading.Event()
        copies = [threading.Thread(target=_copy, args=(*way, kept), daemon=True) for way in ours.items()]
        heart = threading.Thread(target=_beat, args=(ended, alive, alive_s), daemon=True)
        _start_without_signals([*copies, heart])
        started()
        code = child.wait()
        ended_s = time.monotonic()
        ended.set()
        heart.join()
        for copy in copies:
            copy.join(max(ended_s + ORPHAN_S - time.monotonic(), 0))
    return Passed(
        exit_code=code if code >= 0 else None,
        signal_number=-code if code < 0 else None,
        duration_s=ended_s - started_s,
        output=kept.content(),
        is_output_cut=kept.is_cut,
    )


def _start(argv: Sequence[str]) -> tuple[subprocess.Popen[bytes], dict[int, int]]:
    """The command, and what we read of it, each with where that goes to."""
    ours, theirs = _channels()
    try:
        return subprocess.Popen(list(argv), stdout=theirs[_STDOUT], stderr=theirs[_STDERR]), ours
    except BaseException:
        for descriptor in ours:
            os.close(descriptor)
        raise
    finally:
        for descriptor in set(theirs.values()):
            os.close(descriptor)


def _start_without_signals(threads: Sequence[threading.Thread]) -> None:
    """Threads that get no signal, so that the main thread wakes for each."""
    if sys.platform != "win32":
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        for thread in threads:
            thread.start()
    finally:
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _beat(ended: threading.Event, alive: Callable[[], None], alive_s: float) -> None:
    while not ended.wait(alive_s):
        alive()


def _copy(source: int, sink: int, kept: _Kept) -> None:
    """Copy until the end of the source, or until nobody reads the sink: then the command is told so, too."""
    # EIO is how Linux says that the other side of a pseudo-terminal is closed; EPIPE, that our own reader has gone.
    with suppress(OSError):
        while chunk := os.read(source, _READ_BYTES):
            kept.add(source, chunk)
            _write_all(sink, chunk)
    os.close(source)


class _SignalsPassedOn:
    """While this lasts, signals go to the command; those that come before it runs, as soon as it does."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._terminals: Sequence[int] = ()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for name in _PASSED_ON:
            number = getattr(signal, name, None)
            # What we were told to ignore (nohup) the command ignores as well.
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._pass_on)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def to(self, child: subprocess.Popen[bytes], terminals: Sequence[int]) -> None:
        """The command runs; `terminals` are to keep the size of ours."""
        self._terminals, self._child = terminals, child
        for number in self._early:
            self._pass_on(number, None)

    def _pass_on(self, number: int, frame: object) -> None:  # noqa: ARG002 (the shape of a handler)
        if self._child is None:
            self._early.append(number)
        elif sys.platform != "win32":  # there, the console tells every process that it holds
            if number == signal.SIGWINCH:
                for terminal in self._terminals:
                    _copy_size(_STDOUT if os.isatty(_STDOUT) else _STDERR, terminal)
            elif number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP) and _is_in_foreground():
                return
            with suppress(ProcessLookupError, PermissionError):
                self._child.send_signal(number)


class _Kept:
    """The last bytes of all that was said, in the order in which its lines ended: outputs may not cut each other's."""

    def __init__(self, bytes_max: int) -> None:
        self.is_cut = False
        self._bytes_max = bytes_max
        self._lines = bytearray()
        self._begun: dict[int, bytearray] = {}
        self._lock = threading.Lock()

    def add(self, source: int, chunk: bytes) -> None:
        with self._lock:
            begun = self._begun.setdefault(source, bytearray())
            begun += chunk
            whole = begun.rfind(b"\n") + 1
            self._lines += begun[:whole]
            del begun[:whole]
            self._cut(begun)
            self._cut(self._lines)

    def content(self) -> bytes:
        with self._lock:
            # At most one line of each source has no end.
            content = self._lines + b"\n".join(begun for begun in self._begun.values() if begun)
            self._cut(content)
            return bytes(content)

    def _cut(self, content: bytearray) -> None:
        excess = len(content) - self._bytes_max
        if excess > 0:
            del content[:excess]
            self.is_cut = True


def _channels() -> tuple[dict[int, int], dict[int, int]]:
    """What we read, with where it goes to; and what the command gets as its stdout and stderr.

    Two terminals become one, so that both outputs stay in their order.
    """
    ours: dict[int, int] = {}
    theirs: dict[int, int] = {}
    terminal: int | None = None
    for sink in (_STDOUT, _STDERR):
        if sys.platform != "win32" and os.isatty(sink):
            if terminal is None:
                reading, terminal = _open_terminal(sink)
                ours[reading] = sink
            theirs[sink] = terminal
        else:
            reading, theirs[sink] = os.pipe()
            ours[reading] = sink
    return ours, theirs


if sys.platform != "win32":

    def _open_terminal(like: int) -> tuple[int, int]:
        """A pseudo-terminal of the same size that changes no byte: our own terminal does what is to be done."""
        ours, theirs = os.openpty()
        modes = termios.tcgetattr(theirs)
        modes[1] &= ~termios.OPOST
        termios.tcsetattr(theirs, termios.TCSANOW, modes)
        _copy_size(like, ours)
        return ours, theirs

    def _copy_size(source: int, sink: int) -> None:
        with suppress(OSError):
            fcntl.ioctl(sink, termios.TIOCSWINSZ, fcntl.ioctl(source, termios.TIOCGWINSZ, b"\0" * 8))

    def _is_in_foreground() -> bool:
        """Whether a terminal tells the command of its keys itself."""
        try:
            terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
        except OSError:
            return False
        try:
            return os.tcgetpgrp(terminal) == os.getpgrp()
        except OSError:
            return False
        finally:
            os.close(terminal)


def _write_all(sink: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(sink, view) :]
