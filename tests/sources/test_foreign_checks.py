"""Third parties' kinds: nothing that does not fit comes out of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.errors import PosthouseError
from posthouse.model.events import EventDraft, Severity
from posthouse.model.sources import Emission, StateKey, StatePut
from posthouse.sources.base import (
    RESCAN,
    Signal,
    SourceContext,
)
from posthouse.sources.foreign import checks
from tests.sources.foreign_kinds import Daemon, Snapshot, Well, cancelled, failure_of, note, threads_of, wrapped


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


HUGE = msgspec.Raw(b'"' + b"x" * (17 << 20) + b'"')
GARBAGE: dict[str, Any] = {
    "nothing": None,
    "text": "hi",
    "a dict": {"events": []},
    "events that are text": Emission(events="events"),  # type: ignore[arg-type]
    "an event that is a dict": Emission(events=({"type": "x"},)),  # type: ignore[arg-type]
    "too many events": Emission(events=(note(),) * 1_001),
    "a type that is bytes": Emission(events=(note(type=b"x"),)),
    "an empty type": Emission(events=(note(type=""),)),
    "a long type": Emission(events=(note(type="x" * 201),)),
    "a type with a line break": Emission(events=(note(type="a\nb"),)),
    "half a surrogate pair": Emission(events=(note(subject="\ud800"),)),
    "a time before 1970": Emission(events=(note(at=-1),)),
    "a time that is a float": Emission(events=(note(at=1.5),)),
    "a time that is true": Emission(events=(note(at=True),)),
    "a time past all calendars": Emission(events=(note(expires_at=1 << 62),)),
    "an unknown severity": Emission(events=(note(severity="panic"),)),
    "a severity that is a number": Emission(events=(note(severity=3),)),
    "data that is a dict": Emission(events=(note(data={"a": 1}),)),
    "data that is no JSON": Emission(events=(note(data=msgspec.Raw(b"{")),)),
    "data that is no UTF-8": Emission(events=(note(data=msgspec.Raw(b'"\xff"')),)),
    "data that is empty": Emission(events=(note(data=msgspec.Raw(b"")),)),
    "data too deep": Emission(events=(note(data=msgspec.Raw(b"[" * 200 + b"]" * 200)),)),
    "data deeper than any stack": Emission(events=(note(data=msgspec.Raw(b"[" * 99_999)),)),
    "huge data": Emission(events=(note(data=HUGE),)),
    "huge data in parts": Emission(events=(note(data=msgspec.Raw(b'"' + b"x" * (9 << 20) + b'"')),) * 2),
    "an empty key": Emission(events=(note(key=""),)),
    "a key of the daemon": Emission(events=(note(correlation_key="target:1"),)),
    "negative hops": Emission(events=(note(hops=-1),)),
    "an audience of text": Emission(events=(note(audience="all"),)),
    "state over 1 MiB": Emission(state_puts=(StatePut("k", b"x" * ((1 << 20) + 1)),)),
    "state that is text": Emission(state_puts=(StatePut("k", "v"),)),  # type: ignore[arg-type]
    "state without end": Emission(state_puts=(StatePut("k", b"x" * (1 << 20)),) * 17),
    "a state key that is a number": Emission(state_puts=(StatePut(1, b"v"),)),  # type: ignore[arg-type]
    "a scope that is none": Emission(state_puts=(StatePut("k", b"v", "galaxy"),)),  # type: ignore[arg-type]
    "a delete that is text": Emission(state_deletes=("k",)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", GARBAGE)
async def test_an_emission_that_does_not_fit_reaches_nobody(name: str, daemon: Daemon) -> None:
    class Emits(Snapshot):
        async def run(self, context: SourceContext) -> None:
            await context.emit(GARBAGE[name])

        async def collect(self, context: SourceContext, signal: Signal) -> Any:
            return GARBAGE[name]

    found = wrapped(Emits())

    assert (await failure_of(found.collect(daemon.context, RESCAN))).code == "source.broken"
    assert (await failure_of(found.run(daemon.context))).code == "source.broken"
    assert daemon.emitted == []


SIGNALS: list[Any] = [
    None,
    "x",
    {"paths": []},
    Signal(paths="x"),  # type: ignore[arg-type]
    Signal(paths=(1,)),  # type: ignore[arg-type]
    Signal(is_rescan=1),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("value", SIGNALS)
async def test_a_signal_that_does_not_fit_is_none(value: Any, daemon: Daemon) -> None:
    class Yields(Snapshot):
        async def signals(self, context: SourceContext) -> AsyncIterator[Any]:
            yield value

    assert (await failure_of(anext(wrapped(Yields()).signals(daemon.context)))).code == "source.broken"


@pytest.mark.parametrize("name", ["signals", "run", "collect", "preview"])
async def test_a_method_that_is_no_coroutine_says_so(name: str, daemon: Daemon) -> None:
    made = Snapshot()
    setattr(made, name, lambda *_: 7)
    found = wrapped(made)

    work: Any = {
        "signals": lambda: anext(found.signals(daemon.context)),
        "run": lambda: found.run(daemon.context),
        "collect": lambda: found.collect(daemon.context, RESCAN),
        "preview": lambda: found.preview(daemon.context),
    }
    error = await failure_of(work[name]())

    assert f"{name} returned a int where" in error.message


async def test_signals_that_end_are_broken(daemon: Daemon) -> None:
    class Ends(Snapshot):
        async def signals(self, context: SourceContext) -> AsyncIterator[Any]:
            return
            yield

    error = await failure_of(anext(wrapped(Ends()).signals(daemon.context)))

    assert "signals returned" in error.message


async def test_a_kind_that_goes_by_the_clock_needs_no_signals(daemon: Daemon) -> None:
    class Scheduled(Snapshot):
        needs_schedule = True
        signals: Any = None

    waiting = asyncio.ensure_future(anext(wrapped(Scheduled()).signals(daemon.context)))
    await asyncio.sleep(0)

    assert not waiting.done()
    assert threads_of(daemon.name) == []
    await cancelled(waiting)


@pytest.mark.parametrize(
    "settings", [None, "x", {"a": 1}, b"[]", b"{", msgspec.Raw(b'{"quiet_s":"soon"}'), msgspec.Raw(b"1" * 2_000_000)]
)
def test_settings_that_would_confuse_the_daemon_are_refused(settings: Any) -> None:
    given = settings

    class Parses(Well):
        def parse(self, settings: dict[str, Any]) -> Any:
            return given

    with pytest.raises(PosthouseError) as caught:
        wrapped(Parses()).parse({})
    assert caught.value.code == "source.broken"


@pytest.mark.parametrize("value", [object(), {1j: 2}, lambda: None, [object()], {"a": "\ud800"}])
def test_what_project_returns_must_be_json(value: Any) -> None:
    made = Well()
    made.project = lambda *_: value  # type: ignore[method-assign]

    with pytest.raises(PosthouseError) as caught:
        wrapped(made).project({}, {})
    assert caught.value.code == "source.broken"


def test_project_can_change_neither_the_data_nor_the_choices() -> None:
    class Changes(Well):
        def project(self, data: Any, allowed: Any) -> Any:
            data["words"].append("more")
            allowed["who"] = True
            return data

    data, allowed = {"words": ["hi"]}, {"who": False}

    assert wrapped(Changes()).project(data, allowed) == {"words": ["hi", "more"]}
    assert (data, allowed) == ({"words": ["hi"]}, {"who": False})


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(codec=None)), st.binary(),
    st.lists(st.integers(), max_size=3), st.tuples(st.text()), st.just(Severity.ERROR), st.just(msgspec.Raw(b"[1]")),
    st.binary().map(msgspec.Raw),
)  # fmt: skip


@given(
    st.fixed_dictionaries({}, optional={name: JUNK for name in EventDraft.__struct_fields__ if name != "type"}), JUNK
)
def test_whatever_is_in_an_event_it_is_refused_or_can_be_stored(fields: dict[str, Any], event_type: Any) -> None:
    emission = Emission(events=(EventDraft(type=event_type, **fields),))
    try:
        judged = checks.emission(emission)
    except checks.Wrong:
        return

    told, stored = (
        msgspec.json.decode(msgspec.json.encode(one.events[0]), type=EventDraft) for one in (emission, judged)
    )
    assert stored == judged.events[0] == told


@given(JUNK, JUNK, JUNK)
def test_whatever_is_in_a_piece_of_state_it_is_refused_or_can_be_stored(key: Any, value: Any, scope: Any) -> None:
    emission = Emission(state_puts=(StatePut(key, value, scope),), state_deletes=(StateKey(key, scope),))
    try:
        judged = checks.emission(emission)
    except checks.Wrong:
        return

    assert judged.state_puts[0].key.encode() == key.encode()
    assert type(judged.state_puts[0].value) is bytes
