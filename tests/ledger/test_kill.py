"""A process that is killed while it writes: whatever it was answered is there, and the ledger is sound."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from posthouse.ledger.leases import recover
from tests.clock import ManualClock
from tests.ledger.engines import SqliteEngine
from tests.ledger.scene import OWNER, Scene

ROUNDS = 20
PROGRAM = Path(__file__).with_name("inserting.py")


async def test_everything_acknowledged_before_a_kill_is_there(tmp_path: Path, clock: ManualClock) -> None:
    engine = SqliteEngine(tmp_path)
    scene = Scene(await engine.open(), clock)
    await scene.set_up()
    await scene.wire()
    await scene.database.close()
    chance = random.Random(20)
    acknowledged: set[str] = set()

    for number in range(ROUNDS):
        acknowledged |= insert_until_killed(engine.path, f"instance {number}", chance.randrange(1, 400))
        scene = Scene(await engine.open(), clock)
        while (await scene.database.run(recover, OWNER, None, clock.now(), 0.0, scene.author)).count:
            pass
        await scene.database.close()
        assert engine.faults() == []
        assert acknowledged <= {event_id for (event_id,) in engine.rows("SELECT id FROM events")}

    assert len(acknowledged) >= ROUNDS
    assert engine.rows("SELECT event_seq FROM deliveries GROUP BY event_seq HAVING count(*) <> 1") == []
    assert engine.rows("SELECT count(*) FROM deliveries WHERE status = 'in_flight'") == [(0,)]
    assert (
        engine.rows(
            "SELECT d.id FROM deliveries AS d WHERE d.attempts <> "
            "(SELECT count(*) FROM attempts AS a WHERE a.delivery_seq = d.seq)"
        )
        == []
    )


def insert_until_killed(path: Path, owner: str, lines: int) -> set[str]:
    """Let the program insert until it has said so many ids, kill it, and collect all that it said."""
    command = [sys.executable, str(PROGRAM), str(path), owner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        said += process.stdout.readlines()
    return {line.strip() for line in said if line.endswith("\n")}
