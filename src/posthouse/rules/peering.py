"""Peers: who is on the local network, found from what is heard of them.

      (heard) ──▶ online ──silent──▶ asked ──1 s──▶ suspect ──7 s, no answer──▶ offline ──24 h──▶ forgotten
                    ├──goodbye, 1 s──▶ asked ──3 s, no answer──▶ left ──24 h──▶ forgotten
                    └◀── heard, from any of these

What always holds: a peer that is heard within its timeout is never told offline; nobody is, before eight questions, a
second apart, went unanswered (three after a goodbye), and never by time that passed while this machine slept or stood
still. A goodbye may be forged, so it is only a reason to ask. Where nobody at all can be heard, this machine's own
network is suspected first. This machine's own Posthouse never times out. The memory is bounded whatever is sent.

Times are monotonic seconds. The state is changed in place, which a copy per packet of ten thousand peers would not
allow; it is handed back so that every `step` of the house reads alike. A beat costs O(1), a timeout O(log n).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from posthouse.model.peers import AnswerKind, PeerKey, PeerState, Reason
from posthouse.rules.peer_answers import PacketKey, entry_delay_s
from posthouse.rules.peer_policy import PROBE_EVERY_S, PROBES, PROBES_MAX, PeeringPolicy
from posthouse.rules.peer_signals import (
    ANNOUNCING,
    Answer,
    Changed,
    CleanedUp,
    CutOff,
    Effect,
    Forget,
    Heard,
    Network,
    Own,
    Reached,
    Received,
    Restored,
    Resumed,
    Retimed,
    SendProbe,
    Sign,
    Signal,
    Tick,
    Told,
)
from posthouse.rules.peer_table import ADDRESSES_ASKED, ADDRESSES_MAX, Peer, Peers

LONGER_S = 0.001
"""A timeout is over when it is exceeded, not when it is reached."""

STALL_S = 1.0
"""A deadline that is seen so late may have an answer waiting that nobody has read yet: its questions begin anew."""

GOODBYE_S = 1.0
"""So long after a goodbye nobody asks: the program that says it may still be there to answer."""

ASK_CUT_OFF_S = 15.0
WITNESSES = 3

ANSWERS: Mapping[Sign, AnswerKind] = {
    Sign.ENTRY: AnswerKind.ENTRY,
    Sign.MESSAGE: AnswerKind.RECEIPT,
    Sign.INFO_ASKED: AnswerKind.INFO,
    Sign.ABSENCE_ASKED: AnswerKind.ABSENCE,
}

Effects = list[Effect]


def step(peers: Peers, signal: Signal, now_s: float, policy: PeeringPolicy) -> tuple[Peers, tuple[Effect, ...]]:
    """Take one signal, and say what is to be done, in order. The state is changed in place."""
    now_s = peers.now_s = max(peers.now_s, now_s)
    effects: Effects = []
    match signal:
        case Heard():
            _hear(peers, signal, policy, effects)
        case Tick():
            _pass_time(peers, policy, effects)
        case Resumed():
            _begin_anew(peers, policy)
        case Network():
            _network(peers, policy, effects, is_up=signal.is_up)
        case Own():
            peers.own.addresses = list(signal.addresses)
        case Retimed():
            for peer in peers.present.values():
                if not peer.asked and not peer.is_leaving and peers.cut_off_s is None:
                    peers.deadlines.set(peer.key, peer.from_s + policy.timeout_s + LONGER_S)
        case Restored():
            _restore(peers, signal, policy)
        case _:
            assert_never(signal)
    return peers, tuple(effects)


def next_deadline(peers: Peers, policy: PeeringPolicy) -> float:
    """When the next `Tick` is due."""
    due_s = [peers.cleanup_s + policy.cleanup_s]
    if peers.cut_off_s is not None:
        due_s += [peers.ask_s, peers.cut_off_s + policy.cut_off_s_max]
    elif (next_s := peers.deadlines.next_s()) is not None:
        due_s.append(next_s)
    return min(due_s)


# What is heard.


def _hear(peers: Peers, heard: Heard, policy: PeeringPolicy, effects: Effects) -> None:
    key = _who(peers, heard)
    if key == peers.own.key:
        return
    is_repeat = peers.packets.is_repeat(PacketKey(heard.number, heard.key), peers.now_s)
    # Whoever was gone and announces itself has begun anew, maybe with the numbers that it had before.
    is_repeat = is_repeat and not (heard.sign in ANNOUNCING and key in peers.absent)
    peer = peers.find(key)
    if is_repeat:
        if peer is not None and _add_address(peer, heard.address):
            effects.append(Changed(peer=peer.view()))
    else:
        _reach(peers, policy, effects)
        peers.heard_s = peers.now_s
        peers.is_given_up = False
        if heard.sign is Sign.EXIT:
            _goodbye(peers, key)
        elif peer is not None:
            _alive(peers, peer, heard, policy, effects)
        elif heard.sign in ANNOUNCING:
            _admit(peers, key, heard, policy, effects)
    _answer(peers, key, heard, effects, is_repeat=is_repeat)


def _who(peers: Peers, heard: Heard) -> PeerKey:
    """Whose packet it is. Not every packet names its sender's instance: then names and address tell.

    Of several with the same names, one of which may have no instance, the one that was heard at this address is meant.
    """
    key, own = heard.key, peers.own
    nameless = None if key.instance else peers.find(key)
    if key.instance or (nameless is not None and heard.address in nameless.addresses):
        return key
    if key == own.names and heard.address in own.addresses:
        return own.key
    for other in peers.named.get(key, ()):
        peer = peers.find(other)
        if peer is not None and heard.address in peer.addresses:
            return other
    return key


def _alive(peers: Peers, peer: Peer, heard: Heard, policy: PeeringPolicy, effects: Effects) -> None:
    """A known peer was heard."""
    is_tail = peer.is_leaving and not peer.asked and peers.now_s - peer.asked_s < GOODBYE_S
    if is_tail and heard.sign is not Sign.ENTRY:
        return
    was, is_new = peer.state, _add_address(peer, heard.address)
    if heard.sign in ANNOUNCING and heard.face != peer.face:
        peers.rename(peer, heard.face)
        is_new = True
    peer.heard_s = peer.from_s = peers.now_s
    peer.state, peer.asked, peer.is_leaving = PeerState.ONLINE, 0, False
    if peers.absent.pop(peer.key, None) is not None:
        peers.present[peer.key] = peer
    peers.present.move_to_end(peer.key)
    peers.deadlines.set(peer.key, peers.now_s + policy.timeout_s + LONGER_S)
    if was is not PeerState.ONLINE:
        effects.append(Told(peer=peer.view(), state=PeerState.ONLINE))
    elif is_new:
        effects.append(Changed(peer=peer.view()))


def _admit(peers: Peers, key: PeerKey, heard: Heard, policy: PeeringPolicy, effects: Effects) -> None:
    """A peer that was not known. Where there is no room, who has been away for longest makes it; else it is refused."""
    if len(peers) >= policy.peers_max:
        if not peers.absent:
            peers.refused += 1
            return
        effects.append(Forget(peer=peers.forget_oldest()))
    peer = Peer(key, heard.face, PeerState.ONLINE, (heard.address,), peers.now_s)
    peers.add(peer)
    peers.deadlines.set(key, peers.now_s + policy.timeout_s + LONGER_S)
    effects.append(Told(peer=peer.view(), state=PeerState.ONLINE))


def _goodbye(peers: Peers, key: PeerKey) -> None:
    peer = peers.present.get(key)
    if peer is not None and not peer.is_leaving:
        peer.is_leaving, peer.asked, peer.asked_s = True, 0, peers.now_s
        peers.deadlines.set(key, peers.now_s + GOODBYE_S)


def _answer(peers: Peers, key: PeerKey, heard: Heard, effects: Effects, *, is_repeat: bool) -> None:
    """At most one answer; of what is repeated only messages are answered again, since the receipt may be lost."""
    if heard.sign is Sign.MESSAGE and not is_repeat:
        effects.append(Received(key=key, number=heard.number))
    kind = ANSWERS.get(heard.sign)
    if kind is AnswerKind.RECEIPT and not heard.wants_receipt:
        return
    if kind is None or (is_repeat and kind is not AnswerKind.RECEIPT):
        return
    after_s = entry_delay_s(len(peers.present), heard.chance) if kind is AnswerKind.ENTRY else 0.0
    if peers.answered.may(kind, heard.address, peers.now_s):
        effects.append(Answer(kind=kind, address=heard.address, after_s=after_s, number=heard.number))


def _add_address(peer: Peer, address: str) -> bool:
    """Put the address first; whether it is a new one."""
    if peer.addresses and peer.addresses[0] == address:
        return False
    is_new = address not in peer.addresses
    if not is_new:
        peer.addresses.remove(address)
    peer.addresses.insert(0, address)
    del peer.addresses[ADDRESSES_MAX:]
    return is_new


# Time.


def _pass_time(peers: Peers, policy: PeeringPolicy, effects: Effects) -> None:
    if peers.cut_off_s is not None:
        _wait_cut_off(peers, policy, effects)
    else:
        next_s = peers.deadlines.next_s()
        is_stalled = next_s is not None and peers.now_s - next_s > STALL_S
        for key in peers.deadlines.pop_due(peers.now_s):
            # Whoever finds that the network is away takes the deadlines of all.
            if peers.cut_off_s is None:
                _due(peers, peers.present[key], policy, effects, is_stalled=is_stalled)
    if peers.now_s >= peers.cleanup_s + policy.cleanup_s:
        peers.cleanup_s = peers.now_s
        _clean_up(peers, policy, effects)


def _due(peers: Peers, peer: Peer, policy: PeeringPolicy, effects: Effects, *, is_stalled: bool) -> None:
    """The peer was silent for too long, or did not answer a question, or said goodbye a moment ago."""
    if is_stalled:
        peer.asked = 0
    over_s = peer.from_s + policy.timeout_s
    if peers.now_s <= over_s and not peer.is_leaving:
        peer.asked = 0
        peers.deadlines.set(peer.key, over_s + LONGER_S)
    elif peer.asked < (PROBES if peer.is_leaving else PROBES_MAX):
        if peer.asked >= PROBES and not _is_carried(peers, peer):
            _ask_witnesses(peers, effects)
        _ask(peers, peer, effects)
    elif peer.is_leaving:
        _gone(peers, peer, PeerState.LEFT, Reason.EXPLICIT, effects)
    elif _is_carried(peers, peer) or peers.now_s - peers.heard_s <= policy.lately_s:
        # The second is for programs that beat, but answer nothing.
        _gone(peers, peer, PeerState.OFFLINE, Reason.TIMEOUT, effects)
    else:
        _cut_off(peers, effects)


def _is_carried(peers: Peers, peer: Peer) -> bool:
    """Whether it is not the network of this machine that keeps this peer silent, as far as anyone can tell."""
    return peers.is_given_up or peers.heard_s >= peer.asked_s or len(peers.present) == 1


def _ask(peers: Peers, peer: Peer, effects: Effects) -> None:
    if not peer.asked:
        peer.asked_s = peers.now_s
    elif peer.state is PeerState.ONLINE and not peer.is_leaving:
        peer.state = PeerState.SUSPECT
        effects.append(Told(peer=peer.view(), state=PeerState.SUSPECT))
    peer.asked += 1
    effects.append(SendProbe(key=peer.key, addresses=tuple(peer.addresses[:ADDRESSES_ASKED])))
    peers.deadlines.set(peer.key, peers.now_s + PROBE_EVERY_S)


def _gone(peers: Peers, peer: Peer, state: PeerState, reason: Reason, effects: Effects) -> None:
    peer.state, peer.asked, peer.is_leaving = state, 0, False
    del peers.present[peer.key]
    peers.absent[peer.key] = (peer, peers.now_s)
    effects.append(Told(peer=peer.view(), state=state, reason=reason))


def _clean_up(peers: Peers, policy: PeeringPolicy, effects: Effects) -> None:
    count = 0
    while peers.absent and peers.now_s - next(iter(peers.absent.values()))[1] > policy.keep_absent_s:
        effects.append(Forget(peer=peers.forget_oldest()))
        count += 1
    effects.append(CleanedUp(count=count))


# This machine's own network.


def _ask_witnesses(peers: Peers, effects: Effects) -> None:
    """Ask those who were heard last, once for all who are judged in this second."""
    if peers.now_s - peers.witnesses_asked_s < PROBE_EVERY_S / 2:
        return
    peers.witnesses_asked_s = peers.now_s
    for key, _ in zip(reversed(peers.present), range(WITNESSES), strict=False):
        effects.append(SendProbe(key=key, addresses=tuple(peers.present[key].addresses[:ADDRESSES_ASKED])))


def _cut_off(peers: Peers, effects: Effects) -> None:
    peers.cut_off_s = peers.now_s
    peers.ask_s = peers.now_s + ASK_CUT_OFF_S
    for key in peers.present:
        peers.deadlines.drop(key)
    effects.append(CutOff(silent=len(peers.present)))


def _wait_cut_off(peers: Peers, policy: PeeringPolicy, effects: Effects) -> None:
    """Ask now and then; after the policy's time judge everybody after all."""
    if peers.cut_off_s is not None and peers.now_s >= peers.cut_off_s + policy.cut_off_s_max:
        peers.cut_off_s = None
        peers.is_given_up = True
        for peer in peers.present.values():
            peer.asked = 0
            peers.deadlines.set(peer.key, peers.now_s)
    elif peers.now_s >= peers.ask_s:
        peers.ask_s = peers.now_s + ASK_CUT_OFF_S
        _ask_witnesses(peers, effects)


