"""Who on the network gets an answer, when, and what counts as a repeat. Bounded, so that no flood draws a storm.

A packet's sender can be forged, so every answer may go to a victim: each address gets one answer of a sort per window,
and all addresses together `ADDRESSES_MAX` per window; what is over is not answered. The memory is bounded, and
forgets. Times are monotonic seconds.

Packets repeat: senders send them again until a receipt comes, and one broadcast arrives by each of several interfaces.
A repeat is told by (packet number, user, host) within `REPEAT_S`; a number may come again later, since some programs
always use the same one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

from posthouse.model.peers import AnswerKind, PeerKey

REPEAT_S = 10.0
PACKETS_MAX = 8_192
ADDRESSES_MAX = 1_024

WINDOWS_S: Mapping[AnswerKind, float] = {
    # Longer than the longest delay, so that two never wait at once; shorter than the 5 s after which entries repeat.
    AnswerKind.ENTRY: 4.5,
    # Shorter than the second between two probes.
    AnswerKind.RECEIPT: 0.1,
    AnswerKind.INFO: 0.5,
    AnswerKind.ABSENCE: 0.5,
}

DELAY_S_MIN = 0.005
DELAYS_S: tuple[tuple[int, float], ...] = ((50, 1.0), (300, 2.0))
DELAY_S_MAX = 4.0


class PacketKey(NamedTuple):
    """What tells a packet from another: its number and who sent it."""

    number: int
    sender: PeerKey


class SeenPackets:
    """The packets of the last seconds."""

    def __init__(self) -> None:
        self._at_s: OrderedDict[PacketKey, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._at_s)

    def is_repeat(self, packet: PacketKey, now_s: float) -> bool:
        """Whether it was heard within the last `REPEAT_S`; else it is remembered."""
        while self._at_s:
            oldest, at_s = next(iter(self._at_s.items()))
            if now_s - at_s < REPEAT_S:
                break
            del self._at_s[oldest]
        if packet in self._at_s:
            return True
        if len(self._at_s) >= PACKETS_MAX:
            self._at_s.popitem(last=False)
        self._at_s[packet] = now_s
        return False


class Answered:
    """Who was answered in the current windows."""

    def __init__(self) -> None:
        self._at_s: dict[AnswerKind, OrderedDict[str, float]] = {kind: OrderedDict() for kind in AnswerKind}

    def __len__(self) -> int:
        return sum(len(one) for one in self._at_s.values())

    def may(self, kind: AnswerKind, address: str, now_s: float) -> bool:
        """Whether this address may be answered now; if so, that counts as done."""
        at_s = self._at_s[kind]
        while at_s:
            oldest, answered_s = next(iter(at_s.items()))
            if now_s - answered_s < WINDOWS_S[kind]:
                break
            del at_s[oldest]
        if address in at_s or len(at_s) >= ADDRESSES_MAX:
            return False
        at_s[address] = now_s
        return True


def entry_delay_s(hosts: int, chance: float) -> float:
    """How long to wait before an entry is answered, so that many hosts do not answer in one moment.

    `hosts`: how many peers are online. `chance`: 0 to 1, drawn by the caller.
    """
    span_s = next((span_s for fewer_than, span_s in DELAYS_S if hosts < fewer_than), DELAY_S_MAX)
    return DELAY_S_MIN + min(max(chance, 0.0), 1.0) * span_s
