"""Peers: a table of the transitions, and what is answered to whom."""

from __future__ import annotations

from itertools import pairwise

import pytest

from posthouse.model.peers import Face, PeerKey, PeerState, Reason, key_of_text, peer_key
from posthouse.rules.peer_policy import FAST, VERDICT_S, PeeringPolicy, problem_of
from posthouse.rules.peer_signals import (
    Changed,
    CleanedUp,
    CutOff,
    Effect,
    Forget,
    KnownPeer,
    Network,
    Own,
    Reached,
    Restored,
    Resumed,
    Retimed,
    SendProbe,
    Sign,
    Tick,
)
from posthouse.rules.peer_table import ADDRESSES_MAX
from posthouse.rules.peering import next_deadline
from tests.rules.lan import ME, POLICY, Lan, key, told

ONLINE, SUSPECT, OFFLINE, LEFT = PeerState.ONLINE, PeerState.SUSPECT, PeerState.OFFLINE, PeerState.LEFT


def of_kind(effects: list[tuple[float, Effect]], kind: type) -> list[float]:
    return [at_s for at_s, effect in effects if isinstance(effect, kind)]


def known_before(name: str, state: PeerState, absent_s: float = 0.0) -> KnownPeer:
    face = Face(user=name, host="host")
    return KnownPeer(key=key(name), face=face, state=state, addresses=("10.0.0.1",), absent_s=absent_s)


# Coming and going.


@pytest.mark.parametrize("sign", [Sign.ENTRY, Sign.ENTRY_ANSWER, Sign.BEAT])
def test_who_announces_itself_comes_online_once(sign: Sign) -> None:
    lan = Lan()

    assert told(lan.hear("ann", 1, sign)) == [("ann", ONLINE, None)]
    assert told(lan.hear("ann", 2, sign)) == []
    assert told(lan.hear("ANN", 3, sign)) == []


@pytest.mark.parametrize("sign", [Sign.OTHER, Sign.EXIT, Sign.INFO_ASKED, Sign.MESSAGE])
def test_who_does_not_announce_itself_is_no_peer(sign: Sign) -> None:
    lan = Lan()

    assert told(lan.hear("ann", 1, sign)) == []
    assert lan.state("ann") is None


def test_a_silent_peer_is_asked_then_suspected_then_offline() -> None:
    lan = Lan()
    lan.hear("ann", 0)

    passed = lan.until(250)

    assert told(passed) == [("ann", SUSPECT, None), ("ann", OFFLINE, Reason.TIMEOUT)]
    assert of_kind(passed, SendProbe) == pytest.approx([180.001 + n for n in range(8)])
    assert [at_s for at_s, effect in passed if told([effect])] == pytest.approx([181.001, 188.001])
    assert told(lan.hear("ann", 300)) == [("ann", ONLINE, None)]


def test_exactly_the_timeout_is_not_longer_than_the_timeout() -> None:
    lan = Lan()
    lan.hear("ann", 0)

    assert lan.signal(Tick(), 180.0) == []
    assert isinstance(lan.signal(Tick(), 180.001)[0], SendProbe)


@pytest.mark.parametrize("sign", [Sign.OTHER, Sign.BEAT, Sign.ENTRY_ANSWER, Sign.MESSAGE])
@pytest.mark.parametrize(("at_s", "is_told"), [(180.5, False), (182.5, True)])
def test_an_answer_to_a_question_is_a_sign_of_life(sign: Sign, at_s: float, is_told: bool) -> None:
    lan = Lan()
    lan.hear("ann", 0)
    lan.until(at_s)

    assert told(lan.hear("ann", at_s, sign)) == ([("ann", ONLINE, None)] if is_told else [])
    assert told(lan.until(at_s + 180)) == []


def test_a_goodbye_is_asked_about_and_then_believed() -> None:
    lan = Lan()
    lan.hear("ann", 0)
    lan.hear("ann", 10, Sign.EXIT)
    lan.hear("ann", 10.1, Sign.EXIT)

    passed = lan.until(20)

    assert told(passed) == [("ann", LEFT, Reason.EXPLICIT)]
    assert of_kind(passed, SendProbe) == pytest.approx([11, 12, 13])
    assert lan.hear("ann", 30, Sign.EXIT) == []


