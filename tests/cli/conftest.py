"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.support import Scripted, scripted_daemon


@pytest.fixture
def daemon(home: Path) -> Iterator[Scripted]:
    """A daemon that answers as the test tells it to."""
    with scripted_daemon(home) as script:
        yield script
