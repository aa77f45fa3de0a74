"""The real daemon is killed without warning, over and over, under load, while its receivers fail: nothing is lost."""

from __future__ import annotations

import http.client
import os
import random
import time
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.processes import ApiError, Daemon, ReceiverProcess, until
from tests.e2e.producers import Producers, events_in, numbers_in

KILLS = 52
RECEIVER_KILLS_EVERY = 9
CONCURRENCY = 8
SCHEDULE_S = [0.2] * 10 + [1.0] * 40
IN_FLIGHT = """
    SELECT endpoint_id, count(DISTINCT coalesce(parcel_id, id)) FROM deliveries
    WHERE status = 'in_flight' GROUP BY endpoint_id
"""


@pytest.mark.timeout(400)
def test_fifty_kills_lose_nothing_and_double_no_more_than_was_in_flight(tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"KILL_SEED={seed}")
    chance = random.Random(seed)
    with (
        Daemon(tmp_path) as daemon,
        ReceiverProcess(tmp_path, "many", fail_rate=0.15, seed=seed) as many,
        ReceiverProcess(tmp_path, "ordered", fail_rate=0.1, seed=seed) as ordered,
        ReceiverProcess(tmp_path, "gathered", fail_rate=0.2, seed=seed) as gathered,
    ):
        for receiver in (many, ordered, gathered):
            receiver.start()
        daemon.start()
        endpoints = {receiver: wire(daemon, receiver) for receiver in (many, ordered, gathered)}
        producers = Producers(daemon, seed=seed)
        producers.start()
        in_flight: Counter[int] = Counter()
        kills = receiver_kills = 0
        while kills < KILLS:
            live_a_while(daemon, chance)
            if kills % RECEIVER_KILLS_EVERY == RECEIVER_KILLS_EVERY - 1:
                receiver_kills += 1
                many.kill()
                time.sleep(chance.uniform(0.1, 1.0))
                many.start()
            daemon.kill()
            kills += 1
            in_flight.update(dict(daemon.ledger_copy(IN_FLIGHT)))
        daemon.start()
        producers.stop()
        until(lambda: has_ended(daemon), "everything has been delivered", deadline_s=120)
        assert daemon.stop() == 0

        check_nothing_is_lost(producers, many, ordered)
        check_parcels(producers, gathered)
        check_ledger(daemon, producers, kills)
        for receiver, endpoint_id in endpoints.items():
            arrived = [one["id"] for one in receiver.received()]
            doubled = len(arrived) - len(set(arrived))
            # A receiver that is killed between writing a request down and answering it makes its sender try again, and
            # on a kept connection once more at once: that is the receiver's own doing.
            allowed = in_flight[endpoint_id] + (2 * CONCURRENCY * receiver_kills if receiver is many else 0)
            print(f"{receiver.name}: {len(arrived)} arrived, {doubled} doubled, {allowed} allowed by {kills} kills")
            assert doubled <= allowed
            check_wire_ids(receiver)
    assert kills >= 50


def wire(daemon: Daemon, receiver: ReceiverProcess) -> int:
    """A target, bound to its kind of events; the id of its endpoint."""
    api, name = daemon.api, receiver.name
    body = {"kind": "webhook", "name": name, "settings": {"url": receiver.url}, "check": False}
    target = api.call("POST", "/api/targets", body)["target"]
    is_ordered = name == "ordered"
    policy = {"retryScheduleS": SCHEDULE_S, "isHealthRelevant": is_ordered, "isStrictOrder": is_ordered}
    if name == "gathered":
        policy |= {"batchMax": 20, "batchWaitS": 0.2}
    wanted = {"types": ["kill.ordered" if is_ordered else "kill.parcel"]}
    api.call("POST", "/api/bindings", {"source": "ingest", "target": name, "filter": wanted, "policy": policy})
    return int(target["endpoints"][0]["id"])