def test_a_forged_goodbye_changes_nothing_for_who_answers() -> None:
    lan = Lan()
    lan.hear("ann", 0)
    lan.hear("ann", 10, Sign.EXIT, address="10.0.0.66")
    passed = lan.until(11.2)

    assert [effect for _, effect in passed] == [SendProbe(key=key("ann"), addresses=("10.0.0.67",))]
    assert told(lan.hear("ann", 11.2, Sign.OTHER)) == []
    assert told(lan.until(180)) == []


def test_what_arrives_right_after_a_goodbye_is_its_tail_and_an_entry_is_a_restart() -> None:
    lan = Lan()
    lan.hear("ann", 0)
    lan.hear("bob", 0)
    for name in ("ann", "bob"):
        lan.hear(name, 10, Sign.EXIT)
    lan.hear("ann", 10.05, Sign.OTHER)
    lan.hear("bob", 10.05, Sign.ENTRY)

    assert told(lan.until(20)) == [("ann", LEFT, Reason.EXPLICIT)]
    assert lan.state("bob") is ONLINE


def test_who_is_heard_after_a_sleep_stays_though_it_said_goodbye_before() -> None:
    lan = Lan()
    lan.hear("ann", 0, Sign.ENTRY)
    lan.hear("ann", 1, Sign.EXIT)
    lan.signal(Resumed(), 500)
    lan.hear("ann", 500)

    assert told(lan.until(600)) == []


def test_a_suspect_that_says_goodbye_has_left() -> None:
    lan = Lan()
    lan.hear("ann", 0)
    lan.until(181.5)
    lan.hear("ann", 181.5, Sign.EXIT)

    assert told(lan.until(200)) == [("ann", LEFT, Reason.EXPLICIT)]


# Time.


def test_the_deadline_of_each_peer_is_its_own() -> None:
    lan = Lan()
    for name, at_s in (("ann", 0), ("bob", 100)):
        lan.hear(name, at_s)
    times = []
    for beat_s in range(120, 400, 2):
        times += [at_s for at_s, effect in lan.until(beat_s) if any(state is OFFLINE for _, state, _ in told([effect]))]
        lan.hear("cyd", beat_s)

    assert times == pytest.approx([188.001, 288.001])


def test_questions_begin_anew_when_their_deadline_is_seen_late() -> None:
    lan = Lan()
    lan.hear("ann", 0)
    lan.until(182.5)

    late = lan.signal(Tick(), 190)

    assert late == [SendProbe(key=key("ann"), addresses=("10.0.0.67",))]
    assert of_kind(lan.until(198.1), SendProbe) == pytest.approx([190 + n for n in range(1, 8)])
    assert lan.state("ann") is OFFLINE


def test_after_a_sleep_every_timeout_begins_anew() -> None:
    lan = Lan()
    lan.hear("ann", 0)
    lan.hear("bob", 0)
    lan.hear("bob", 90, Sign.EXIT)
    lan.until(90.5)

    lan.signal(Resumed(), 5_000)

    assert told(lan.until(5_179)) == [("bob", LEFT, Reason.EXPLICIT)]
    assert told(lan.until(5_190)) == [("ann", SUSPECT, None), ("ann", OFFLINE, Reason.TIMEOUT)]


def test_a_clock_that_goes_back_is_taken_to_stand_still() -> None:
    lan = Lan()
    lan.hear("ann", 100)
    lan.hear("ann", 50)

    assert lan.peers.now_s == 100
    assert next_deadline(lan.peers, POLICY) == pytest.approx(280.001)


@pytest.mark.parametrize(("timeout_s", "due_s"), [(70.0, 70.001), (200.0, 200.001)])
def test_another_timeout_counts_at_once(timeout_s: float, due_s: float) -> None:
    lan = Lan()
    lan.hear("ann", 0)
    lan.policy = PeeringPolicy(timeout_s=timeout_s)
    lan.signal(Retimed(), 10)

    assert next_deadline(lan.peers, lan.policy) == pytest.approx(due_s)


