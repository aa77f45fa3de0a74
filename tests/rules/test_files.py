"""What one burst of changes means, and that the told events replayed give what was found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.files import (
    Change,
    Entry,
    FileFacts,
    Outcome,
    Told,
    decide,
    is_as_known,
    is_moved,
    is_same_file,
)


def facts(inode: int = 1, *, size: int = 10, at: int = 5, device: int = 1, birth: int | None = None) -> FileFacts:
    return FileFacts(device, inode, inode * 100 if birth is None else birth, size, at, at)


def told(*entries: Entry) -> list[tuple[str, ...]]:
    return [
        (one.told.value, *([one.previous_path] if one.previous_path else []), one.path, str(one.change))
        for one in decide(entries)
    ]


A, B, C = facts(1), facts(2), facts(3)


@pytest.mark.parametrize(
    ("known", "found", "expected"),
    [
        (None, None, []),
        (None, A, [("created", "p", "created")]),
        (A, A, []),
        (A, None, [("removed", "p", "removed")]),
        (A, facts(1, size=11, at=6), [("changed", "p", "grew")]),
        (A, facts(1, size=9, at=6), [("changed", "p", "shrank")]),
        (A, facts(1, at=6), [("changed", "p", "rewritten")]),
        (A, B, [("changed", "p", "replaced")]),
        (A, facts(1, birth=7, size=11), [("changed", "p", "replaced")]),
        (A, facts(1, device=2), [("adopted", "p", "None")]),
        (A, facts(9, device=2), [("adopted", "p", "None")]),
        (A, facts(1, device=2, size=11), [("changed", "p", "grew")]),
        (facts(birth=0), facts(size=11), [("changed", "p", "grew")]),
    ],
)
def test_one_path_is_judged_by_what_was_known_and_found(
    known: FileFacts | None, found: FileFacts | None, expected: list[tuple[str, ...]]
) -> None:
    assert told(Entry("p", known, found)) == expected


def test_a_file_that_left_one_path_and_arrived_at_another_is_renamed() -> None:
    assert told(Entry("a", A, None), Entry("b", None, A)) == [("renamed", "a", "b", "renamed")]


def test_a_renamed_file_may_have_been_written_to_and_have_replaced_another() -> None:
    (outcome,) = decide([Entry("b", B, facts(1, size=15, at=9)), Entry("a", A, None)])
    assert (outcome.told, outcome.previous_path, outcome.path) == (Told.RENAMED, "a", "b")
    assert (outcome.is_written, outcome.grown_from) == (True, 10)


def test_an_atomic_replacement_is_one_change_of_its_target() -> None:
    assert told(Entry("target", A, B), Entry("temporary", None, None)) == [("changed", "target", "replaced")]


def test_a_rotated_log_is_renamed_first_and_its_successor_created() -> None:
    rotated = told(Entry("log", A, B), Entry("log.1", None, A))
    assert rotated == [("renamed", "log", "log.1", "renamed"), ("created", "log", "created")]


def test_renames_in_a_row_are_told_from_the_last_to_the_first() -> None:
    shifted = told(Entry("a", A, None), Entry("b", B, A), Entry("c", C, B), Entry("d", None, C))
    assert [step[1:3] for step in shifted] == [("c", "d"), ("b", "c"), ("a", "b")]


def test_two_files_that_change_places_are_a_rename_and_a_creation() -> None:
    assert told(Entry("a", A, B), Entry("b", B, A)) == [("renamed", "b", "a", "renamed"), ("created", "b", "created")]


def test_a_second_name_for_a_file_is_a_creation_and_losing_one_a_removal() -> None:
    assert told(Entry("a", A, A), Entry("b", None, A)) == [("created", "b", "created")]
    assert told(Entry("a", A, None), Entry("b", A, A)) == [("removed", "a", "removed")]


def test_an_inode_that_was_used_again_is_no_rename() -> None:
    reused = facts(1, birth=7)
    assert told(Entry("a", A, None), Entry("b", None, reused)) == [
        ("removed", "a", "removed"), ("created", "b", "created"),
    ]  # fmt: skip


def test_without_a_birth_a_moved_file_is_known_by_its_size_and_time() -> None:
    known = facts(birth=0)
    assert is_moved(known, facts(birth=0))
    assert not is_moved(known, facts(birth=0, size=11))
    assert not is_moved(A, facts(device=2))
    assert is_same_file(known, facts(birth=0, size=11))


def test_a_copy_with_the_same_size_and_time_on_the_same_device_is_another_file() -> None:
    assert not is_as_known(A, B)
    assert is_as_known(A, facts(2, device=2))


FACTS = st.builds(
    facts,
    st.integers(1, 4),
    size=st.integers(0, 2),
    at=st.integers(0, 1),
    device=st.integers(1, 2),
    birth=st.sampled_from([0, 1, 2]),
)
ENTRIES = st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.none() | FACTS, st.none() | FACTS), max_size=6).map(
    lambda found: [Entry(path, known, now) for path, (known, now) in found.items()]
)


def replay(known: dict[str, FileFacts], outcomes: list[Outcome]) -> dict[str, FileFacts]:
    """What a receiver believes after the events, told in their order."""
    state = dict(known)
    for one in outcomes:
        match one.told:
            case Told.REMOVED:
                del state[one.path]
            case Told.RENAMED:
                assert one.previous_path is not None
                del state[one.previous_path]
        if one.found is not None:
            state[one.path] = one.found
    return state


@given(ENTRIES)
def test_the_told_events_replayed_in_order_give_what_was_found(entries: list[Entry]) -> None:
    known = {one.path: one.known for one in entries if one.known is not None}
    found = {one.path: one.found for one in entries if one.found is not None}
    outcomes = decide(entries)
    state = replay(known, outcomes)

    assert state.keys() == found.keys()
    for path, facts_now in found.items():
        assert (state[path].size_bytes, state[path].modified_ns) == (facts_now.size_bytes, facts_now.modified_ns)


@given(ENTRIES)
def test_each_path_is_told_of_once_and_nothing_is_told_of_what_is_as_it_was(entries: list[Entry]) -> None:
    outcomes = decide(entries)
    paths = [one.path for one in outcomes]
    sources = [one.previous_path for one in outcomes if one.previous_path is not None]
    assert len(set(paths)) == len(paths)
    assert len(set(sources)) == len(sources)
    by_path = {one.path: one for one in entries}
    for one in outcomes:
        entry = by_path[one.path]
        assert not (entry.known is None and entry.found is None)
        if one.told is Told.CHANGED:
            assert entry.known is not None
            assert entry.found is not None
            assert not is_as_known(entry.known, entry.found)
        if one.told is Told.RENAMED:
            assert one.found is not None
            assert one.before is not None
            assert is_moved(one.before, one.found)


@given(ENTRIES)
def test_what_was_told_is_not_told_again(entries: list[Entry]) -> None:
    state = replay({one.path: one.known for one in entries if one.known is not None}, decide(entries))
    again = [Entry(one.path, state.get(one.path), one.found) for one in entries]
    assert decide(again) == []


@given(FACTS, FACTS)
def test_growth_is_told_of_one_and_the_same_file_only(known: FileFacts, found: FileFacts) -> None:
    for one in decide([Entry("p", known, found)]):
        if one.grown_from is not None:
            assert one.change is Change.GREW
            assert one.grown_from == known.size_bytes < found.size_bytes