def live_a_while(daemon: Daemon, chance: random.Random) -> None:
    """Let it run, started where it is not; sometimes not even until it answers."""
    if not daemon.is_running:
        daemon.spawn()
    if chance.random() < 0.15:
        time.sleep(chance.uniform(0.0, 1.0))
        return
    until(daemon.is_well, "the daemon answers")
    lift_pause(daemon)
    time.sleep(chance.uniform(0.0, 1.0))


def lift_pause(daemon: Daemon) -> None:
    """What a person does who sees that the receiver is well again."""
    with suppress(OSError, http.client.HTTPException, ApiError):
        daemon.api.call("POST", "/api/targets/ordered/resume")


def has_ended(daemon: Daemon) -> bool:
    lift_pause(daemon)
    has_spooled = any((daemon.home / "spool").glob("*.json"))
    return not has_spooled and daemon.waiting() == 0


def check_nothing_is_lost(producers: Producers, many: ReceiverProcess, ordered: ReceiverProcess) -> None:
    missing = producers.acknowledged - set(numbers_in(many.received()))
    assert not missing, f"{len(missing)} of {len(producers.acknowledged)} acknowledged events never arrived"
    assert len(producers.acknowledged) > 1_000, "there was no load"
    first = list(dict.fromkeys(numbers_in(ordered.received())))
    assert first == [str(n) for n in range(producers.ordered)], "a strict order was broken"


def check_parcels(producers: Producers, gathered: ReceiverProcess) -> None:
    """What goes in batches arrives too, and in fewer requests."""
    received = gathered.received()
    missing = producers.acknowledged - set(numbers_in(received))
    assert not missing, f"{len(missing)} acknowledged events never arrived in a batch"
    sizes = [len(events_in(one)) for one in received]
    print(f"{len(sizes)} batches of up to {max(sizes)} events")
    assert 10 < max(sizes) <= 20
    assert sum(sizes) > 3 * len(sizes), "hardly anything went together"


def check_wire_ids(receiver: ReceiverProcess) -> None:
    """One wire id per event, and the same events per wire id, over all attempts and lives."""
    wire_ids, events = defaultdict(set), defaultdict(set)
    for one in receiver.received():
        event_ids = tuple(event["id"] for event in events_in(one))
        events[one["id"]].add(event_ids)
        for event_id in event_ids:
            wire_ids[event_id].add(one["id"])
    assert {len(found) for found in wire_ids.values()} == {len(found) for found in events.values()} == {1}


def check_ledger(daemon: Daemon, producers: Producers, kills: int) -> None:
    ask = daemon.ledger_copy
    assert ask("PRAGMA integrity_check") == [("ok",)]
    assert ask("PRAGMA foreign_key_check") == []
    assert ask("SELECT DISTINCT status FROM deliveries") == [("delivered",)]
    counted = ask("SELECT binding_id, status, count FROM delivery_counters WHERE count <> 0")
    assert sorted(counted) == sorted(ask("SELECT binding_id, status, count(*) FROM deliveries GROUP BY 1, 2"))
    counted = ask("SELECT source_id, count FROM event_counters WHERE count <> 0")
    assert sorted(counted) == sorted(ask("SELECT source_id, count(*) FROM events GROUP BY 1"))
    by_number = Counter(n for (n,) in ask("SELECT data ->> 'n' FROM events WHERE type = 'kill.parcel'"))
    assert [n for n, count in by_number.items() if count > 1] == [], "one event per key"
    assert producers.keyed <= by_number.keys()
    stopped = "SELECT count(*) FROM events WHERE type = 'daemon.stopped' AND data ->> 'is_clean' = "
    ((told,),) = ask(f"{stopped} 0")
    ((unclean,),) = ask("SELECT count(*) FROM instances WHERE stopped_at IS NULL")
    assert told == unclean, "each unclean stop is told of once"
    assert kills // 2 < told <= kills, "a start that was killed before it noted itself has nothing to tell"
    assert ask(f"{stopped} 1") == [(1,)]