def test_a_longer_timeout_spares_who_is_being_asked_and_who_is_leaving_is_asked_on() -> None:
    lan = Lan()
    lan.hear("ann", 0)
    lan.hear("bob", 0)
    lan.until(180.5)
    lan.hear("bob", 180.5, Sign.EXIT)
    lan.policy = PeeringPolicy(timeout_s=400)
    lan.signal(Retimed(), 180.6)

    assert told(lan.until(300)) == [("bob", LEFT, Reason.EXPLICIT)]
    assert lan.state("ann") is ONLINE


def test_the_fast_preset_has_a_crashed_peer_offline_within_40_seconds() -> None:
    assert problem_of(FAST.heartbeat_s, FAST.timeout_s) is None
    assert FAST.timeout_s + VERDICT_S < 40


@pytest.mark.parametrize(
    ("heartbeat_s", "timeout_s", "words"),
    [
        (60, 180, None),
        (10, 30, None),
        (600, 3_600, None),
        (9, 180, "heartbeat interval must be 10 to 600"),
        (601, 3_600, "heartbeat interval must be 10 to 600"),
        (float("nan"), 180, "heartbeat"),
        (10, 29, "peer timeout must be 30 to 3600"),
        (60, 3_601, "peer timeout must be 30 to 3600"),
        (180, 180, r"\(180 s\) must be above the heartbeat interval \(180 s\)"),
        (200, 180, "must be above the heartbeat"),
    ],
)
def test_the_two_intervals_fit_together(heartbeat_s: float, timeout_s: float, words: str | None) -> None:
    problem = problem_of(heartbeat_s, timeout_s)

    if words is None:
        assert problem is None
    else:
        with pytest.raises(ValueError, match=words):
            raise ValueError(problem)


# This machine and its network.


def test_this_machine_never_expires_whatever_address_it_is_heard_from() -> None:
    lan = Lan()
    for address in ("10.0.0.250", "10.1.0.250", "127.0.0.1"):
        assert lan.hear("x", 1, address=address, instance="me") == []

    lan.until(400_000)

    own = lan.peers.get(peer_key("", "", "me"))
    assert own is not None
    assert (own.state, own.is_self, own.addresses) == (ONLINE, True, ("10.0.0.250", "10.1.0.250"))
    assert [view.is_self for view in lan.peers.views()] == [True]


def test_our_own_names_without_an_instance_are_ours_at_our_address_only() -> None:
    lan = Lan()
    ours = Face(user=ME.user, host="host")
    lan.peers.own.face = ours

    assert lan.hear("Me", 1, address="10.1.0.250") == []
    assert told(lan.hear("Me", 2, address="10.0.0.9")) == [("Me", ONLINE, None)]
    lan.signal(Own(addresses=("10.9.9.9",)))
    assert lan.peers.own.addresses == ["10.9.9.9"]


def test_when_nobody_answers_at_all_this_machines_network_is_suspected_and_nobody_is_gone() -> None:
    lan = Lan()
    names = [f"peer{n}" for n in range(6)]
    for at_s, name in enumerate(names):
        lan.hear(name, at_s)

    passed = lan.until(700)

    assert of_kind(passed, CutOff) == pytest.approx([188.001])
    assert [state for _, state, _ in told(passed)] == [SUSPECT] * 6
    asked = of_kind(passed, SendProbe)
    assert asked[-1] - asked[-2] < 16
    back = lan.hear("peer0", 701)
    assert [one.after_s for one in back if isinstance(one, Reached)] == pytest.approx([701 - 188.001])
    assert told(lan.until(880)) == []


def test_a_silence_of_everybody_that_lasts_is_believed_in_the_end() -> None:
    lan = Lan()
    for name in ("ann", "bob", "cyd"):
        lan.hear(name, 0)

    passed = lan.until(1_000)

    assert sorted(name for name, state, _ in told(passed) if state is OFFLINE) == ["ann", "bob", "cyd"]
    assert of_kind(passed, CutOff) == pytest.approx([188.001])
    assert min(at_s for at_s, one in passed if any(state is OFFLINE for _, state, _ in told([one]))) > 788
    assert told(lan.hear("ann", 1_001)) == [("ann", ONLINE, None)]
    assert not lan.peers.is_given_up


