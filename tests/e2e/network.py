"""Hosts in network namespaces of their own, joined by bridges: real UDP, real broadcasts, links that can be cut.

    lab (a namespace)  bridge one ──── host a, host b, host c …      10.9.1.0/24
                       bridge two ──── host b                        10.9.2.0/24

Nothing of it is seen by the machine's own network. Needs root and iproute2; where that is not there, tests skip and say
so, but in continuous integration (CI) they fail.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

import pytest

_numbers = count(1)


class Lab:
    """A network of hosts. Names are those of namespaces, and unique on this machine."""

    def __init__(self) -> None:
        self._stem = f"ph{os.getpid()}x{next(_numbers)}"
        self._hosts: list[str] = []
        self._namespaces: list[str] = []
        self._bridges: list[str] = []

    def open(self) -> None:
        """Make the namespace that holds the bridges. Raises CalledProcessError where that is not permitted."""
        self._add_namespace(self._stem)

    def close(self) -> None:
        """Let go of everything; interfaces go with their namespaces."""
        for namespace in reversed(self._namespaces):
            subprocess.run(["ip", "netns", "del", namespace], check=False, capture_output=True)

    def add_host(self, name: str, *bridges: str) -> None:
        """A host with a link to each bridge: `eth0`, `eth1` …, as 10.9.<number of bridge>.<number of host>/24."""
        self._hosts.append(name)
        self._add_namespace(self.namespace(name))
        ip(self.namespace(name), "link", "set", "lo", "up")
        for number, bridge in enumerate(bridges):
            self._plug(name, f"eth{number}", bridge)

    def cut(self, name: str, interface: str = "eth0") -> None:
        """Pull the plug at the bridge: the host sees its carrier go."""
        ip(self._stem, "link", "set", self._port(name, interface), "down")

    def join(self, name: str, interface: str = "eth0") -> None:
        """Plug it in again."""
        ip(self._stem, "link", "set", self._port(name, interface), "up")

    def namespace(self, name: str) -> str:
        """The namespace of a host."""
        return f"{self._stem}-{name}"

    def within(self, name: str) -> list[str]:
        """What to put before a command so that it runs on a host."""
        return ["ip", "netns", "exec", self.namespace(name)]

    def _plug(self, name: str, interface: str, bridge: str) -> None:
        if bridge not in self._bridges:
            self._bridges.append(bridge)
            ip(self._stem, "link", "add", bridge, "type", "bridge", "forward_delay", "0")
            ip(self._stem, "link", "set", bridge, "up")
        port, namespace = self._port(name, interface), self.namespace(name)
        ip(self._stem, "link", "add", port, "type", "veth", "peer", "name", interface, "netns", namespace)
        ip(self._stem, "link", "set", port, "master", bridge, "up")
        address = f"10.9.{self._bridges.index(bridge) + 1}.{self._hosts.index(name) + 1}/24"
        ip(namespace, "addr", "add", address, "brd", "+", "dev", interface)
        ip(namespace, "link", "set", interface, "up")

    def _port(self, name: str, interface: str) -> str:
        """The bridge's end of a link; names of interfaces have 15 characters at most."""
        return f"{name[:8]}-{interface}"

    def _add_namespace(self, name: str) -> None:
        subprocess.run(["ip", "netns", "add", name], check=True, capture_output=True)
        self._namespaces.append(name)


def ip(namespace: str, *arguments: str) -> None:
    """`ip` in a namespace. Raises CalledProcessError."""
    subprocess.run(["ip", "-n", namespace, *arguments], check=True, capture_output=True)


@contextmanager
def network() -> Iterator[Lab]:
    """A lab that lasts as long as the block; the test is skipped where there can be none."""
    lab, problem = Lab(), ""
    if shutil.which("ip") is None:
        problem = "iproute2 is not installed"
    else:
        try:
            lab.open()
        except subprocess.CalledProcessError as error:
            problem = f"network namespaces are not permitted here: {error.stderr.decode().strip()}"
    if problem:
        with suppress(OSError):
            lab.close()
        missing(problem)
    try:
        yield lab
    finally:
        lab.close()


def missing(problem: str) -> None:
    """Skip the test, or fail it where everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(problem)
    pytest.skip(problem)
