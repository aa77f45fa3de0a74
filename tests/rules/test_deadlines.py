"""Deadlines come in their order, whatever was moved before, and nothing is kept that nobody means."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.deadlines import SLACK, Deadlines


def test_a_deadline_that_moves_back_is_seen_at_its_new_instant_only() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.set("a", 10)
    deadlines.set("b", 15)
    deadlines.set("a", 20)

    assert deadlines.pop_due(17) == ["b"]
    assert deadlines.next_s() == 20
    assert deadlines.pop_due(20) == ["a"]
    assert deadlines.next_s() is None


def test_a_deadline_that_moves_forward_or_is_dropped_leaves_no_other() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.set("a", 10)
    deadlines.set("a", 5)
    deadlines.set("b", 7)
    deadlines.drop("b")
    deadlines.drop("b")

    assert deadlines.pop_due(100) == ["a"]
    assert len(deadlines) == 0


def test_entries_that_nobody_means_any_more_are_let_go_of() -> None:
    deadlines: Deadlines[int] = Deadlines()
    for turn in range(2_000):
        for key in range(10):
            deadlines.set(key, 10_000.0 - turn)

    assert deadlines.entries <= 2 * 10 + SLACK
    assert sorted(deadlines.pop_due(10_000)) == list(range(10))


MOVES = st.lists(
    st.tuples(st.sampled_from(["set", "drop", "pop"]), st.integers(0, 5), st.integers(0, 50).map(float)), max_size=200
)


@given(MOVES)
def test_they_are_what_a_plain_table_is(moves: list[tuple[str, int, float]]) -> None:
    deadlines: Deadlines[int] = Deadlines()
    table: dict[int, float] = {}
    for move, key, at_s in moves:
        if move == "set":
            deadlines.set(key, at_s)
            table[key] = at_s
        elif move == "drop":
            deadlines.drop(key)
            table.pop(key, None)
        else:
            due = deadlines.pop_due(at_s)
            assert sorted(due) == sorted(one for one, due_s in table.items() if due_s <= at_s)
            times = [table.pop(one) for one in due]
            assert times == sorted(times)
        assert deadlines.next_s() == min(table.values(), default=None)
        assert len(deadlines) == len(table)