def _network(peers: Peers, policy: PeeringPolicy, effects: Effects, *, is_up: bool) -> None:
    if is_up:
        _reach(peers, policy, effects)
    elif peers.cut_off_s is None:
        _cut_off(peers, effects)


def _reach(peers: Peers, policy: PeeringPolicy, effects: Effects) -> None:
    """Something shows that the network carries; if it was thought away, every timeout begins anew."""
    if peers.cut_off_s is not None:
        effects.append(Reached(after_s=peers.now_s - peers.cut_off_s))
        peers.cut_off_s = None
        _begin_anew(peers, policy)


def _begin_anew(peers: Peers, policy: PeeringPolicy) -> None:
    """Nobody's silence until now counts."""
    peers.is_given_up = False
    if peers.cut_off_s is not None:
        peers.cut_off_s = peers.now_s
        return
    for peer in peers.present.values():
        peer.from_s, peer.asked = peers.now_s, 0
        peers.deadlines.set(peer.key, peers.now_s + (GOODBYE_S if peer.is_leaving else policy.timeout_s + LONGER_S))


# After a restart.


def _restore(peers: Peers, restored: Restored, policy: PeeringPolicy) -> None:
    """The present ones get a fresh timeout, the absent ones keep the time they have been away."""
    for known in sorted(restored.peers, key=lambda one: -one.absent_s):
        if known.key == peers.own.key or peers.find(known.key) is not None or len(peers) >= policy.peers_max:
            continue
        peer = Peer(known.key, known.face, known.state, known.addresses, peers.now_s)
        peers.add(peer)
        if known.state in (PeerState.OFFLINE, PeerState.LEFT):
            del peers.present[known.key]
            peers.absent[known.key] = (peer, peers.now_s - known.absent_s)
        else:
            peers.deadlines.set(known.key, peers.now_s + policy.timeout_s + LONGER_S)
