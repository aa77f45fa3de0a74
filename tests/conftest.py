"""What every test has: an environment of its own, a home, and a clock that it moves by hand."""

from __future__ import annotations

import faulthandler
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.clock import ManualClock

# No timing is asserted here, and a machine under load must not fail a property.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("house"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")

STDERR = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep the standard error that pytest itself was started with: tests' own is captured."""
    with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        config.stash[STDERR] = os.dup(2)
    faulthandler.enable(config.stash[STDERR])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Guard a test, its reruns and all that is put up and taken down around it, where its own timeout does not help.

    pytest-timeout's alarm rings once, as an exception, and is called off by the first failure: what then waits for a
    process, a thread or a task that never ends waits for ever, and the whole run with it. Here the worker says where
    its threads are and ends, and another goes on.
    """
    mark = item.get_closest_marker("timeout")
    limit_s = float(mark.args[0] if mark else item.config.getini("timeout"))
    faulthandler.dump_traceback_later(2 * limit_s, exit=True, file=item.config.stash[STDERR])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="session", autouse=True)
def own_environment() -> Iterator[None]:
    """Nothing in a test reads or writes the home folder, the settings or the keyring of whoever runs it."""
    with tempfile.TemporaryDirectory(prefix="posthouse-tests-") as folder, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("POSTHOUSE_", "XDG_", "CLAUDE", "ANTHROPIC"))]:
            patch.delenv(name)
        patch.setenv("HOME", folder)
        patch.setenv("USERPROFILE", folder)
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        patch.setenv("NO_COLOR", "1")
        yield


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty, private home."""
    path = tmp_path / "home"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands until the test moves it."""
    return ManualClock()
