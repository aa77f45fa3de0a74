"""SWIM as HashiCorp's memberlist runs it with its defaults for a local network, small enough to simulate for a week.

Each second every node asks the next of the others (round robin over a shuffled list): a UDP ping with 500 ms, then,
until the second is over, three others who ask in its place, and one ping over TCP. If all of that fails the node is
suspected, which is gossiped: every 200 ms to three at random, each rumour 4·⌈log10(n+1)⌉ times by each who knows it.
Who hears of the suspicion starts a timer of 6·min, which independent suspicions shorten to min = 4·max(1, log10 n) s
(two suffice). The suspect refutes as soon as it hears of it: by gossip, or from a node that suspects it and pings it.
Every 30 s each node exchanges all it knows with another over TCP, which brings a refutation to whom the gossip missed.

Sources: the SWIM paper (Das, Gupta, Motivala 2002), the Lifeguard paper (Dadgar, Phillips, Currey 2018), memberlist's
documentation of its configuration.

Simplified: packets take no time. The TCP ping succeeds if SYN and its answer are not lost, since a SYN is sent again
too late; the exchange over TCP always does. Probes that succeed are not played one by one: how many there are before
the next that fails altogether is drawn, which is the same. Suspicions do not overlap. Local health, which slows a node
down that loses much, and gossip that rides on pings are left out; both would make false deaths rarer.
"""

from __future__ import annotations

import math
import random

GOSSIP_S = 0.2
GOSSIP_NODES = 3
PROBE_INTERVAL_S = 1.0
EXCHANGE_S = 30.0
INDIRECT = 3
SUSPICION_MULT = 4
SUSPICION_MAX_MULT = 6
RETRANSMIT_MULT = 4
CONFIRMATIONS = SUSPICION_MULT - 2


def fails(loss: float) -> float:
    """The chance that everything that one probe tries fails, though its node is alive."""
    carried = 1.0 - loss
    direct = 1.0 - carried**2
    indirect = 1.0 - carried**4
    tcp = 1.0 - carried**2
    return direct * indirect**INDIRECT * tcp


def suspicion_s(nodes: int, confirmations: int) -> float:
    """How long a suspicion lasts that so many others share."""
    shortest_s = SUSPICION_MULT * max(1.0, math.log10(max(1, nodes))) * PROBE_INTERVAL_S
    longest_s = SUSPICION_MAX_MULT * shortest_s
    share = math.log(confirmations + 1) / math.log(CONFIRMATIONS + 1)
    return max(shortest_s, longest_s - share * (longest_s - shortest_s))


def spread(nodes: int, start: int, loss: float, chance: random.Random) -> list[float]:
    """When each node hears of a rumour that one begins, in seconds; infinite for who never does."""
    heard_s = [math.inf] * nodes
    heard_s[start] = 0.0
    left = [0] * nodes
    left[start] = RETRANSMIT_MULT * math.ceil(math.log10(nodes + 1))
    full = left[start]
    now_s, missing = 0.0, nodes - 1
    while missing and any(left):
        now_s += GOSSIP_S
        for node in [one for one in range(nodes) if left[one] and heard_s[one] < now_s]:
            for other in chance.sample(range(nodes), GOSSIP_NODES):
                if other == node or not left[node]:
                    continue
                left[node] -= 1
                if heard_s[other] == math.inf and chance.random() >= loss:
                    heard_s[other] = now_s
                    left[other] = full
                    missing -= 1
    return heard_s


def false_deaths(loss: float, *, nodes: int, length_s: float, suspicions_max: int, seed: int) -> tuple[int, float]:
    """How many living nodes are declared dead, and in how many simulated seconds.

    It ends after `suspicions_max` suspicions if they are used up before `length_s`.
    """
    chance = random.Random(seed)
    failing = fails(loss)
    if failing == 0.0:
        return 0, length_s
    per_second = nodes / PROBE_INTERVAL_S
    now_s, deaths = 0.0, 0
    for _ in range(suspicions_max):
        now_s += math.ceil(math.log(1.0 - chance.random()) / math.log(1.0 - failing)) / per_second
        if now_s >= length_s:
            return deaths, length_s
        suspect, accuser = chance.sample(range(nodes), 2)
        if _dies(suspect, accuser, nodes, loss, chance):
            deaths += 1
    return deaths, now_s


def _dies(suspect: int, accuser: int, nodes: int, loss: float, chance: random.Random) -> bool:
    """Whether a living suspect's refutation comes too late for some node."""
    rumour = spread(nodes, accuser, loss, chance)
    # Of those who suspect it, about one a second pings it, and says so.
    refutes_s = min(rumour[suspect], PROBE_INTERVAL_S + chance.expovariate((1.0 - loss) / PROBE_INTERVAL_S))
    refuted = spread(nodes, suspect, loss, chance)
    longest_s = suspicion_s(nodes, 0)
    for node in range(nodes):
        if node == suspect or rumour[node] == math.inf:
            continue
        dies_s = rumour[node] + longest_s
        if refutes_s + refuted[node] > dies_s and not _is_told_in_time(refutes_s, dies_s, refuted, chance):
            return True
    return False


def _is_told_in_time(refutes_s: float, dies_s: float, refuted: list[float], chance: random.Random) -> bool:
    """Whether an exchange with one who knows of the refutation comes before the node's timer: its own or another's."""
    exchanges_s = [chance.random() * EXCHANGE_S]
    while exchanges_s[-1] < dies_s:
        exchanges_s.append(exchanges_s[-1] + EXCHANGE_S)
    at_s = chance.expovariate(1.0 / EXCHANGE_S)
    while at_s < dies_s:
        exchanges_s.append(at_s)
        at_s += chance.expovariate(1.0 / EXCHANGE_S)
    return any(at_s < dies_s and refutes_s + chance.choice(refuted) <= at_s for at_s in exchanges_s)


def detection_s(loss: float, *, nodes: int, seed: int) -> float:
    """After how many seconds one node, not the suspect, knows that another has crashed."""
    chance = random.Random(seed)
    observer, crashed = 0, nodes - 1
    # Each other one comes to it once in its round, and suspects it when the second of that probe is over.
    suspected = sorted(
        (chance.random() * (nodes - 1) * PROBE_INTERVAL_S + PROBE_INTERVAL_S, n) for n in range(nodes - 1)
    )
    rumours = [(at_s, spread(nodes, node, loss, chance)) for at_s, node in suspected[: CONFIRMATIONS + 1]]
    known_s = math.inf
    for node in range(nodes):
        if node == crashed:
            continue
        heard = sorted(at_s + rumour[node] for at_s, rumour in rumours)
        expires_s = min(max(heard[n], heard[0] + suspicion_s(nodes, min(n, CONFIRMATIONS))) for n in range(len(heard)))
        known_s = min(known_s, expires_s + spread(nodes, node, loss, chance)[observer])
    return known_s