def test_with_one_of_many_alive_the_others_are_told_gone_in_time() -> None:
    lan = Lan()
    for name in ("ann", "bob", "cyd"):
        lan.hear(name, 0)
    passed: list[tuple[float, Effect]] = []
    for at_s in range(60, 400, 60):
        passed += lan.until(at_s)
        lan.hear("cyd", at_s)

    assert sorted(name for name, state, _ in told(passed) if state is OFFLINE) == ["ann", "bob"]


def test_a_witness_that_answers_shows_that_the_network_carries() -> None:
    lan = Lan()
    lan.hear("ann", 0)
    lan.hear("bob", 100)
    asked = [one.key for _, one in lan.until(183.1) if isinstance(one, SendProbe)]
    assert asked[-3:] == [key("bob"), key("ann"), key("ann")]
    lan.hear("bob", 183.2, Sign.OTHER)

    assert told(lan.until(190)) == [("ann", OFFLINE, Reason.TIMEOUT)]


def test_a_network_that_is_down_stops_every_timeout_until_it_is_up() -> None:
    lan = Lan()
    lan.hear("ann", 0)

    assert lan.signal(Network(is_up=False), 10) == [CutOff(silent=1)]
    assert lan.signal(Network(is_up=False), 11) == []
    lan.signal(Resumed(), 300)
    lan.signal(Retimed(), 300)
    assert told(lan.until(600)) == []
    assert lan.signal(Network(is_up=True), 600) == [Reached(after_s=300)]
    assert lan.signal(Network(is_up=True), 601) == []
    assert told(lan.until(779)) == []
    assert told(lan.until(790)) == [("ann", SUSPECT, None), ("ann", OFFLINE, Reason.TIMEOUT)]


# Remembering.


def test_who_was_away_for_a_day_is_forgotten_by_a_cleanup() -> None:
    lan = Lan()
    lan.hear("ann", 0)

    passed = lan.until(183 + 86_400 + 310)

    forgotten = [effect for _, effect in passed if isinstance(effect, Forget)]
    assert [(one.peer.key, one.reason) for one in forgotten] == [(key("ann"), Reason.CLEANUP)]
    cleanups = [at_s for at_s, one in passed if isinstance(one, CleanedUp)]
    assert {later - earlier for earlier, later in pairwise(cleanups)} == {300.0}
    assert [one.count for _, one in passed if isinstance(one, CleanedUp)][-1] == 1
    assert len(lan.peers) == 0
    assert list(lan.peers.deadlines._heap) == []


def test_room_is_made_by_who_has_been_away_for_longest_and_never_by_who_is_here() -> None:
    lan = Lan(PeeringPolicy(peers_max=3))
    for name in ("ann", "bob", "cyd"):
        lan.hear(name, 0)
    assert lan.hear("dan", 1) == []
    assert (lan.state("dan"), lan.peers.refused) == (None, 1)
    for name, at_s in (("bob", 2), ("ann", 3)):
        lan.hear(name, at_s, Sign.EXIT)
        lan.until(at_s + 0.5)
    lan.until(10)

    effects = lan.hear("dan", 11)

    assert [one.peer.face.user for one in effects if isinstance(one, Forget)] == ["bob"]
    assert (lan.state("dan"), lan.state("bob"), lan.state("ann")) == (ONLINE, None, LEFT)


def test_what_was_known_before_a_restart_is_known_again_and_told_only_where_it_changes() -> None:
    lan = Lan(PeeringPolicy(peers_max=4))
    known = [
        known_before("ann", ONLINE),
        known_before("bob", SUSPECT),
        known_before("cyd", OFFLINE, 50.0),
        known_before("dan", LEFT, 86_300.0),
        known_before("eve", ONLINE),
    ]

    own = KnownPeer(key=peer_key("", "", "me"), face=ME, state=ONLINE, addresses=())
    assert lan.signal(Restored((own, *known, known[0])), 0) == []

    assert [lan.state(name) for name in ("ann", "bob", "cyd", "dan", "eve")] == [ONLINE, SUSPECT, OFFLINE, LEFT, None]
    assert [view.face.user for view in lan.peers.views()] == ["Me", "ann", "bob", "dan", "cyd"]
    assert told(lan.hear("ann", 5)) == []
    assert told(lan.hear("bob", 5)) == [("bob", ONLINE, None)]
    passed = lan.until(310)
    assert [one.peer.face.user for _, one in passed if isinstance(one, Forget)] == ["dan"]


