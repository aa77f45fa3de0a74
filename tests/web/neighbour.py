"""An IP Messenger on another address of this machine: as much of one as it takes to come, talk and go."""

from __future__ import annotations

import socket
from itertools import count

ENTRY, EXIT, MESSAGE, RECEIVED = 0x01, 0x02, 0x20, 0x21
UTF8 = 0x00800000
HERE = "127.0.0.1"


class Neighbour:
    """Somebody at an address, on the port that a daemon at `HERE` is to have: any that is free where none is given."""

    def __init__(self, address: str = "127.0.0.2", port: int = 0, *, user: str = "ann", host: str = "desk") -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.socket.settimeout(30)
        self.address = address
        self.port = int(self.socket.getsockname()[1])
        self._who = f"{user}:{host}"
        self._numbers = count(1_000)

    def say(self, command: int, extra: str = "") -> None:
        """One packet to the daemon."""
        packet = f"1:{next(self._numbers)}:{self._who}:{command | UTF8}:{extra}"
        self.socket.sendto(packet.encode(), (HERE, self.port))

    def take_message(self) -> str:
        """Until a message comes: confirm it, and say what is in it."""
        while True:
            _, number, _, _, command, extra = self.socket.recv(65_535).decode().split(":", 5)
            if int(command) & 0xFF == MESSAGE:
                self.say(RECEIVED, number)
                return extra.split("\0")[0]
