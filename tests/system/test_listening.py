"""Who listens on a port is named, and whether it is free is found out by trying."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from posthouse.system.listening import is_free, who_listens
from tests.system.kept import ear_in, start_python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sessions and signals are Unix's own")

CODE = """
import socket
one = socket.create_server((os.environ['AT'], 0))
say(one.getsockname()[1])
hang()
"""


@pytest.mark.parametrize("bound", ["127.0.0.1", "0.0.0.0"])
async def test_who_holds_a_port_is_named_until_it_ends(tmp_path: Path, bound: str) -> None:
    with ear_in(tmp_path) as ear:
        child = start_python(CODE, tmp_path, {"AT": bound})
        port = await ear.pid()

        listener = await who_listens("127.0.0.1", port)
        is_taken = not is_free("127.0.0.1", port)
        child.kill()
        await child.ended()

    assert listener is not None
    assert (listener.address, listener.port) == (bound, port)
    assert listener.pid == child.pid or sys.platform == "darwin"
    assert is_taken
    assert is_free("127.0.0.1", port)
    assert await who_listens("127.0.0.1", port) is None


async def test_who_listens_elsewhere_is_not_in_the_way() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]

        assert is_free("127.0.0.2", port) or sys.platform != "linux"
        assert await who_listens("127.0.0.2", port) is None
        assert (await who_listens("localhost", port)) is not None
        assert (await who_listens("0.0.0.0", port)) is not None


def test_an_address_of_another_machine_is_an_error() -> None:
    with pytest.raises(OSError, match=r"[Aa]ddress"):
        is_free("192.0.2.1", 50_000)