def test_a_suspect_of_before_a_restart_is_not_suspected_twice() -> None:
    lan = Lan()
    lan.signal(Restored((known_before("bob", SUSPECT),)), 0)

    assert told(lan.until(200)) == [("bob", OFFLINE, Reason.TIMEOUT)]


def test_a_peer_shows_its_addresses_with_the_latest_first_and_not_too_many() -> None:
    lan = Lan()
    lan.hear("ann", 0, address="10.0.0.1")

    assert isinstance(lan.hear("ann", 1, address="10.0.0.2")[0], Changed)
    assert lan.hear("ann", 2, address="10.0.0.1") == []
    for n in range(20):
        lan.hear("ann", 3 + n, address=f"10.0.1.{n}")

    view = lan.peers.get(key("ann"))
    assert view is not None
    assert len(view.addresses) == ADDRESSES_MAX
    assert view.addresses[0] == "10.0.1.19"


def test_a_new_face_is_told_and_only_announcements_show_one() -> None:
    lan = Lan()
    lan.hear("ann", 0)
    face = Face(user="ann", host="host", name="Ann", is_away=True)

    assert lan.hear("ann", 1, Sign.OTHER, face=face) == []
    changed = lan.hear("ann", 2, face=face)

    assert [one.peer.face for one in changed if isinstance(one, Changed)] == [face]


def test_two_instances_of_one_name_are_two_peers_and_addresses_tell_whose_a_plain_packet_is() -> None:
    lan = Lan()
    lan.hear("ann", 0, instance="i1", address="10.0.0.1")
    lan.hear("ann", 0, instance="i2", address="10.0.0.2")
    lan.hear("ann", 100, Sign.OTHER, address="10.0.0.2")
    lan.hear("cyd", 100)
    lan.until(182)
    lan.hear("cyd", 182)
    lan.until(200)

    assert (lan.state("", "i1"), lan.state("", "i2"), lan.state("ann")) == (OFFLINE, ONLINE, None)
    assert told(lan.hear("ann", 201, address="10.0.0.3")) == [("ann", ONLINE, None)]


def test_a_plain_packet_of_an_instance_is_not_taken_for_one_of_a_peer_with_the_same_names() -> None:
    lan = Lan()
    lan.hear("ann", 0, address="10.0.0.1")
    lan.hear("ann", 0, instance="i1", address="10.0.0.2")
    lan.hear("ann", 100, Sign.OTHER, address="10.0.0.2")
    lan.hear("cyd", 100)
    lan.until(182)
    lan.hear("cyd", 182)
    lan.until(200)

    assert (lan.state("", "i1"), lan.state("ann")) == (ONLINE, OFFLINE)


def test_an_instance_with_another_name_is_the_same_peer_under_it() -> None:
    lan = Lan(PeeringPolicy(peers_max=1))
    lan.hear("ann", 0, instance="i1", address="10.0.0.1")
    changed = lan.hear("bea", 1, instance="i1", address="10.0.0.1")
    lan.hear("bea", 2, Sign.EXIT, address="10.0.0.1")

    assert [type(one) for one in changed] == [Changed]
    assert told(lan.until(10)) == [("bea", LEFT, Reason.EXPLICIT)]
    lan.hear("zed", 11)
    assert lan.peers.named == {}


def test_of_two_instances_with_one_name_each_can_take_another() -> None:
    lan = Lan()
    lan.hear("ann", 0, instance="i1", address="10.0.0.1")
    lan.hear("ann", 0, instance="i2", address="10.0.0.2")
    lan.hear("bea", 1, instance="i1", address="10.0.0.1")
    lan.hear("ann", 2, Sign.EXIT, address="10.0.0.2")

    assert told(lan.until(10)) == [("ann", LEFT, Reason.EXPLICIT)]
    assert lan.state("", "i1") is ONLINE


def test_keys_come_back_from_their_text() -> None:
    for one in (peer_key("Ann:1", "Host"), peer_key("a", "b", "i:1")):
        assert key_of_text(one.text()) == one
    assert peer_key("Straße", "X") == PeerKey("strasse", "x")
    with pytest.raises(ValueError, match="no key"):
        key_of_text("a:b")
