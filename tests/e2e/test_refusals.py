"""A daemon that cannot start says why in one sentence with a code, ends with a failure, and touches nothing."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.e2e.processes import DEADLINE_S, Daemon


def refusal(daemon: Daemon, *arguments: str) -> str:
    """What a start that is refused prints; AssertionError where it is not refused."""
    daemon.spawn(*arguments)
    assert daemon.child.wait(DEADLINE_S) != 0
    assert "Traceback" not in daemon.output
    return daemon.output


def test_a_second_daemon_on_a_home_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with Daemon(tmp_path) as first, Daemon(tmp_path) as second:
        first.start()
        second.log = tmp_path / "second.log"
        address = (first.home / "address").read_text()

        done = second.cli("up", "--port", "0", check=False)

        assert done.returncode == 1
        assert "home.in_use" in done.stderr
        assert str(first.child.pid) in done.stderr
        assert (first.home / "address").read_text() == address
        assert first.is_well()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken, Daemon(tmp_path) as daemon:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = refusal(daemon, "--port", str(port))

        daemon.start()
        assert daemon.stop() == 0
        stops = daemon.ledger_copy("SELECT data ->> 'is_clean' FROM events WHERE type = 'daemon.stopped'")

    assert "api.address_in_use" in said
    assert f":{port}" in said
    assert stops == [(1,)], "a start that was refused is no crash"


def test_a_damaged_ledger_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with Daemon(tmp_path) as daemon:
        daemon.home.mkdir(mode=0o700)
        ledger = daemon.home / "ledger.db"
        ledger.write_bytes(b"this was a ledger once" * 500)
        before = ledger.read_bytes()

        said = refusal(daemon)

    assert "ledger.corrupt" in said
    assert ledger.read_bytes() == before


def test_a_home_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with Daemon(tmp_path) as daemon:
        daemon.home.write_text("not a folder")

        done = daemon.cli("up", "--port", "0", check=False)

    assert done.returncode == 1
    assert "home.not_a_folder" in done.stderr


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a place where not even root may make a folder")
def test_a_home_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    with Daemon(tmp_path) as daemon:
        done = daemon.cli("up", "--port", "0", "--home", "/proc/self/posthouse", check=False)

    assert done.returncode == 1
    assert "home.unwritable" in done.stderr


def test_every_bad_setting_of_the_environment_is_told_at_once(tmp_path: Path) -> None:
    bad = {"POSTHOUSE_DELIVERY_CONCURRENCY": "0", "POSTHOUSE_RETENTION_DAYS": "soon", "POSTHOUSE_API_PROT": "1"}
    with Daemon(tmp_path, **bad) as daemon:
        said = refusal(daemon)

    assert "settings.invalid" in said
    for name in ("POSTHOUSE_DELIVERY_CONCURRENCY", "POSTHOUSE_RETENTION_DAYS", "POSTHOUSE_API_PROT"):
        assert name in said
