"""What holds of peers whatever is heard, forged, lost and slept through, in whatever order."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.model.peers import PeerState, Reason, peer_key
from posthouse.rules.deadlines import SLACK
from posthouse.rules.peer_answers import PACKETS_MAX
from posthouse.rules.peer_policy import FAST, VERDICT_S, PeeringPolicy
from posthouse.rules.peer_signals import Effect, Network, Resumed, Retimed, SendProbe, Sign, Tick, Told
from posthouse.rules.peer_table import ADDRESSES_MAX
from posthouse.rules.peering import GOODBYE_S, next_deadline
from tests.rules.lan import Lan

NAMES = ("ann", "bob", "cyd", "dan")
PEERS_MAX = 6

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "beat",
                "beat",
                "beat",
                "answer",
                "entry",
                "exit",
                "silence",
                "silence",
                "sleep",
                "down",
                "up",
                "retime",
                "flood",
            ]
        ),
        st.sampled_from(NAMES),
        st.floats(0, 400),
    ),
    max_size=60,
)


@dataclass
class Witnessed:
    """What somebody who sees everything knows of one peer."""

    heard_s: float = float("-inf")
    goodbye_s: float = float("-inf")
    told: list[PeerState] = field(default_factory=list)


@given(STEPS, st.sampled_from([PeeringPolicy(peers_max=PEERS_MAX), PeeringPolicy(peers_max=3, timeout_s=61), FAST]))
@settings(max_examples=150, deadline=None)
def test_nobody_is_gone_without_cause_and_the_memory_is_bounded(
    steps: list[tuple[str, str, float]], policy: PeeringPolicy
) -> None:
    lan = Lan(policy)
    seen = {name: Witnessed() for name in NAMES}
    frozen_s = float("-inf")
    for what, name, amount in steps:
        effects: list[tuple[float, Effect]] = []
        now_s = lan.now_s
        match what:
            case "beat" | "answer" | "entry":
                sign = {"beat": Sign.BEAT, "answer": Sign.OTHER, "entry": Sign.ENTRY}[what]
                effects = at(now_s, lan.hear(name, now_s, sign, address=f"10.0.0.{amount:.0f}"))
                seen[name].heard_s = now_s
            case "exit":
                effects = at(now_s, lan.hear(name, now_s, Sign.EXIT))
                seen[name].goodbye_s = now_s
            case "silence":
                effects = lan.until(now_s + amount)
                assert next_deadline(lan.peers, policy) > lan.now_s
            case "sleep":
                frozen_s = now_s + 100 * amount
                effects = at(frozen_s, lan.signal(Resumed(), frozen_s))
            case "down" | "up":
                effects = at(now_s, lan.signal(Network(is_up=what == "up")))
            case "retime":
                effects = at(now_s, lan.signal(Retimed()))
            case "flood":
                for n in range(20):
                    effects += at(now_s, lan.hear(f"flood{n + amount}", now_s, Sign.ENTRY, address=f"10.9.{n}.1"))
        for at_s, effect in effects:
            if isinstance(effect, Told) and effect.peer.face.user in seen:
                judge(effect, at_s, seen[effect.peer.face.user], frozen_s, policy)
        check_bounds(lan, policy)


def at(at_s: float, effects: list[Effect]) -> list[tuple[float, Effect]]:
    return [(at_s, effect) for effect in effects]


def judge(told: Told, at_s: float, seen: Witnessed, frozen_s: float, policy: PeeringPolicy) -> None:
    """Whether what is told has its cause, and is news."""
    was = seen.told[-1] if seen.told else PeerState.OFFLINE
    assert told.state is not was or (not seen.told and told.state is PeerState.ONLINE)
    seen.told.append(told.state)
    silent_s = at_s - max(seen.heard_s, frozen_s)
    match told.state:
        case PeerState.ONLINE:
            assert was is not PeerState.ONLINE
        case PeerState.SUSPECT:
            assert was is PeerState.ONLINE
            assert silent_s > policy.timeout_s
        case PeerState.OFFLINE:
            assert told.reason is Reason.TIMEOUT
            assert silent_s > policy.timeout_s + VERDICT_S - 0.1
        case PeerState.LEFT:
            assert told.reason is Reason.EXPLICIT
            assert at_s - seen.goodbye_s > GOODBYE_S + 2.9
            assert seen.heard_s <= seen.goodbye_s + GOODBYE_S


def check_bounds(lan: Lan, policy: PeeringPolicy) -> None:
    peers = lan.peers
    assert len(peers) <= policy.peers_max
    assert not set(peers.present) & set(peers.absent)
    assert all(peer.state in (PeerState.ONLINE, PeerState.SUSPECT) for peer in peers.present.values())
    assert all(peer.state in (PeerState.OFFLINE, PeerState.LEFT) for peer, _ in peers.absent.values())
    assert all(1 <= len(peer.addresses) <= ADDRESSES_MAX for peer in peers.present.values())
    timed = 0 if peers.cut_off_s is not None else len(peers.present)
    assert timed <= len(peers.deadlines) <= len(peers.present)
    assert peers.deadlines.entries <= 2 * len(peers.deadlines) + SLACK
    assert len(peers.packets) <= PACKETS_MAX
    own = peers.get(peer_key("", "", "me"))
    assert own is not None
    assert own.state is PeerState.ONLINE


@given(
    st.lists(st.floats(1, 59), min_size=2, max_size=6),
    st.floats(0, 40),
    st.lists(st.floats(0, 0.9), min_size=1, max_size=20),
    st.sampled_from([PeeringPolicy(), FAST]),
)
@settings(max_examples=100, deadline=None)
def test_a_crashed_peer_is_offline_in_time_and_the_others_never(
    phases: list[float], crash_beats: float, lates: list[float], policy: PeeringPolicy
) -> None:
    """The first peer crashes; the others beat, each at its phase, and answer. Ticks come late, but not much."""
    crash_s = crash_beats * policy.heartbeat_s
    lan = Lan(policy)
    names = [f"peer{n}" for n in range(len(phases))]
    agenda = [
        (phase % policy.heartbeat_s + n * policy.heartbeat_s, name)
        for name, phase in zip(names, phases, strict=True)
        for n in range(60)
    ]
    last_s = max((at_s for at_s, name in agenda if name == names[0] and at_s <= crash_s), default=None)
    found: list[tuple[float, str, PeerState]] = []
    ticks = 0
    for at_s, name in sorted(agenda):
        while (due_s := next_deadline(lan.peers, policy) + lates[ticks % len(lates)]) < at_s:
            ticks += 1
            lan.now_s = max(lan.now_s, due_s)
            for effect in lan.signal(Tick()):
                if isinstance(effect, Told):
                    found.append((lan.now_s, effect.peer.face.user, effect.state))
                elif isinstance(effect, SendProbe) and effect.key.user != names[0]:
                    lan.hear(effect.key.user, lan.now_s, Sign.OTHER)
        if name != names[0] or at_s <= crash_s:
            lan.hear(name, max(at_s, lan.now_s))

    gone = [(at_s, name) for at_s, name, state in found if state is PeerState.OFFLINE]
    if last_s is None:
        assert gone == []
    else:
        assert [name for _, name in gone] == names[:1]
        assert policy.timeout_s < gone[0][0] - last_s < policy.timeout_s + VERDICT_S + 8


@given(st.lists(st.floats(0.5, 179.9), min_size=1, max_size=80), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_a_peer_that_is_heard_within_its_timeout_is_never_even_suspected(gaps: list[float], others: int) -> None:
    lan = Lan()
    for n in range(others):
        lan.hear(f"other{n}", 0)
    lan.hear("ann", 0)
    for gap in gaps:
        passed = lan.until(lan.now_s + gap)
        assert not any(isinstance(one, Told | SendProbe) and "ann" in str(one) for _, one in passed if others == 0)
        assert lan.state("ann") is PeerState.ONLINE
        lan.hear("ann", lan.now_s)
