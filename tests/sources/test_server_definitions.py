"""What a person enters for a managed server: whatever it is, it is judged whole, and judged the same again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.errors import BadInput
from posthouse.sources.servers import definitions
from posthouse.sources.servers.definitions import Definition, complete

CODES = ("server.invalid", "server.port_invalid")
FIELDS = Definition.__struct_fields__

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
WORDS = st.lists(st.sampled_from(["true", "/bin/x", "./x", "a\0b", ""]) | st.text(max_size=5), max_size=3)
VARIABLES = st.dictionaries(st.sampled_from(["A", "B_1", "POSTHOUSE_X", "1"]), st.text(max_size=5), max_size=3)
HEALTH = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["http", "tcp", "log", "none"]),
        "path": st.sampled_from(["/", "/a b", "x", "/well"]),
        "contains": st.text(max_size=5),
        "interval_s": st.floats(0, 5_000),
        "timeout_s": st.floats(0, 100),
    },
)
LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["web", "a-1", "Web", ""]),
    "argv": WORDS,
    "folder": st.sampled_from(["", "~", "/tmp", "here", "~\0"]),
    "env": VARIABLES,
    "secret_env": VARIABLES,
    "host": st.sampled_from(["127.0.0.1", "::1", "localhost", "a b"]),
    "port": st.none() | st.integers(0, 70_000),
    "health": HEALTH,
    "restart": st.sampled_from(["always", "on_failure", "never"]),
    "autostart": st.booleans(),
    "keep_running": st.booleans(),
    "stop_signal": st.sampled_from(["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGKILL"]),
    "stop_grace_s": st.floats(0, 400),
    "preset": st.sampled_from(["", "opencode", "nginx"]),
    "tunnel": WORDS,
    "revision": st.integers(),
}
GIVEN = st.one_of(
    st.fixed_dictionaries(
        {"name": LIKELY["name"], "argv": WORDS},
        optional={name: one for name, one in LIKELY.items() if name not in ("name", "argv")},
    ),
    st.fixed_dictionaries({}, optional={name: LIKELY[name] | JSON for name in FIELDS} | {"colour": JSON}),
    st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=10), JSON, max_size=6),
)


def completed(entered: dict[str, Any], before: Definition | None = None) -> Definition | None:
    """What it becomes; None where it is refused as it should be. All else is raised."""
    try:
        return complete(entered, before=before)
    except BadInput as error:
        return None if error.code in CODES else pytest.fail(error.code)


@given(entered=GIVEN)
def test_whatever_is_entered_is_refused_in_words_or_stays_as_it_was_completed(entered: dict[str, Any]) -> None:
    first = completed(entered)
    if first is not None:
        assert first.revision == 0
        assert complete(msgspec.to_builtins(first)) == first
        assert complete({}, before=first) == msgspec.structs.replace(first, revision=1)


@given(entered=GIVEN)
def test_whatever_is_changed_is_refused_in_words_or_stays_as_it_was_completed(entered: dict[str, Any]) -> None:
    before = complete({"name": "web", "argv": ["true"], "port": 4_000, "health": {"kind": "tcp"}})
    changed = completed(entered, before)
    if changed is not None:
        assert changed.revision == 1
        assert complete({}, before=changed) == msgspec.structs.replace(changed, revision=2)


@pytest.mark.parametrize("argv", [5, "opencode", {"opencode": 1}, True])
def test_the_program_of_a_preset_is_a_list_of_one_word(argv: object) -> None:
    with pytest.raises(BadInput) as refused:
        complete({"name": "code", "preset": "opencode", "argv": argv})
    assert refused.value.field == "argv"


def test_a_preset_asks_as_it_does_where_only_the_interval_is_given() -> None:
    health = complete({"name": "code", "preset": "opencode", "health": {"interval_s": 30}}).health
    assert (health.kind, health.path, health.interval_s) == ("http", "/global/health", 30.0)


def test_a_signal_that_the_system_does_not_have_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert definitions.known_signals({"SIGABRT", "SIGBREAK", "SIGINT", "SIGTERM"}) == ("SIGTERM", "SIGINT")
    monkeypatch.setattr(definitions, "STOP_SIGNALS", ("SIGTERM", "SIGINT"))
    with pytest.raises(BadInput) as refused:
        complete({"name": "web", "argv": ["true"], "stop_signal": "SIGQUIT"})
    assert refused.value.field == "stop_signal"
    assert refused.value.message == "The stop signal on this system is one of SIGTERM, SIGINT."
