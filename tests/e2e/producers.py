"""Programs that hand events over while the daemon is being killed, and remember what was acknowledged."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from tests.e2e.processes import Api, ApiError, Daemon

AWAY = (OSError, http.client.HTTPException, ApiError, ValueError)
"""What a producer meets while the daemon is away, half started or stopping."""


class Producers:
    """Threads that hand events over until `stop`; each event has its own `n`."""

    def __init__(self, daemon: Daemon, *, seed: int) -> None:
        self.acknowledged: set[str] = set()
        self.keyed: set[str] = set()
        self.ordered = 0
        self.failures: list[BaseException] = []
        self._daemon = daemon
        self._random = random.Random(seed)
        self._over = threading.Event()
        works: list[Callable[[Api], None]] = [
            self._post_plain, self._post_keyed, self._post_keyed, self._post_batch, self._post_ordered, self._spool,
            self._emit,
        ]  # fmt: skip
        self._threads = [threading.Thread(target=self._run, args=(work,), daemon=True) for work in works]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each finish what it is at: what has a key is handed over to the end."""
        self._over.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a producer hangs"
        assert not self.failures, self.failures

    def _run(self, work: Callable[[Api], None]) -> None:
        api = Api(self._daemon.home)
        try:
            while not self._over.is_set():
                work(api)
        except BaseException as error:
            self.failures.append(error)
        finally:
            api.close()

    def _post_plain(self, api: Api) -> None:
        """Without a key: if no answer came, nobody knows, and it is not tried again."""
        n = fresh()
        try:
            api.call("POST", "/api/events", event(n))
        except AWAY:
            self._over.wait(0.02)
            return
        self.acknowledged.add(n)
        self._over.wait(0.01)

    def _post_keyed(self, api: Api) -> None:
        """With a key, again and again until it is acknowledged."""
        n = fresh()
        self._insist(api, event(n, key=n))
        self._know(n)
        self._over.wait(0.01)

    def _post_batch(self, api: Api) -> None:
        """Ten at once, acknowledged together."""
        many = [fresh() for _ in range(10)]
        self._insist(api, [event(n, key=n) for n in many])
        for n in many:
            self._know(n)
        self._over.wait(0.05)

    def _post_ordered(self, api: Api) -> None:
        """One after another: the next only after the last was acknowledged."""
        self._insist(api, event(str(self.ordered), key=f"ordered-{self.ordered}", event_type="kill.ordered"))
        self.ordered += 1
        self._over.wait(0.04)

    def _spool(self, api: Api) -> None:
        """Rename a file into the spool: from then on it is Posthouse's."""
        n = fresh()
        spool = self._daemon.home / "spool"
        try:
            (spool / f".{n}").write_text(json.dumps(event(n)))
            (spool / f".{n}").rename(spool / f"{n}.json")
        except FileNotFoundError:
            # There is no spool before the daemon's first start.
            self._over.wait(0.05)
            return
        self._know(n)
        self._over.wait(0.02)

    def _emit(self, api: Api) -> None:
        """The program, which posts or spools."""
        n = fresh()
        done = self._daemon.cli("emit", "kill.parcel", "--data", json.dumps({"n": n}), "--key", n, check=False)
        if done.returncode == 0:
            self._know(n)
        self._over.wait(0.4)

    def _insist(self, api: Api, body: Any) -> None:
        while True:
            try:
                api.call("POST", "/api/events", body)
            except ApiError as error:
                if error.status < 429:
                    raise
            except AWAY:
                pass
            else:
                return
            time.sleep(0.02)

    def _know(self, n: str) -> None:
        self.keyed.add(n)
        self.acknowledged.add(n)


def fresh() -> str:
    return uuid.uuid4().hex


def event(n: str, *, key: str | None = None, event_type: str = "kill.parcel") -> dict[str, Any]:
    body: dict[str, Any] = {"type": event_type, "data": {"n": n, "ballast": "x" * 200}}
    return body if key is None else {**body, "key": key}


def numbers_in(received: list[dict[str, Any]]) -> list[str]:
    """The `n` of every event of every accepted request, in order."""
    return [str(event["data"]["n"]) for one in received for event in events_in(one)]


def events_in(received: dict[str, Any]) -> list[dict[str, Any]]:
    """The events that a request carried."""
    body = json.loads(received["body"])
    return body if isinstance(body, list) else [body]
