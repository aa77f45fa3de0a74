"""Peers of real daemons on real networks: they come, crash, are cut off and say good-bye; and a real IP Messenger."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.hosts import Host
from tests.e2e.network import Lab, ip, network
from tests.e2e.processes import until
from tests.system.idle.desktops import needed, x_server


@pytest.fixture
def lab() -> Iterator[Lab]:
    with network() as found:
        yield found


def test_hosts_come_crash_are_cut_off_and_say_good_bye_as_a_real_ip_messenger_does(lab: Lab, tmp_path: Path) -> None:
    """All on one machine, so that all of them have the same user and host: only their instances tell them apart.

    One network for all, since each timeout takes half a minute: while hosts time out, the messenger is silent, too.
    """
    for name, bridges in {"ana": ["one"], "bob": ["one", "two"], "cy": ["one"], "dan": ["two"], "eve": ["one"]}.items():
        lab.add_host(name, *bridges)
    ana, bob, cy, dan = hosts = [Host(lab, name, tmp_path / name) for name in ("ana", "bob", "cy", "dan")]
    a, b1, b2, c, d, e = "10.9.1.1", "10.9.1.2", "10.9.2.2", "10.9.1.3", "10.9.2.4", "10.9.1.5"
    with ana, bob, cy, dan, messenger(lab, "eve", tmp_path / "iptux") as eve:
        for host in hosts:
            host.spawn()
        for host in hosts:
            until(host.is_well, f"{host.name} answers")
            host.meet()
        ana.until_sees("online", b1, c, e)
        bob.until_sees("online", a, c, d, e)
        dan.until_sees("online", b2)
        assert len(ana.peers()) == 3, "nobody is there twice, and nobody sees themselves"
        assert len(bob.peers()) == 4
        until(lambda: eve.heard("BR_ENTRY", a), "it has heard that ana is there")
        talk(ana, eve, e)

        cy.kill()
        lab.cut("dan")
        hellos, before = eve.count("BR_ENTRY", a), ana.peer(e)
        ana.until_sees("offline", c)
        bob.until_sees("offline", c, d)
        # It says nothing by itself; so it is asked, answers, and stays.
        until(lambda: eve.count("BR_ENTRY", a) > hellos, "it was asked")
        until(lambda: ana.peer(e)["lastSeen"] > before["lastSeen"], "it has answered")

        lab.join("dan")
        eve.quit()
        bob.until_sees("online", d)
        dan.until_sees("online", b2)
        ana.until_sees("left", e)
        eve.start()
        ana.until_sees("online", e)
        assert bob.stop() == 0
        ana.until_sees("left", b1)

        told = ana.told()
        assert [one for one in told if one[1] == c] == [
            ("peer.online", c, ""),
            ("peer.suspect", c, ""),
            ("peer.offline", c, "timeout"),
        ]
        of_bob, of_eve = ([one for one in told if one[1] == address] for address in (b1, e))
        assert (of_bob[0], of_bob[-1]) == (("peer.online", b1, ""), ("peer.offline", b1, "explicit"))
        # Its first answer may be late (suspect), but it is offline once only: when it quits.
        assert [one for one in of_eve if one[0] == "peer.offline"] == [("peer.offline", e, "explicit")]
        assert "timeout" not in [reason for _, _, reason in dan.told()], "a host that is cut off suspects itself first"
        assert ana.stop() == 0
        until(lambda: eve.heard("BR_EXIT", a), "it has heard that ana has gone")


def talk(ana: Host, messenger: Messenger, address: str) -> None:
    """A word to the messenger, which it confirms."""
    assert ana.peer(address)["client"].startswith("iptux")
    sent = ana.api.call("POST", "/api/peers/messages", {"to": address, "text": "Grüße"})
    assert sent["isConfirmed"]
    assert messenger.heard("SENDMSG", "10.9.1.1")


def test_posthouses_of_other_subnets_meet_by_multicast_dns(lab: Lab, tmp_path: Path) -> None:
    for name in ("ana", "bob"):
        lab.add_host(name, "one")
    # One cable, two subnets: no broadcast of one is taken by the other.
    ip(lab.namespace("bob"), "addr", "replace", "10.8.1.2/24", "dev", "eth0")
    ip(lab.namespace("bob"), "addr", "del", "10.9.1.2/24", "dev", "eth0")
    ip(lab.namespace("ana"), "route", "add", "10.8.1.0/24", "dev", "eth0")
    ip(lab.namespace("bob"), "route", "add", "10.9.1.0/24", "dev", "eth0")
    ana, bob = hosts = [Host(lab, name, tmp_path / name) for name in ("ana", "bob")]
    with ana, bob:
        for host in hosts:
            host.spawn()
        for host in hosts:
            until(host.is_well, f"{host.name} answers")
            host.meet()
        ana.until_sees("online", "10.8.1.2")
        bob.until_sees("online", "10.9.1.1")


class Messenger:
    """iptux, with a window that nobody sees. Its log says what came, and from where."""

    def __init__(self, lab: Lab, name: str, folder: Path, display: int) -> None:
        self._command = [*lab.within(name), needed("iptux"), "--log", "DEBUG"]
        self._log = folder / "log"
        self._environ = {
            **{key: value for key, value in os.environ.items() if key != "DBUS_SESSION_BUS_ADDRESS"},
            "DISPLAY": f":{display}",
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "XDG_CACHE_HOME": str(folder),
            "LANG": "C.UTF-8",
            "NO_AT_BRIDGE": "1",
            "GSETTINGS_BACKEND": "memory",
        }
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(self._command, env=self._environ, stdout=log, stderr=log)

    def quit(self) -> None:
        """As a person does, by the keyboard."""
        assert self._child is not None
        child = self._child

        def is_gone() -> bool:
            for window in self._ask("search", "--onlyvisible", "--name", "Iptux").split():
                self._ask("windowfocus", window, "key", "ctrl+q")
            return child.poll() is not None

        until(is_gone, "it has ended")

    def kill(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGKILL)
            self._child.wait(10)

    def heard(self, command: str, sender: str) -> bool:
        return self.count(command, sender) > 0

    def count(self, command: str, sender: str) -> int:
        """How many such packets came from there: their receipt is logged first, and then what they are."""
        count, is_from_there = 0, False
        for line in self._log.read_text("utf-8", "replace").splitlines():
            if "received udp message from" in line:
                is_from_there = f"from {sender}:" in line
            elif "command NO." in line and line.endswith(f" {command}"):
                count += is_from_there
        return count

    def _ask(self, *arguments: str) -> str:
        done = subprocess.run(
            [needed("xdotool"), *arguments], env=self._environ, check=False, capture_output=True, text=True
        )
        return done.stdout


@contextmanager
def messenger(lab: Lab, name: str, folder: Path) -> Iterator[Messenger]:
    """A messenger that runs."""
    needed("iptux")
    folder.mkdir()
    with x_server() as display:
        found = Messenger(lab, name, folder, display)
        found.start()
        try:
            yield found
        finally:
            found.kill()
