"""Which endpoint is meant by what a target offers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.ids import EndpointId
from posthouse.rules.endpoints import ENDPOINTS_MAX, NAME_CHARACTERS_MAX, Known, Offered, fit_name, match


def known(number: int, name: str, identity: str | None = None, **changes: bool) -> Known:
    columns: dict[str, bool] = {"is_entered": False, "is_gone": False, "is_removed": False, "is_bound": False}
    return Known(id=EndpointId(number), name=name, identity=identity, **(columns | changes))


def offered(*pairs: tuple[str, str]) -> list[Offered]:
    return [Offered(name=name, identity=identity) for name, identity in pairs]


def names(found: object) -> list[tuple[int | None, str]]:
    return [(put.id, put.offered.name) for put in found.puts]  # type: ignore[attr-defined]


def test_identity_outlives_a_renaming() -> None:
    found = match([known(1, "Leads", "7"), known(2, "Bills", "8")], offered(("Customers", "7"), ("Bills", "8")))

    assert (names(found), found.gone, found.missed) == ([(1, "Customers"), (2, "Bills")], (), ())


def test_two_may_swap_their_names() -> None:
    found = match([known(1, "A", "7"), known(2, "B", "8")], offered(("B", "7"), ("A", "8")))

    assert names(found) == [(1, "B"), (2, "A")]


def test_one_that_was_made_anew_under_its_name_is_the_same() -> None:
    found = match([known(1, "Leads", "7")], offered(("Leads", "9")))

    assert (names(found), found.gone) == ([(1, "Leads")], ())


def test_another_one_that_took_the_name_is_not_the_same() -> None:
    found = match([known(1, "Leads", "7")], offered(("Leads", "9"), ("Old leads", "7")))

    assert sorted(names(found), key=str) == [(1, "Old leads"), (None, "Leads")]


def test_what_is_offered_no_more_is_gone_and_what_is_bound_is_missed() -> None:
    found = match([known(1, "a"), known(2, "b", is_bound=True), known(3, "c", is_gone=True)], [])

    assert (found.gone, found.missed) == ((1,), (2,))


def test_what_a_person_named_is_left_alone() -> None:
    found = match([known(1, "mine", is_entered=True)], offered(("mine", ""), ("theirs", "")))

    assert (names(found), found.gone) == ([(None, "theirs")], ())


def test_removed_one_comes_back_when_it_is_offered_and_is_not_gone_twice() -> None:
    removed = known(1, "a", is_removed=True, is_entered=True)

    assert names(match([removed], offered(("a", "")))) == [(1, "a")]
    assert match([removed], []).gone == ()


def test_names_are_made_to_fit() -> None:
    assert fit_name("  two\n lines\t\x00 ") == "two lines"
    assert fit_name("\u202e\x1b[2J") == "[2J"
    assert fit_name("") == "unnamed"
    assert len(fit_name("x" * 5_000)) == NAME_CHARACTERS_MAX


texts = st.one_of(st.sampled_from(["a", "b", "a\n", " a", "A", "", "x" * 200]), st.text(max_size=8))
offers = st.lists(st.builds(Offered, name=texts, identity=st.sampled_from(["", "", "1", "2", "3"])), max_size=12)
books = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "a (2)", "unnamed"]), st.sampled_from([None, "1", "2", "4"]),
        st.booleans(), st.booleans(), st.booleans(), st.booleans(),
    ),
    max_size=5, unique_by=lambda row: row[0],
)  # fmt: skip


@given(books, offers)
def test_names_stay_unique_and_nothing_bound_or_named_by_a_person_is_lost(
    rows: list[tuple[str, str | None, bool, bool, bool, bool]], given_offers: list[Offered]
) -> None:
    present = [
        Known(
            id=EndpointId(number), name=name, identity=identity, is_entered=entered, is_gone=gone,
            is_removed=removed, is_bound=bound and not removed,
        )
        for number, (name, identity, entered, gone, removed, bound) in enumerate(rows, 1)
    ]  # fmt: skip

    found = match(present, given_offers)

    put = {one.id: one.offered.name for one in found.puts if one.id is not None}
    after = [put.get(one.id, one.name) for one in present] + [one.offered.name for one in found.puts if one.id is None]
    assert len(set(after)) == len(after)
    assert all(fit_name(one.offered.name) == one.offered.name for one in found.puts)
    by_id = {one.id: one for one in present}
    assert not any(by_id[one].is_bound or by_id[one].is_entered for one in found.gone)
    assert all(by_id[one].is_bound for one in found.missed)
    assert not any(by_id[one].is_entered and not by_id[one].is_removed for one in put)
    assert not (set(found.gone) | set(found.missed)) & set(put)


def test_no_more_than_can_be_shown_are_taken() -> None:
    found = match([], [Offered(name=f"n{number}") for number in range(ENDPOINTS_MAX + 50)])

    assert len(found.puts) == ENDPOINTS_MAX
