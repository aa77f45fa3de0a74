"""What is answered to whom, and what is a repeat."""

from __future__ import annotations

import pytest

from posthouse.model.peers import AnswerKind, PeerState
from posthouse.rules.peer_answers import ADDRESSES_MAX as ANSWERED_MAX
from posthouse.rules.peer_answers import PACKETS_MAX, REPEAT_S, entry_delay_s
from posthouse.rules.peer_policy import PeeringPolicy
from posthouse.rules.peer_signals import Answer, Changed, Received, Sign
from tests.rules.lan import Lan, key, told

ONLINE = PeerState.ONLINE


def test_a_repeat_only_adds_an_address() -> None:
    lan = Lan()
    lan.hear("ann", 0, Sign.ENTRY, number=7, address="10.0.0.1")

    again = lan.hear("ann", 0.1, Sign.ENTRY, number=7, address="10.0.1.1")

    assert [type(one) for one in again] == [Changed]
    assert lan.hear("ann", 0.2, Sign.ENTRY, number=7, address="10.0.1.1") == []
    assert lan.hear("bob", 0.2, Sign.OTHER, number=7) == []


def test_a_number_that_comes_again_later_is_no_repeat() -> None:
    lan = Lan()
    for at_s in range(0, 600, 60):
        lan.until(at_s)
        lan.hear("ann", at_s, number=1)

    assert lan.state("ann") is ONLINE


def test_who_has_left_may_come_back_with_the_number_that_it_had() -> None:
    lan = Lan()
    lan.hear("ann", 0, Sign.ENTRY, number=1)
    lan.hear("ann", 1, Sign.EXIT, number=2)
    lan.until(6)

    back = lan.hear("ann", 7, Sign.ENTRY, number=1)

    assert told(back) == [("ann", ONLINE, None)]
    assert [one.kind for one in back if isinstance(one, Answer)] == [AnswerKind.ENTRY]
    assert lan.hear("ann", 7.1, Sign.ENTRY, number=1) == []


def test_a_message_is_received_once_and_its_receipt_is_sent_again() -> None:
    lan = Lan()
    first = lan.hear("ann", 0, Sign.MESSAGE, number=5, wants_receipt=True)
    again = lan.hear("ann", 2, Sign.MESSAGE, number=5, wants_receipt=True)
    unasked = lan.hear("ann", 4, Sign.MESSAGE, number=6)

    receipt = Answer(kind=AnswerKind.RECEIPT, address="10.0.0.67", after_s=0.0, number=5)
    assert first == [Received(key=key("ann"), number=5), receipt]
    assert again == [receipt]
    assert unasked == [Received(key=key("ann"), number=6)]


@pytest.mark.parametrize(
    ("sign", "kind"), [(Sign.INFO_ASKED, AnswerKind.INFO), (Sign.ABSENCE_ASKED, AnswerKind.ABSENCE)]
)
def test_questions_are_answered_at_once_and_once_in_half_a_second(sign: Sign, kind: AnswerKind) -> None:
    lan = Lan()

    assert lan.hear("ann", 0, sign, number=9) == [Answer(kind=kind, address="10.0.0.67", after_s=0.0, number=9)]
    assert lan.hear("ann", 0.4, sign) == []
    assert len(lan.hear("ann", 1.0, sign)) == 1


@pytest.mark.parametrize(
    ("hosts", "chance", "delay_s"),
    [(0, 0.0, 0.005), (49, 1.0, 1.005), (50, 1.0, 2.005), (299, 0.5, 1.005), (300, 1.0, 4.005), (9, 7.0, 1.005)],
)
def test_an_entry_is_answered_after_a_while_that_grows_with_the_hosts(
    hosts: int, chance: float, delay_s: float
) -> None:
    assert entry_delay_s(hosts, chance) == pytest.approx(delay_s)


def test_an_entry_is_answered_once_per_window() -> None:
    lan = Lan()
    first = lan.hear("ann", 0, Sign.ENTRY, chance=0.5)

    assert [one.after_s for one in first if isinstance(one, Answer)] == [pytest.approx(0.505)]
    assert lan.hear("bob", 4.4, Sign.ENTRY, address="10.0.0.67", chance=0.5)[1:] == []
    assert isinstance(lan.hear("ann", 5.0, Sign.ENTRY)[-1], Answer)


def test_beats_and_goodbyes_draw_no_answer() -> None:
    lan = Lan()

    drawn = [lan.hear("ann", 1, sign) for sign in (Sign.BEAT, Sign.ENTRY_ANSWER, Sign.OTHER, Sign.EXIT)]

    assert not any(isinstance(one, Answer) for effects in drawn for one in effects)


def test_a_flood_of_forged_entries_draws_few_answers_and_little_memory() -> None:
    lan = Lan(PeeringPolicy(peers_max=100))
    answers = 0
    for n in range(20_000):
        effects = lan.hear(f"u{n}", n / 20_000, Sign.ENTRY, address=f"10.{n // 65536}.{n // 256 % 256}.{n % 256}")
        answers += sum(isinstance(one, Answer) for one in effects)

    assert answers == ANSWERED_MAX
    assert len(lan.peers.answered) == ANSWERED_MAX
    assert len(lan.peers.packets) == PACKETS_MAX
    assert (len(lan.peers), lan.peers.refused) == (100, 19_900)
    lan.hear("late", REPEAT_S + 60)
    lan.hear("late", REPEAT_S + 60, Sign.INFO_ASKED)
    assert len(lan.peers.packets) == 2
    assert isinstance(lan.hear("later", REPEAT_S + 61, Sign.ENTRY)[-1], Answer)
