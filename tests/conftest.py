"""What every test has: an environment of its own, a home, and a clock that it moves by hand."""

from __future__ import annotations

import faulthandler
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool:
    """Guard a test, its reruns and all that is put up and taken down around it.

    pytest-timeout's own alarm rings once, as an exception: a test that then waits for a thread or a task that never
    ends waits for ever, and the whole run with it. Here the worker says where its threads are and ends, and another
    goes on.
    """
    faulthandler.dump_traceback_later(settings.timeout, exit=True, file=item.config.stash[STDERR])
    item.cancel_timeout = faulthandler.cancel_dump_traceback_later  # type: ignore[attr-defined] # read by pytest-timeout
    return True


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
