"""What the kind `peers` needs for its case: a place on loopback, and somebody who comes there."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path
from typing import Any

PEER_ADDRESS = "127.45.67.89"
OWN_ADDRESS = "127.45.67.88"


def lay_out_peers(folder: Path) -> dict[str, Any]:
    """A place on loopback, with a port that nobody else has."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.bind((OWN_ADDRESS, 0))
        port = probe.getsockname()[1]
    (folder / "port").write_text(str(port))
    return {"address": OWN_ADDRESS, "port": port, "name": "own", "mdns": False}


def peers_happen(folder: Path) -> None:
    """Somebody comes, and says something."""
    entry = b"1:1:ann:desk:1:Ann"
    message = b"1:2:ann:desk:32:message-mark: the parcels are here"
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        other.bind((PEER_ADDRESS, 0))
        for packet in (entry, message):
            other.sendto(packet, (OWN_ADDRESS, int((folder / "port").read_text())))
