"""Where this machine's packets go: to everybody on each of its networks, to further hosts that its owner named, to one.

What always holds: an error of one network keeps nothing from the others, and is logged when it begins.
"""

from __future__ import annotations

from collections.abc import Iterable

from posthouse.sources.lan.settings import PeersSettings, address_of
from posthouse.system.datagrams import Address, Datagrams
from posthouse.system.interfaces import Interface, read_interfaces
from posthouse.system.logging import get_log

EVERYBODY = "255.255.255.255"
"""Where no network has an address for everybody on it (RFC 919)."""

_log = get_log(__name__)


class Radio:
    """The socket with its destinations. `look` finds them; until then there are none but the owner's own."""

    def __init__(self, socket: Datagrams, settings: PeersSettings) -> None:
        self.own: tuple[str, ...] = ()
        """The addresses that this machine has."""
        self.met: frozenset[str] = frozenset()
        """Hosts that were found in another way than by being heard."""
        self._socket = socket
        self._port = settings.port
        self._address = settings.address
        self._further = tuple(address_of(one, settings.port) for one in settings.hosts)
        self._networks: tuple[Interface, ...] = ()
        self._broken: set[Address] = set()

    @property
    def is_up(self) -> bool:
        """Whether there is any network to send to."""
        return bool(self._networks or self._address or self._further)

    def is_near(self, host: str) -> bool:
        """Whether a host is on one of this machine's own networks."""
        return any(one.holds(host) for one in self._networks)

    def look(self) -> bool:
        """Look which networks there are; whether that has changed. Raises OSError."""
        found = tuple(one for one in read_interfaces() if self._address in ("", one.address))
        own = tuple(dict.fromkeys([*([self._address] if self._address else []), *(one.address for one in found)]))
        is_changed = (found, own) != (self._networks, self.own)
        self._networks, self.own = found, own
        return is_changed

    def to_all(self, packet: bytes) -> int:
        """Send it to everybody; to how many places it went."""
        broadcasts = [one.broadcast for one in self._networks if one.broadcast]
        if self._networks and not broadcasts:
            broadcasts = [EVERYBODY]
        places = [Address(host, self._port) for host in (*broadcasts, *sorted(self.met - {*self.own}))]
        return sum(self._send(packet, one) for one in dict.fromkeys([*places, *self._further]))

    def to_each(self, packet: bytes, hosts: Iterable[str]) -> None:
        """Send it to these hosts alone."""
        for host in hosts:
            self._send(packet, self._place_of(host))

    def _place_of(self, host: str) -> Address:
        """A host's place: everybody has the same port, but whom the owner named with another."""
        return next((one for one in self._further if one.host == host), Address(host, self._port))

    def _send(self, packet: bytes, to: Address) -> bool:
        try:
            self._socket.send(packet, to)
        except OSError as error:
            if to not in self._broken:
                _log.warning("a packet could not be sent", detail=error.strerror or type(error).__name__)
            self._broken.add(to)
            if len(self._broken) > 1_000:
                self._broken.clear()
            return False
        self._broken.discard(to)
        return True
