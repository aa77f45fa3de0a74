"""`python -m benchmarks.wake_comparison`: one year of wake slots by our rules and by what else could have been used.

All 96 quarters of an hour are asked for, each by itself, in zones whose clocks change in different ways. What each way
of keeping time says is held against a list that none of them makes: every quarter of an hour of the year is gone
through, and what the wall shows is noted. Prints the table of docs/wake-comparison.md; takes a minute or two.

    missed    a local date on which the slot did not fire
    doubled   a fire too many on a date
    drifted   a fire at another instant than the first at which the wall shows the slot's time or, where it never does,
              the first behind the gap

APScheduler is fetched from PyPI into a folder that is removed afterwards. systemd is asked by `systemd-analyze
calendar`; where there is none, it is left out and that is said. Only the calendars are compared: what is done about
sleeps and restarts stands in the page.
"""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
import tempfile
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cronsim import CronSim

from posthouse.model.ids import Millis
from posthouse.rules.wake import MINUTES, Run, Tick, Toggle, WakePolicy, WakeState, next_look, step

APSCHEDULER = "apscheduler==3.11.3"
SCRATCH = Path(__file__).resolve().parent / "scratch"
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
YEARS = {"Europe/Berlin": 2026, "Australia/Lord_Howe": 2026, "America/Santiago": 2026, "Pacific/Apia": 2011}

SlotOfDay = tuple[int, int]
Fires = Mapping[SlotOfDay, Sequence[int]]
"""When each (hour, minute) fires, in Unix seconds."""


class Tally(NamedTuple):
    """What went wrong in a year."""

    missed: int
    doubled: int
    drifted: int


def main() -> None:
    """Print the table."""
    SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH, prefix="wake-comparison-") as folder:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, APSCHEDULER]
        subprocess.run([*command, "--disable-pip-version-check"], check=True)
        sys.path.append(folder)
        print("| zone, year | slots | by | missed | doubled | drifted |\n|---|---:|---|---:|---:|---:|")
        for zone, year in YEARS.items():
            due = expected(zone, year)
            slots = sum(map(len, due.values()))
            for name, ask in ways().items():
                found = tally(due, ask(zone, year))
                print(f"| {zone}, {year} | {slots:,} | {name} | {found.missed} | {found.doubled} | {found.drifted} |")


def ways() -> dict[str, Callable[[str, int], Fires]]:
    """Each way of keeping time, by its name."""
    found: dict[str, Callable[[str, int], Fires]] = {
        "Posthouse": by_our_rules,
        f"APScheduler {version('apscheduler')}, `CronTrigger`": each_slot(by_apscheduler),
        f"cronsim {version('cronsim')}, with a zone": each_slot(by_cronsim),
        "24 hours after the last one": each_slot(by_adding_a_day),
    }
    if shutil.which("systemd-analyze") is None:
        print("There is no systemd-analyze here: systemd is left out.", file=sys.stderr)
        return found
    said = subprocess.run(["systemd-analyze", "--version"], check=True, capture_output=True, text=True).stdout
    return found | {f"systemd {said.split()[1]}, `OnCalendar`": each_slot(by_systemd)}


def expected(zone_name: str, year: int) -> Fires:
    """When each slot is due on each of its dates, by what the wall shows quarter by quarter."""
    zone, (start, end) = ZoneInfo(zone_name), bounds(zone_name, year)
    due: dict[datetime, int] = {}
    shown = (start - 2 * DAY).astimezone(zone).replace(tzinfo=None)
    dates = set()
    for moment in quarters(start - 2 * DAY, end + 2 * DAY):
        before, shown = shown, moment.astimezone(zone).replace(tzinfo=None)
        dates.add(shown.date())
        due.setdefault(shown, int(moment.timestamp()))
        left_out = before + QUARTER
        while left_out < shown:
            due.setdefault(left_out, int(moment.timestamp()))
            left_out += QUARTER
    fires: dict[SlotOfDay, list[int]] = {}
    for wall, at in sorted(due.items()):
        if wall.date() in dates and start.timestamp() <= at < end.timestamp():
            fires.setdefault((wall.hour, wall.minute), []).append(at)
    return fires


