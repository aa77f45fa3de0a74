"""The settings of claude-sessions, and what the registry says of the kind."""

from __future__ import annotations

from typing import Any

import pytest

from posthouse.model.errors import BadInput
from posthouse.sources.agent_logs.claude_sessions import ClaudeSessions
from posthouse.sources.base import source_kind
from tests.sources.support import decoded

KIND = ClaudeSessions()


def test_settings_are_completed_with_their_defaults() -> None:
    assert decoded(KIND.parse({})) == {"roots": None, "window_days": 7, "quiet_s": None, "cap_s": None}
    given_settings = {"roots": ["~/logs", "/srv/logs"], "window_days": 30, "quiet_s": 0, "cap_s": 1.5}
    assert decoded(KIND.parse(given_settings)) == given_settings


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("window_days", 0),
        ("window_days", 31),
        ("window_days", "7"),
        ("window_days", True),
        ("quiet_s", -1),
        ("cap_s", float("nan")),
        ("cap_s", "5"),
        ("roots", []),
        ("roots", "/srv"),
        ("roots", ["relative"]),
        ("roots", [""]),
        ("roots", ["/nul\0"]),
        ("roots", ["/srv"] * 21),
        ("window", 7),
    ],
)
def test_a_setting_that_does_not_fit_is_named(field: str, value: Any) -> None:
    with pytest.raises(BadInput) as caught:
        KIND.parse({field: value})
    assert (caught.value.code, caught.value.field) == ("source.bad_setting", field)


def test_the_registry_knows_the_kind() -> None:
    kind = source_kind("claude-sessions")
    assert isinstance(kind, ClaudeSessions)
    assert not kind.is_passive
    assert [one.name for one in kind.properties if one.is_sensitive] == ["first_prompt_preview"]
