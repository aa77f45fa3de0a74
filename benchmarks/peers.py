"""Peers: how often a living one is told offline on a bad network, how soon a crash is told, and what it costs.

Simulated by agenda (benchmarks/peer_lan.py, benchmarks/swim.py), with the real rules: a week of twenty peers, of whose
packets 0, 5, 10 and 20 % are lost. Beside them stand the plain 180 s timeout, which hears the same beats, and
memberlist with its defaults. What a pass over many timeouts costs is real time, and memory is that of the real state.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from statistics import mean, median

from benchmarks import swim
from benchmarks.peer_lan import POLICY, WEEK_S, Found, Network, crash, week
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run
from posthouse.model.peers import Face, peer_key
from posthouse.rules.peer_signals import Heard, Sign, Tick
from posthouse.rules.peer_table import Peers
from posthouse.rules.peering import next_deadline, step

LOSSES = (0, 5, 10, 20)
PEERS = 20
PLAIN = "the plain timeout of 180 s"

FIGURES = (
    *(
        FigureSpec(
            name=f"peers.false_{loss}",
            what=f"20 peers, {loss} % of packets lost: living peers told offline in a simulated week",
            unit="peers",
            aims=(Aim(bound=Bound.AT_MOST, limit=0 if loss <= 10 else 2),),
        )
        for loss in LOSSES
    ),
    *(
        FigureSpec(
            name=f"peers.{other}_{loss}",
            what=f"the same with {loss} % lost, by {words}",
            unit="peers",
        )
        for other, words in (("plain", PLAIN), ("swim", "memberlist's defaults"))
        for loss in LOSSES
    ),
    *(
        FigureSpec(
            name=f"peers.{what}_{loss}",
            what=f"a crash among 20 peers, {loss} % lost: until it is told{words} (median)",
            unit="s",
            aims=(Aim(bound=Bound.AT_MOST, limit=213),) if what == "crash" else (),
        )
        for what, words in (("crash", ""), ("crash_plain", f" by {PLAIN}"), ("crash_swim", " by memberlist's defaults"))
        for loss in (0, 20)
    ),
    FigureSpec(
        name="peers.pass_1000",
        what="a pass over 1,000 peers that time out at once",
        unit="ms",
        aims=(Aim(bound=Bound.AT_MOST, limit=100),),
    ),
    FigureSpec(
        name="peers.pass_10000",
        what="a pass over 10,000 peers that time out at once",
        unit="ms",
        aims=(Aim(bound=Bound.AT_MOST, limit=1_000),),
    ),
    FigureSpec(name="peers.beat", what="one beat among 10,000 peers", unit="µs"),
    FigureSpec(
        name="peers.memory",
        what="growth of 20 peers' memory from the first simulated day to the last of a week",
        unit="KiB",
        aims=(Aim(bound=Bound.AT_MOST, limit=16),),
    ),
)


async def measure(run: Run) -> list[Measured]:
    """Each loss in turn, then the costs."""
    length_s = run.choose(WEEK_S, WEEK_S / 14)
    found: list[Measured] = []
    for index, loss in enumerate(LOSSES):
        ours = week(loss / 100, seed=loss + 1, length_s=length_s)
        scale = WEEK_S / length_s
        found.append(Measured(name=f"peers.false_{loss}", value=ours.false_offlines * scale))
        found.append(Measured(name=f"peers.plain_{loss}", value=ours.plain_false_offlines * scale))
        deaths, seen_s = swim.false_deaths(
            loss / 100, nodes=PEERS, length_s=WEEK_S, suspicions_max=run.choose(20_000, 1_000), seed=loss + 1
        )
        found.append(Measured(name=f"peers.swim_{loss}", value=deaths * WEEK_S / seen_s))
        run.progress((index + 1) / (len(LOSSES) + 2))
    for loss in (0, 20):
        found += _crashes(loss, times=run.choose(200, 20))
    run.progress(0.85)
    for peers in (1_000, 10_000):
        passes = [_pass_ms(peers) for _ in range(run.choose(5, 2))]
        found.append(Measured(name=f"peers.pass_{peers}", value=median(passes), rounds={"ms": passes}))
    found.append(Measured(name="peers.beat", value=_beat_us()))
    found.append(Measured(name="peers.memory", value=_growth_kib(run.choose(7, 2))))
    run.progress(1.0)
    return found


BENCHMARK = Benchmark(name="peers", figures=FIGURES, measure=measure)


def _crashes(loss: int, *, times: int) -> list[Measured]:
    ours: list[Found] = [crash(loss / 100, seed=seed) for seed in range(times)]
    rounds = {
        "crash": [one.detection_s for one in ours if one.detection_s is not None],
        "crash_plain": [one.plain_detection_s for one in ours if one.plain_detection_s is not None],
        "crash_swim": [swim.detection_s(loss / 100, nodes=PEERS, seed=seed) for seed in range(times)],
    }
    if any(len(seconds) != times for seconds in rounds.values()):
        raise RuntimeError("a crash was never told")
    return [
        Measured(
            name=f"peers.{what}_{loss}",
            value=median(seconds),
            rounds={"least, mean, most": [min(seconds), mean(seconds), max(seconds)]},
        )
        for what, seconds in rounds.items()
    ]


def _table(peers: int) -> Peers:
    """So many peers that were heard in the first second."""
    table = Peers(peer_key("me", "here"), Face(user="me", host="here"), now_s=0.0)
    for n in range(peers):
        step(table, _beat(n, n), n / peers, POLICY)
    return table


def _beat(peer: int, number: int) -> Heard:
    name = f"user{peer}"
    return Heard(
        key=peer_key(name, "host"),
        face=Face(user=name, host="host"),
        address=f"10.{peer // 62500}.{peer // 250 % 250}.{peer % 250}",
        sign=Sign.BEAT,
        number=number,
    )


def _pass_ms(peers: int) -> float:
    """The longest of the passes that it takes until all of them are offline, one that is heard excepted."""
    table = _table(peers)
    longest_s = 0.0
    now_s = 181.5
    for _ in range(12):
        step(table, _beat(0, round(now_s * 1_000)), now_s, POLICY)
        now_s += 1.0
        started_s = time.perf_counter()
        step(table, Tick(), now_s - 0.5, POLICY)
        longest_s = max(longest_s, time.perf_counter() - started_s)
    if len(table.present) != 1:
        raise RuntimeError(f"{len(table.present)} peers are still there")
    return longest_s * 1_000


def _beat_us(beats: int = 20_000) -> float:
    table = _table(10_000)
    signals = [_beat(n * 7 % 10_000, 1_000_000 + n) for n in range(beats)]
    started_s = time.perf_counter()
    for n, signal in enumerate(signals):
        step(table, signal, 2.0 + n / beats, POLICY)
        next_deadline(table, POLICY)
    return (time.perf_counter() - started_s) / beats * 1_000_000


def _growth_kib(days: int) -> float:
    """What the state holds at the end of the last day beyond what it held at the end of the first."""
    tracemalloc.start()
    network = Network(PEERS, 0.05, seed=1)
    network.run(86_400.0)
    gc.collect()
    first = tracemalloc.get_traced_memory()[0]
    network.run(days * 86_400.0)
    gc.collect()
    last = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (last - first) / 1_024
