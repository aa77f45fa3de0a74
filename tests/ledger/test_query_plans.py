"""What is asked on every turn of a lane costs the same at ten thousand rows and at a million: by index or by row, never
by a walk through the table. Proven by SQLite's own plan (https://www.sqlite.org/eqp.html)."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from posthouse.ledger.sqlite.migrate import load_migrations, migrate
from posthouse.ledger.statements import load_statements

BY_ROW = "INTEGER PRIMARY KEY"

USES = {
    # statement: what it must find the deliveries or events by
    "claimable": ("deliveries_due",),
    "next_due": ("deliveries_due",),
    "next_probed": ("deliveries_due",),
    "mark_claimed": (BY_ROW,),
    "read_claimed": (BY_ROW,),
    "read_receipts": (BY_ROW,),
    "standing_leases": (BY_ROW,),
    "write_results": (BY_ROW,),
    "release": (BY_ROW,),
    "next_due_deliveries": ("deliveries_due",),
    "delivery_seed": (BY_ROW,),
    "waiting_members": ("deliveries_of_parcel",),
    "open_deliveries": ("deliveries_open",),
    "next_in_line": ("deliveries_in_line",),
    "mark_parcel": (BY_ROW,),
    "part": (BY_ROW,),
    "let_full_go": ("deliveries_open", BY_ROW),
    "gather": ("deliveries_by_status",),
    "parcels_of_events": ("deliveries_of_event",),
    "remove_parcels": ("attempts_of_parcel", "deliveries_of_parcel"),
    "data_size": (BY_ROW,),
    "expired_leases": ("deliveries_leased",),
    "next_lease_end": ("deliveries_leased",),
    "orphaned_leases": (),
    "promote_head": (BY_ROW, "deliveries_in_line"),
    "expire": (BY_ROW, "deliveries_expiring"),
    "next_expiry": ("deliveries_expiring",),
    "clamp_due": ("deliveries_due",),
    "endpoints_due": ("deliveries_due",),
    "supersede": ("deliveries_superseding",),
    "let_superseded_end": ("deliveries_leased", BY_ROW),
    "deliveries_of_key": ("deliveries_of_event",),
    "retries_of_bindings": ("deliveries_superseding",),
    "read_answers": (BY_ROW,),
    "deliveries_of_prompts": ("deliveries_of_prompt",),
    "note_notices": (BY_ROW,),
    "withdraw": (BY_ROW,),
    "let_no_other_try_follow": (BY_ROW,),
    "newest_fingerprint": ("deliveries_of_binding",),
    "find_keys": (BY_ROW,),
    "get_event": ("events_id",),
    "events_behind": ("events_followed",),
    "get_delivery": ("deliveries_id", BY_ROW),
    "find_deliveries": ("deliveries_id", "deliveries_of_event"),
    "deliveries_of_event": ("events_id", "deliveries_of_event"),
    "revive": (BY_ROW,),
    "hasten": (BY_ROW,),
    "hasten_failed": (BY_ROW, "deliveries_due"),
    "next_generation": (BY_ROW,),
    "dismiss": ("deliveries_by_status",),
    "gave_up_facts": (BY_ROW,),
    "old_events": ("INTEGER PRIMARY KEY", "deliveries_of_event", "deliveries_of_binding"),
    "remove_attempts": ("deliveries_of_event",),
    "remove_bodies": ("bodies_of_event",),
    "remove_deliveries": (BY_ROW, "deliveries_of_event"),
    "remove_events": (BY_ROW,),
    "remove_keys": (BY_ROW,),
    "events_by_source": (BY_ROW, "deliveries_of_event"),
    "deliveries_between": (BY_ROW,),
    "deliveries_in_status": ("deliveries_by_status",),
    "deliveries_under_binding": ("deliveries_of_binding",),
    "deliveries_known_as": ("deliveries_id", "events_id", "deliveries_of_event"),
    "delivery_from": (BY_ROW,),
    "match_deliveries": (BY_ROW,),
    "read_deliveries": (BY_ROW,),
    "events_between": (BY_ROW,),
    "events_known_as": ("events_id",),
    "event_from": (BY_ROW,),
    "match_events": (BY_ROW,),
    "read_events": (BY_ROW, "deliveries_of_event"),
    "read_throughput": ("PRIMARY KEY (project_id=? AND at>? AND at<?)",),
    "first_unfolded": ("PRIMARY KEY (project_id=? AND at<?)",),
    "fold_throughput": ("PRIMARY KEY (project_id=? AND at>? AND at<?)",),
    "remove_folded": ("PRIMARY KEY (project_id=? AND at>? AND at<?)",),
    "remove_throughput": ("PRIMARY KEY (project_id=? AND at<?)",),
}
GROWING = {"deliveries", "events", "attempts", "bodies", "idempotency_keys", "d", "e", "n", "i", "a", "b", "throughput"}
"""What grows without limit, and what the statements call it."""

SMALL = ("VIRTUAL TABLE", "endpoints", "bindings")

FILLING = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO events SELECT 2 * i, 'e' || i, 1, 1, '', 'm', 't', i, i, 'info', NULL, NULL, NULL, NULL, NULL, NULL, 0,
        '{}' FROM n;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO deliveries (seq, id, project_id, event_seq, binding_id, endpoint_id, revision, generation, status,
        available_at, attempts, charged, in_line, is_maybe_sent, fence, created_at, updated_at)
    SELECT 2 * i + 1, 'd' || i, 1, 2 * i, 1, 1, 1, 1, iif(i % 50, 'delivered', 'pending'), i, 0, 0, 0, 0, 0, i, i
    FROM n;
    ANALYZE;
"""


@pytest.fixture(scope="module", params=["fresh", "analysed"])
def connection(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> apsw.Connection:
    """A ledger without statistics, and one whose statistics may lead the planner elsewhere."""
    path: Path = tmp_path_factory.mktemp("plans") / "ledger.db"
    opened = apsw.Connection(str(path))
    migrate(opened, load_migrations())
    if request.param == "analysed":
        opened.execute(FILLING)
    return opened


@pytest.mark.parametrize("statement", USES)
def test_statement_is_answered_from_its_index(connection: apsw.Connection, statement: str) -> None:
    plan = plan_of(connection, statement)

    walks = [step for step in plan if is_walk(step)]
    assert walks == [], plan
    for index in USES[statement]:
        assert any(index in step for step in plan), plan


@pytest.mark.parametrize(
    "statement",
    [
        *("claimable", "next_due_deliveries", "open_deliveries", "next_in_line", "next_probed", "hasten_failed"),
        *("deliveries_between", "deliveries_in_status", "deliveries_under_binding", "events_between"),
        *("match_deliveries", "match_events", "read_deliveries", "read_events"),
    ],
)
def test_order_comes_from_the_index_and_is_not_sorted(connection: apsw.Connection, statement: str) -> None:
    assert [step for step in plan_of(connection, statement) if "TEMP B-TREE" in step] == []


def plan_of(connection: apsw.Connection, statement: str) -> list[str]:
    """SQLite's plan of a named statement, line by line, with every parameter unknown."""
    sql = load_statements("posthouse.ledger.sqlite")[statement]
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", _Unknown()).fetchall()
    return [str(row[3]) for row in rows]


def is_walk(step: str) -> bool:
    """Whether a step of a plan goes through the whole of a table that grows."""
    verb, _, rest = step.partition(" ")
    return verb == "SCAN" and rest.split(" ")[0] in GROWING and not any(name in rest for name in SMALL)


class _Unknown(dict[str, object]):
    def __missing__(self, key: str) -> None:
        return None
