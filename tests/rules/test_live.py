"""From where a client is served, what is critical, and when a lane's update is due."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.events import EventDraft, Severity
from posthouse.model.ids import Millis, SourceId
from posthouse.model.live import (
    ActivityMessageEvent,
    ErrorEvent,
    ErrorEventEvent,
    ServerStatusEvent,
    ServerUpdate,
    ServerUpdateEvent,
    SourceAction,
    SourceUpdate,
    SourceUpdateEvent,
)
from posthouse.rules.live import (
    LANE_EVERY_S,
    Cursor,
    Extent,
    Place,
    Serve,
    TakeSnapshot,
    begin,
    is_client,
    is_critical,
    lanes_due,
    level_of,
    own_entry,
    parse_cursor,
)

EPOCH = "5f0c"
NUMBERS = st.integers(0, 60)


@given(offset=NUMBERS, ring=NUMBERS, log=NUMBERS, last=NUMBERS, ahead=st.integers(0, 5))
def test_a_client_gets_all_behind_its_cursor_or_is_told_to_reload(
    offset: int, ring: int, log: int, last: int, ahead: int
) -> None:
    kept = Extent(first=max(min(log, last) + 1, 1), last=last + ahead)
    shown = Extent(first=min(max(ring, kept.first), last + 1), last=last)

    place = begin(Cursor(EPOCH, offset), EPOCH, shown, kept)

    can_be_served = kept.first - 1 <= offset <= kept.last or shown.first - 1 <= offset <= shown.last
    assert isinstance(place, Serve) == can_be_served
    if isinstance(place, Serve):
        assert place.after == offset
        if place.place is Place.RING:
            assert shown.first - 1 <= offset <= shown.last
    else:
        assert place.reason == ("ahead" if offset > kept.last else "trimmed")
        assert place.after == kept.last


def test_a_client_without_a_cursor_begins_now_and_one_of_another_ledger_anew() -> None:
    there = Extent(first=1, last=7)

    assert begin(None, EPOCH, there, there) == Serve(Place.RING, 7)
    assert begin(Cursor("other", 7), EPOCH, there, there) == TakeSnapshot("replaced", 7)


@given(epoch=st.text("0123456789abcdef", min_size=1), offset=st.integers(0, 10**17))
def test_a_cursor_comes_back_as_it_went(epoch: str, offset: int) -> None:
    assert parse_cursor(str(Cursor(epoch, offset))) == Cursor(epoch, offset)


@given(text=st.text())
def test_no_text_breaks_the_reading_of_a_cursor_or_client(text: str) -> None:
    found = parse_cursor(text)
    assert found is None or found.offset >= 0
    assert not is_client(text) or (text.isascii() and 0 < len(text) <= 64 and "\n" not in text)


@pytest.mark.parametrize(
    ("text", "is_one"), [("a", True), ("a b", False), ("é", False), ("a/b", False), ("-._~Z9", True)]
)
def test_what_can_be_a_client(text: str, is_one: bool) -> None:
    assert is_client(text) is is_one


@pytest.mark.parametrize("action", SourceAction)
def test_stops_of_sources_are_critical(action: SourceAction) -> None:
    update = SourceUpdate(source_id=SourceId(1), source="s", action=action, timestamp=Millis(0))
    event = SourceUpdateEvent(update)

    is_stop = action in (SourceAction.DISABLED, SourceAction.FAILING, SourceAction.REMOVED)
    assert is_critical(event, level_of(event)) is is_stop


@pytest.mark.parametrize(
    ("state", "detail", "level", "critical"),
    [
        ("stopped", "It was told to stop", "info", True),
        ("stopped", "", "info", False),
        ("failed", "It ended", "error", False),
        ("failed", "", "info", False),
        ("unhealthy", "It is slow", "warning", False),
        ("running", "It runs", "success", False),
    ],
)
def test_of_servers_stops_are_critical_and_errors_beside_failures(
    state: str, detail: str, level: str, critical: bool
) -> None:
    event = ServerUpdateEvent(ServerUpdate(server="web", state=state, detail=detail, timestamp=Millis(0)))

    assert level_of(event) == level
    assert is_critical(event, level_of(event)) is critical
    error = ErrorEventEvent(ErrorEvent(error_type="server.error", message="web: It ended", timestamp=Millis(0)))
    assert is_critical(error, level_of(error))


@pytest.mark.parametrize(
    ("event_type", "data", "severity", "kind", "critical"),
    [
        ("daemon.started", b'{"version":"1"}', Severity.INFO, ServerStatusEvent, False),
        ("daemon.stopped", b'{"is_clean":true}', Severity.INFO, ServerStatusEvent, True),
        ("daemon.stopped", b'{"is_clean":false}', Severity.ERROR, ServerStatusEvent, True),
        ("target.paused", b'{"reason":"http_401"}', Severity.WARNING, ActivityMessageEvent, False),
        ("target.recovered", b"{}", Severity.SUCCESS, ActivityMessageEvent, False),
        ("delivery.gave-up", b'{"attempts":9,"code":"refused"}', Severity.ERROR, ErrorEventEvent, True),
        ("source.silent", b"{}", Severity.WARNING, ActivityMessageEvent, False),
        ("never.heard-of", b"[]", Severity.INFO, ActivityMessageEvent, False),
    ],
)
def test_each_own_event_has_its_entry(
    event_type: str, data: bytes, severity: Severity, kind: type, critical: bool
) -> None:
    import msgspec

    told = own_entry(EventDraft(type=event_type, data=msgspec.Raw(data), severity=severity, subject="hook"), Millis(5))

    assert told is not None
    assert isinstance(told[0], kind)
    assert is_critical(*told) is critical


@given(
    moves=st.lists(st.tuples(st.floats(0, 0.4), st.frozensets(st.integers(1, 4), max_size=3)), min_size=1, max_size=40)
)
def test_a_lane_is_told_of_at_once_then_at_most_every_250_ms_and_never_forgotten(
    moves: list[tuple[float, frozenset[int]]],
) -> None:
    now_s, moved, told_at_s = 0.0, frozenset[int](), dict[int, float]()
    for wait_s, lanes in [*moves, (LANE_EVERY_S * 1.001, frozenset())]:
        now_s += wait_s
        moved |= lanes
        due = lanes_due(moved, told_at_s, now_s)
        for lane in due.now:
            assert now_s - told_at_s.get(lane, -1.0) >= LANE_EVERY_S * 0.999
        for lane in moved - due.now:
            assert now_s - told_at_s[lane] < LANE_EVERY_S
        assert (due.next_in_s is None) == (moved == due.now)
        told_at_s |= dict.fromkeys(due.now, now_s)
        moved -= due.now
    assert moved == frozenset()