def tally(due: Fires, fires: Fires) -> Tally:
    """Each fire is held against the due one that is nearest to it."""
    missed = doubled = drifted = 0
    for slot, wanted in due.items():
        met: Counter[int] = Counter()
        for at in fires.get(slot, ()):
            behind = bisect_left(wanted, at)
            nearest = min(wanted[max(behind - 1, 0) : behind + 1], key=lambda one: (abs(one - at), one))
            met[nearest] += 1
            drifted += met[nearest] == 1 and nearest != at
        missed += len(wanted) - len(met)
        doubled += met.total() - len(met)
    return Tally(missed=missed, doubled=doubled, drifted=drifted)


def by_our_rules(zone_name: str, year: int) -> Fires:
    """The wake schedule with every hour marked, looked at whenever it wants to be."""
    zones, (start, end) = {zone_name: ZoneInfo(zone_name)}, bounds(zone_name, year)
    state, policy, fires = WakeState(), WakePolicy(), dict[SlotOfDay, list[int]]()
    for hour in range(24):
        now = Millis(int(start.timestamp() * 1_000) - 1)
        state, _ = step(state, Toggle(hour=hour, is_on=True, zone=zone_name), now, policy, zones)
    while (now_or_none := next_look(state)) is not None and now_or_none < end.timestamp() * 1_000:
        state, effects = step(state, Tick(), now_or_none, policy, zones)
        for run in effects:
            assert isinstance(run, Run)
            for one in run.slots:
                fires.setdefault((one.hour, one.minute), []).append(now_or_none // 1_000)
    return fires


def by_apscheduler(slot: SlotOfDay, zone: str, start: datetime, end: datetime) -> Iterator[int]:
    """CronTrigger with an hour, a minute and a zone, asked as its scheduler asks."""
    trigger = importlib.import_module("apscheduler.triggers.cron").CronTrigger(
        hour=slot[0], minute=slot[1], timezone=ZoneInfo(zone)
    )
    fire = trigger.get_next_fire_time(None, start)
    while fire is not None and fire < end:
        yield int(fire.timestamp())
        fire = trigger.get_next_fire_time(fire, fire.astimezone(UTC) + timedelta(milliseconds=5))


def by_cronsim(slot: SlotOfDay, zone: str, start: datetime, end: datetime) -> Iterator[int]:
    """`MINUTE HOUR * * *` from an instant of the zone."""
    for fire in CronSim(f"{slot[1]} {slot[0]} * * *", start.astimezone(ZoneInfo(zone)) - timedelta(minutes=1)):
        if fire >= end:
            return
        if fire >= start:
            yield int(fire.timestamp())


def by_systemd(slot: SlotOfDay, zone: str, start: datetime, end: datetime) -> Iterator[int]:
    """The next elapses of `*-*-* HH:MM:00 ZONE`."""
    base = (start - timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S UTC")
    command = ["systemd-analyze", "calendar", "--iterations=370", f"--base-time={base}"]
    said = subprocess.run(
        [*command, f"*-*-* {slot[0]:02}:{slot[1]:02}:00 {zone}"],
        check=True,
        capture_output=True,
        text=True,
        env={"TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    ).stdout
    for told in re.findall(r"(?:Next elapse|Iter\. #\d+): \w{3} ([-\d]+ [:\d]+) UTC", said):
        fire = datetime.strptime(told, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        if fire < end:
            yield int(fire.timestamp())


def by_adding_a_day(slot: SlotOfDay, zone: str, start: datetime, end: datetime) -> Iterator[int]:
    """The slot of the first date, and then every 24 hours."""
    first = start.astimezone(ZoneInfo(zone)).replace(hour=slot[0], minute=slot[1])
    fire = first.astimezone(UTC)
    while fire < end:
        yield int(fire.timestamp())
        fire += DAY


def each_slot(by: Callable[[SlotOfDay, str, datetime, datetime], Iterator[int]]) -> Callable[[str, int], Fires]:
    """The same for all 96 slots of a day."""
    return lambda zone, year: {
        (hour, minute): list(by((hour, minute), zone, *bounds(zone, year))) for hour in range(24) for minute in MINUTES
    }


def bounds(zone_name: str, year: int) -> tuple[datetime, datetime]:
    """From the year's first local midnight to the next year's, without the latter."""
    zone = ZoneInfo(zone_name)
    start, end = (datetime(one, 1, 1, tzinfo=zone) for one in (year, year + 1))
    return start.astimezone(UTC), end.astimezone(UTC)


def quarters(start: datetime, end: datetime) -> Iterator[datetime]:
    """Every quarter of an hour of a time."""
    while start < end:
        yield start
        start += QUARTER


if __name__ == "__main__":
    main()
