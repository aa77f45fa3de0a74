"""The keyring store, against keyring backends that behave as the worst of the real ones do."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from posthouse.model.errors import BadInput, SecretsUnavailable
from posthouse.system.secret_keyring import SERVICE, KeyringStore, has_keyring

SECRET = "correct horse battery staple"


class MemoryKeyring(KeyringBackend):
    """A keyring that works, counts its calls, and can be locked or made to hang."""

    priority = 5.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.values: dict[tuple[str, str], str] = {}
        self.calls = 0
        self.error: Exception | None = None
        self.gate: threading.Event | None = None
        self.entered = threading.Event()

    def _enter(self) -> None:
        self.calls += 1
        self.entered.set()
        if self.gate is not None:
            self.gate.wait(60)
        if self.error is not None:
            raise self.error

    def get_password(self, service: str, username: str) -> str | None:
        self._enter()
        return self.values.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._enter()
        self.values[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._enter()
        del self.values[service, username]


@pytest.fixture
def keyring() -> Iterator[MemoryKeyring]:
    made = MemoryKeyring()
    yield made
    if made.gate is not None:
        made.gate.set()


async def code_of(store: KeyringStore, name: str = "a") -> str:
    with pytest.raises(SecretsUnavailable) as caught:
        await store.get(name)
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None
    return caught.value.code


async def test_secret_is_put_read_and_deleted(keyring: MemoryKeyring) -> None:
    store = KeyringStore(load=lambda: keyring)

    await store.put("a", SECRET)
    assert keyring.values == {(SERVICE, "a"): SECRET}
    assert await KeyringStore(load=lambda: keyring).get("a") == SECRET
    await store.delete("a")
    await store.delete("a")

    assert keyring.values == {}
    assert await store.get("a") is None


async def test_secret_read_once_needs_no_further_call(keyring: MemoryKeyring) -> None:
    keyring.values[SERVICE, "a"] = SECRET
    store = KeyringStore(load=lambda: keyring)

    assert [await store.get("a") for _ in range(5)] == [SECRET] * 5

    assert keyring.calls == 1
    assert SECRET not in repr(store)


async def test_keyring_that_locks_later_stops_nothing_that_is_known(keyring: MemoryKeyring) -> None:
    store = KeyringStore(load=lambda: keyring)
    await store.put("a", SECRET)

    keyring.error = KeyringLocked("locked")

    assert await store.get("a") == SECRET
    assert await code_of(store, "b") == "secrets.keyring_locked"


async def test_failed_put_does_not_seem_to_have_worked(keyring: MemoryKeyring) -> None:
    store = KeyringStore(load=lambda: keyring)
    await store.put("a", "old")
    keyring.error = RuntimeError(f"cannot store {SECRET}")

    with pytest.raises(SecretsUnavailable) as caught:
        await store.put("a", SECRET)
    keyring.error = None

    assert caught.value.code == "secrets.keyring_failed"
    assert SECRET not in str(caught.value)
    assert await store.get("a") == "old"


async def test_keyring_that_hangs_is_given_up_and_its_queue_with_it(keyring: MemoryKeyring) -> None:
    keyring.gate = threading.Event()
    store = KeyringStore(load=lambda: keyring, call_s=0.2)

    codes = await asyncio.gather(*[code_of(store, name) for name in ("a", "b", "c")])
    keyring.gate.set()
    keyring.gate = None
    await store.put("d", SECRET)

    assert codes == ["secrets.keyring_slow"] * 3
    # The first call was under way; the other two were left out, their callers having gone.
    assert keyring.calls == 2


async def test_cancelled_caller_leaves_the_store_usable(keyring: MemoryKeyring) -> None:
    keyring.gate = threading.Event()
    store = KeyringStore(load=lambda: keyring)
    task = asyncio.create_task(store.get("a"))
    await asyncio.to_thread(keyring.entered.wait, 20)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    keyring.gate.set()

    await store.put("a", SECRET)
    assert await store.get("a") == SECRET


async def test_keyring_that_is_not_there_now_is_said() -> None:
    assert await code_of(KeyringStore(load=lambda: None)) == "secrets.keyring_missing"


async def test_keyring_that_comes_back_is_used(keyring: MemoryKeyring) -> None:
    found: list[MemoryKeyring] = []
    store = KeyringStore(load=lambda: found[0] if found else None)
    assert await code_of(store) == "secrets.keyring_missing"

    found.append(keyring)

    assert await store.get("a") is None


async def test_bad_name_never_reaches_the_keyring(keyring: MemoryKeyring) -> None:
    store = KeyringStore(load=lambda: keyring)

    with pytest.raises(BadInput, match=r"secrets\.name_invalid"):
        await store.get("NOT A NAME")

    assert keyring.calls == 0


def test_keyring_that_always_fails_is_no_keyring() -> None:
    # The environment of the tests names it.
    assert has_keyring() is False
