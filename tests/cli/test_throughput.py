"""`posthouse throughput`: figures and small pictures of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from posthouse.cli.throughput import sparkline
from tests.cli.support import Scripted, run_cli

HALF_HOUR_MS = 1_800_000
NOTHING = {
    "delivered": 0, "failed": 0, "p50Ms": None, "p95Ms": None, "arrivedP50Ms": None, "arrivedP95Ms": None
}  # fmt: skip


def day(*, totals: dict[str, Any], **buckets: dict[str, Any]) -> dict[str, Any]:
    """A day as the API tells it; `b3` is its fourth bucket."""
    told = [{**NOTHING, "at": place * HALF_HOUR_MS, **buckets.get(f"b{place}", {})} for place in range(48)]
    return {"window": "day", "bucketMs": HALF_HOUR_MS, "buckets": told, "totals": {**NOTHING, **totals}}


def test_figures_stand_beside_their_pictures(home: Path, daemon: Scripted) -> None:
    told = day(
        b0={"delivered": 8, "p50Ms": 20, "p95Ms": 100},
        b46={"failed": 3},
        b47={"delivered": 1, "p50Ms": 40, "p95Ms": 2_400},
        totals={"delivered": 9, "failed": 3, "p50Ms": 20, "p95Ms": 2_400, "arrivedP50Ms": 31, "arrivedP95Ms": 180_000},
    )
    daemon.on("GET", "/api/throughput?window=day", 200, told)

    ran = run_cli("throughput", "--window", "day", home=home)

    assert ran.code == 0, ran.err
    gap = "·" * 45
    assert ran.out.splitlines() == [
        "The last day, one bar for half an hour, the present one last:",
        "              IN ALL",
        f"Delivered     9       █{gap}·▁",
        f"Failed tries  3       ·{gap}█·",
        f"Half within   20 ms   ▄{gap}·█",
        f"95 % within   2.4 s   ▁{gap}·█",
        "From being noticed to having arrived: half within 31 ms, 95 % within 3 min.",
    ]
    assert max(map(len, ran.out.splitlines())) <= 80


def test_hour_takes_two_minutes_to_a_bar(home: Path, daemon: Scripted) -> None:
    buckets = [{**NOTHING, "at": minute * 60_000} for minute in range(60)]
    buckets[0] |= {"delivered": 1, "p50Ms": 10, "p95Ms": 10}
    buckets[1] |= {"delivered": 1, "p50Ms": 30, "p95Ms": 30}
    buckets[59] |= {"delivered": 2, "p50Ms": 15, "p95Ms": 15}
    totals = {**NOTHING, "delivered": 4, "p50Ms": 15, "p95Ms": 30, "arrivedP50Ms": 15, "arrivedP95Ms": 30}
    told = {"window": "hour", "bucketMs": 60_000, "buckets": buckets, "totals": totals}
    daemon.on("GET", "/api/throughput?window=hour", 200, told)

    lines = run_cli("throughput", home=home).out.splitlines()

    assert [line.split()[-1] for line in lines[2:6]] == [
        f"█{'·' * 28}█",
        "·" * 30,
        f"█{'·' * 28}▄",
        f"█{'·' * 28}▄",
    ]


def test_of_one_target_as_json(home: Path, daemon: Scripted) -> None:
    told = day(totals={})
    daemon.on("GET", "/api/throughput?window=day&target=n8n", 200, told)

    ran = run_cli("throughput", "--window", "day", "--target", "n8n", "--json", home=home)

    assert (ran.code, ran.json) == (0, told)


def test_nothing_sent_is_said_in_words(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", "/api/throughput?window=day", 200, day(totals={}))

    ran = run_cli("throughput", "--window", "day", home=home)

    assert (ran.code, ran.out) == (0, "The last day: nothing was sent.\n")


@pytest.mark.parametrize(
    ("values", "picture"),
    [([], ""), ([0, None], "··"), ([1], "█"), ([1, 1_000], "▁█"), ([1, 2, 3, 4, 5, 6, 7, 8], "▁▂▃▄▅▆▇█")],
)
def test_highest_value_has_the_tallest_bar_and_a_small_one_is_still_seen(
    values: list[int | None], picture: str
) -> None:
    assert sparkline(values) == picture
