"""`/api/gaps`: scheduled runs without a delivery, and a run after all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from posthouse.ledger.runs import pass_over, run_states
from posthouse.model.ids import BindingId, Millis
from posthouse.model.runs import GapReason, Missed, Slot
from tests.http import kinds
from tests.http.house import House

HOOK = "http://127.0.0.1:9/"


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds.register(monkeypatch)


async def _bind(house: House, path: Path, *, zone: str = "Europe/Berlin") -> Any:
    """A binding by the clock of a source that reads the file, whose source is off so that nothing runs meanwhile."""
    path.write_text(json.dumps({"text": "hello"}))
    await house.add_hook(HOOK)
    await house.post("/api/targets/hook/pause")
    await house.post("/api/sources", {"kind": "clocked", "name": "mine", "settings": {"path": str(path)}})
    schedule = {"mode": "daily", "zone": zone}
    made = await house.post("/api/bindings", {"source": "mine", "target": "hook", "schedule": schedule})
    await house.post("/api/sources/mine/disable")
    return made.json


async def _miss(house: House, made: Any, reason: GapReason, *, count: int = 1, detail: str = "") -> Missed:
    """Pass `count` slots over, an hour each behind the one that was settled last."""
    binding_id = BindingId(made["id"])
    state = (await house.database.read(run_states, [binding_id]))[binding_id]
    last = Millis(state.settled.at + count * 3_600_000)
    missed = Missed(first_at=Millis(state.settled.at + 3_600_000), last_at=last, count=count)
    await house.database.run(
        pass_over, state, Slot(last, f"{last}"), missed, reason, house.services.clock.now(), detail=detail
    )
    return missed


async def test_gaps_are_told_in_plain_words_newest_first(house: House, tmp_path: Path) -> None:
    made = await _bind(house, tmp_path / "note.json")
    first = await _miss(house, made, GapReason.MISSED, count=3)
    await _miss(house, made, GapReason.READ_FAILED, detail="No such file: note.json")
    await _miss(house, made, GapReason.NOTHING_NEW)
    await _miss(house, made, GapReason.NOTHING_TO_TELL)
    await _miss(house, made, GapReason.SOURCE_OFF)

    found = (await house.get("/api/gaps")).json

    assert [gap["words"] for gap in found["items"]] == [
        "The source was off",
        "Nothing to tell",
        "Nothing new",
        "Could not be read: No such file: note.json",
        "Missed: the daemon was not running, or the machine slept",
    ]
    oldest = found["items"][-1]
    assert (oldest["bindingId"], oldest["source"], oldest["target"], oldest["endpoint"]) == (
        made["id"], "mine", "hook", "default",
    )  # fmt: skip
    assert (oldest["firstAt"], oldest["lastAt"], oldest["count"]) == (first.first_at, first.last_at, 3)
    assert (oldest["reason"], oldest["zone"], oldest["ranAt"]) == ("missed", "Europe/Berlin", None)
    assert found["nextCursor"] is None


async def test_gaps_are_paged_and_filtered(house: House, tmp_path: Path) -> None:
    made = await _bind(house, tmp_path / "note.json")
    for reason in (GapReason.MISSED, GapReason.NOTHING_NEW, GapReason.SOURCE_OFF):
        await _miss(house, made, reason)
    await house.post("/api/bindings", {"source": "ingest", "target": "hook"})

    first = (await house.get("/api/gaps?limit=2")).json
    rest = (await house.get(f"/api/gaps?limit=2&cursor={first['nextCursor']}")).json

    assert [gap["reason"] for gap in (*first["items"], *rest["items"])] == ["source_off", "nothing_new", "missed"]
    assert rest["nextCursor"] is None
    assert len((await house.get(f"/api/gaps?binding={made['id']}&source=mine")).json["items"]) == 3
    assert (await house.get("/api/gaps?source=ingest")).json["items"] == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("binding=999", 404, "binding.not_found"),
        ("binding=0", 400, "request.invalid"),
        ("binding=x", 400, "request.invalid"),
        ("source=nothing", 404, "source.not_found"),
        ("cursor=x", 400, "request.cursor_invalid"),
        ("limit=501", 400, "request.invalid"),
        ("reason=missed", 400, "request.unknown_parameter"),
    ],
)
async def test_query_that_does_not_fit_is_refused(house: House, query: str, status: int, code: str) -> None:
    answer = await house.get(f"/api/gaps?{query}")

    assert (answer.status, answer.code) == (status, code)


async def test_gap_is_run_after_all_and_says_so(house: House, tmp_path: Path) -> None:
    made = await _bind(house, tmp_path / "note.json")
    await _miss(house, made, GapReason.MISSED)
    (gap,) = (await house.get("/api/gaps")).json["items"]
    before = house.services.clock.now()

    answer = await house.post(f"/api/gaps/{gap['id']}/run")

    (after,) = (await house.get("/api/gaps")).json["items"]
    assert (answer.status, answer.json["deliveries"]) == (200, 1)
    assert before <= after["ranAt"] <= house.services.clock.now()
    assert after == gap | {"ranAt": after["ranAt"]}


async def test_gap_that_cannot_be_run_is_not_marked(house: House, tmp_path: Path) -> None:
    made = await _bind(house, tmp_path / "note.json")
    await _miss(house, made, GapReason.MISSED)
    (gap,) = (await house.get("/api/gaps")).json["items"]
    (tmp_path / "note.json").unlink()

    answer = await house.post(f"/api/gaps/{gap['id']}/run")

    assert (answer.status, answer.code) == (500, "source.unreadable")
    assert (await house.get("/api/gaps")).json["items"] == [gap]


@pytest.mark.parametrize("reference", ["x", "999", "9" * 30, "-1", "0"])
async def test_gap_that_is_not_there_is_404(house: House, reference: str) -> None:
    answer = await house.post(f"/api/gaps/{reference}/run")

    assert (answer.status, answer.code) == (404, "gap.not_found")


async def test_gaps_go_with_their_binding(house: House, tmp_path: Path) -> None:
    made = await _bind(house, tmp_path / "note.json")
    await _miss(house, made, GapReason.MISSED)

    await house.delete(f"/api/bindings/{made['id']}")

    assert (await house.get("/api/gaps")).json["items"] == []


@pytest.mark.parametrize("number", ["0", str(2**53 + 1), str(2**70), "x"])
async def test_a_number_that_no_binding_can_have_is_refused(house: House, number: str) -> None:
    answer = await house.get(f"/api/gaps?binding={number}")

    assert (answer.status, answer.code) == (400, "request.invalid")
