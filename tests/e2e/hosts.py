"""Daemons on hosts of a lab: each on a network of its own, and asked there."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.e2e.network import Lab
from tests.e2e.processes import Api, Daemon, until

T = TypeVar("T")

SEEN_S = 150.0
"""A timeout takes 38 s where nothing else is at work, and longer where everything is."""

_CLONE_NEWNET = 0x4000_0000


class Host(Daemon):
    """A daemon on a host, with its peers."""

    def __init__(self, lab: Lab, name: str, folder: Path) -> None:
        folder.mkdir()
        super().__init__(folder)
        self.lab, self.name = lab, name
        self.api = HostApi(self.home, lab.namespace(name))

    def meet(self, **settings: Any) -> None:
        """Switch peers on, with the quickest timing there is."""
        wanted = {"heartbeat_s": 10, "peer_timeout_s": 30, **settings}
        self.api.call("PATCH", "/api/sources/peers", {"settings": wanted})
        self.api.call("POST", "/api/sources/peers/enable")

    def peers(self) -> dict[str, str]:
        """The state of each peer, by its address that was heard last."""
        return {one["addresses"][0]: one["state"] for one in self.board()}

    def board(self) -> list[dict[str, Any]]:
        """Everybody else who is known."""
        return [one for one in self.api.call("GET", "/api/peers")["items"] if not one["isSelf"]]

    def peer(self, address: str) -> dict[str, Any]:
        """The one that was heard there last."""
        return next(one for one in self.board() if one["addresses"][:1] == [address])

    def told(self, event_type: str = "peer.*") -> list[tuple[str, str, str]]:
        """What was told of peers, oldest first: type, address and reason."""
        found = self.api.call("GET", f"/api/events?type={event_type}&limit=200")["items"]
        events = [self.api.call("GET", f"/api/events/{one['id']}") for one in reversed(found)]
        return [(one["type"], one["data"].get("peer_ip", ""), one["data"].get("reason", "")) for one in events]

    def until_sees(self, state: str, *addresses: str) -> None:
        """Return when each of them is in this state."""
        until(
            lambda: all(self.peers().get(one) == state for one in addresses),
            f"{self.name} sees {state} {addresses}",
            deadline_s=SEEN_S,
        )

    def _spawn(self, command: list[str], environ: dict[str, str]) -> None:
        super()._spawn([*self.lab.within(self.name), *command], environ)


class HostApi(Api):
    """The API of a daemon that listens on its host's own loopback."""

    def __init__(self, home: Path, namespace: str) -> None:
        super().__init__(home)
        self._namespace = namespace

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One exchange, over a connection of its own: between two of them the server may have closed it."""
        try:
            return inside(self._namespace, lambda: super(HostApi, self).call(method, path, body))
        finally:
            self.close()


def inside(namespace: str, work: Callable[[], T]) -> T:
    """Do something in a network namespace: in a thread of its own, which alone goes there. Raises what it raises."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            place = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
            try:
                if ctypes.CDLL(None, use_errno=True).setns(place, _CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            finally:
                os.close(place)
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
