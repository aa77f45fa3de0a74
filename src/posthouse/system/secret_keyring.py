"""The operating system's keyring (macOS Keychain, Windows Credential Locker, Secret Service, KWallet).

Keyring libraries block, and a locked keyring may wait for a person; so every call runs on one thread of its own and is
given up after five seconds. What was read once is kept in memory: a keyring that locks later stops no delivery.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from posthouse.model.errors import SecretsUnavailable
from posthouse.system.secrets import check_secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "posthouse"
CALL_S = 5.0
_T = TypeVar("_T")


def has_keyring(*, limit_s: float = CALL_S) -> bool:
    """Whether this machine has a keyring worth the name; False where asking fails or takes too long. Blocks."""
    found = threading.Event()

    def look() -> None:
        try:
            keyring = _load_keyring()
        except Exception:
            # Whatever a third-party keyring does wrong, it is no keyring for us.
            return
        if keyring is not None:
            found.set()

    thread = threading.Thread(target=look, name="posthouse-keyring-probe", daemon=True)
    thread.start()
    thread.join(limit_s)
    return found.is_set()


class KeyringStore:
    """Secrets in the keyring, under the service `posthouse`. `load` gives the keyring and stands in for it in tests."""

    backend = "keyring"

    def __init__(self, *, load: Callable[[], KeyringBackend | None] | None = None, call_s: float = CALL_S) -> None:
        self._load = load or _load_keyring
        self._call_s = call_s
        self._keyring: KeyringBackend | None = None
        self._worker = _Worker()
        self._values: dict[str, str] = {}

    def __repr__(self) -> str:
        return "KeyringStore()"

    async def get(self, name: str) -> str | None:
        """The secret, or None. Raises SecretsUnavailable."""
        if (known := self._values.get(name)) is not None:
            return known
        check_secret(name)
        value = await self._call(lambda keyring: keyring.get_password(SERVICE, name))
        if value is not None:
            self._values[name] = value
        return value

    async def put(self, name: str, value: str) -> None:
        """Store or replace. Raises SecretsUnavailable, BadInput."""
        check_secret(name, value)
        self._values.pop(name, None)
        await self._call(lambda keyring: keyring.set_password(SERVICE, name, value))
        self._values[name] = value

    async def delete(self, name: str) -> None:
        """Forget; safe to repeat. Raises SecretsUnavailable, BadInput."""
        check_secret(name)
        self._values.pop(name, None)
        await self._call(lambda keyring: _delete(keyring, name))

    async def _call(self, action: Callable[[KeyringBackend], _T]) -> _T:
        try:
            async with asyncio.timeout(self._call_s):
                return await self._worker.run(lambda: action(self._opened()))
        except TimeoutError:
            message = f"The keyring did not answer within {self._call_s:g} s. Unlock it; what waits then goes out."
            failure = SecretsUnavailable("secrets.keyring_slow", message)
        except SecretsUnavailable:
            raise
        except Exception as error:
            # Keyrings raise what they like (D-Bus, ctypes, their own); all of it means "not now".
            failure = _failure(error)
        # Raised outside the handler: a keyring's own error may hold what it was given.
        raise failure

    def _opened(self) -> KeyringBackend:
        if self._keyring is None:
            self._keyring = self._load()
        if self._keyring is None:
            message = "This home keeps its secrets in the system's keyring, and there is none now. Start it and retry."
            raise SecretsUnavailable("secrets.keyring_missing", message)
        return self._keyring


class _Worker:
    """One daemon thread that runs calls in order. A call whose caller has gone before it began is left out.

    asyncio's own executor would do, but it is joined at exit: a keyring that hangs would then keep the program alive.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[asyncio.Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def run(self, action: Callable[[], _T]) -> _T:
        """Run the action on the thread; its result or its exception."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="posthouse-keyring", daemon=True)
            self._thread.start()
        future: asyncio.Future[_T] = asyncio.get_running_loop().create_future()
        self._jobs.put((future, action))
        return await future

    def _work(self) -> None:
        while True:
            future, action = self._jobs.get()
            if future.cancelled():
                continue
            result: Any = None
            error: Exception | None = None
            try:
                result = action()
            except Exception as raised:
                # Handed to the caller, whose failure must not end the thread.
                error = raised
            try:
                future.get_loop().call_soon_threadsafe(_settle, future, result, error)
            except RuntimeError:
                # The loop was closed meanwhile: nobody waits any more.
                continue


def _settle(future: asyncio.Future[Any], result: object, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _load_keyring() -> KeyringBackend | None:
    """The platform's keyring, or None where there is none (`fail`, `null`, or one that stores in plain text)."""
    # An optional dependency, and slow to load: only homes that use it pay.
    import keyring

    chosen = keyring.get_keyring()
    kind = type(chosen).__module__
    if kind.startswith(("keyring.backends.fail", "keyring.backends.null", "keyrings.")):
        return None
    return chosen if chosen.priority >= 1 else None


def _delete(keyring: KeyringBackend, name: str) -> None:
    if keyring.get_password(SERVICE, name) is not None:
        keyring.delete_password(SERVICE, name)


def _failure(error: Exception) -> SecretsUnavailable:
    kind = type(error).__name__
    if "Locked" in kind:
        return SecretsUnavailable(
            "secrets.keyring_locked", "The keyring is locked. Unlock it; what waits then goes out."
        )
    return SecretsUnavailable("secrets.keyring_failed", f"The keyring refused the call ({kind}).")
