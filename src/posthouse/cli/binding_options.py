"""The options of `posthouse bind` and `rebind`, and what the API is asked for by them.

Each part of a binding (schedule, filter, policy, shape) is built over the one that there is: `rebind` changes what is
given and leaves the rest, `bind` begins with nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import click

from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.values import duration_s, header_pairs, limit_s, weekly_slot, whole_seconds
from posthouse.cli.wording_options import WHERE, WORDING, wording_of

PRESETS = {"full": "full", "summary": "summary", "no-sensitive": "no_sensitive"}

_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}")
_SCHEDULES = ("on_change", "every", "daily", "weekly", "cron")


def binding_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What both commands take."""
    for decorate in reversed(_OPTIONS):
        function = decorate(function)
    return function


def schedule_of(how: Mapping[str, Any], present: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The schedule that is wanted, or {} where none is named. A time keeps the zone that the present one has."""
    given = [name for name in _SCHEDULES if how.get(name)]
    if len(given) > 1:
        flags = " and ".join(f"--{name.replace('_', '-')}" for name in given)
        raise failure("cli.usage", f"{flags} cannot both be.", ExitCode.USAGE)
    by_clock = present if present is not None and present["mode"] != "on_change" else None
    if not given:
        if how["zone"] is None:
            return {}
        if by_clock is None:
            detail = "--zone goes with --daily, --weekly, --cron or --every."
            raise failure("cli.usage", detail, ExitCode.USAGE)
        return {**by_clock, "zone": how["zone"]}
    zone = how["zone"] or (by_clock["zone"] if by_clock is not None else None)
    wanted = {"zone": zone} if zone is not None else {}
    match given[0]:
        case "every":
            return wanted | {"mode": "interval", "everyS": whole_seconds(how["every"])}
        case "daily":
            return wanted | {"mode": "daily", "at": how["daily"]}
        case "weekly":
            day, at = weekly_slot(how["weekly"])
            return wanted | {"mode": "weekly", "day": day} | ({} if at is None else {"at": at})
        case "cron":
            return wanted | {"mode": "cron", "cron": how["cron"]}
        case _:
            return {"mode": "on_change"}


def filter_of(how: Mapping[str, Any], present: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Which events are wanted, or {} where nothing is named."""
    wanted = {"types": list(how["types"]), "origins": list(how["origins"]), "severityMin": how["severity_min"]}
    filter_ = _over(present, {name: value for name, value in wanted.items() if value})
    return filter_ if how["where"] is None else _over(filter_ or present, {"where": how["where"] or None})


def policy_of(how: Mapping[str, Any], present: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """How deliveries are to be tried and judged, or {} where nothing is named."""
    policy: dict[str, Any] = {}
    if how["retry"] is not None:
        waits = how["retry"].strip()
        policy["retryScheduleS"] = [] if waits == "none" else [duration_s(part) for part in waits.split(",")]
    if how["expires_after"] is not None:
        policy["timeToLiveS"] = limit_s(how["expires_after"])
    if how["strict_order"] is not None:
        policy["isStrictOrder"] = how["strict_order"]
    if how["ignore_health"] is not None:
        policy["isHealthRelevant"] = not how["ignore_health"]
    if how["notify"] is not None:
        policy["isNotification"] = how["notify"]
    if how["batch"] is not None:
        policy["batchMax"] = how["batch"]
    if how["batch_wait"] is not None:
        policy["batchWaitS"] = duration_s(how["batch_wait"])
    return _over(present, policy)


def shape_of(how: Mapping[str, Any], present: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What bodies are to look like, or {} where nothing is named. A header without a value is taken out again."""
    old = present or {}
    shape: dict[str, Any] = {}
    if how["format_"]:
        shape["format"] = how["format_"]
    if how["preset"]:
        shape["preset"] = PRESETS[how["preset"]]
    if how["headers"]:
        headers = {**old.get("headers", {}), **{k.lower(): v for k, v in header_pairs(how["headers"]).items()}}
        shape["headers"] = {name: value for name, value in headers.items() if value or not old}
    without, again = set(how["without"]), set(how.get("again", ()))
    if without & again:
        both = ", ".join(sorted(without & again))
        raise failure("cli.usage", f"{both} cannot be both left out and let out.", ExitCode.USAGE)
    if without or again:
        properties = {**old.get("properties", {}), **dict.fromkeys(sorted(without), False)}
        shape["properties"] = {name: value for name, value in properties.items() if name not in again}
    return _over(present, shape | wording_of(how, old))


def silence_of(how: Mapping[str, Any]) -> dict[str, Any]:
    """Of what silence is to be told, or {} where nothing is named."""
    return {} if how["expect_within"] is None else {"silenceS": limit_s(how["expect_within"])}


def _time_of_day(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The time behind --daily, which may be left out; then the word behind it must not be taken for one."""
    if value is None or _TIME.fullmatch(value):
        return value
    detail = f"{value!r} is not a time such as 07:30. Write --daily last, or --daily=07:30."
    raise click.BadParameter(detail, context, parameter)


def _over(present: Mapping[str, Any] | None, given: Mapping[str, Any]) -> dict[str, Any]:
    return {**(present or {}), **given} if given else {}


_OPTIONS = (
    click.option("--every", metavar="TIME", help="Read the source every so often, e.g. '15m'; 60 s at least."),
    click.option(
        "--daily",
        metavar="[HH:MM]",
        is_flag=False,
        flag_value="00:01",
        callback=_time_of_day,
        help="Read it once a day, at 00:01 or then.",
    ),
    click.option("--weekly", metavar="'DAY HH:MM'", help="Read it once a week, e.g. 'mon 09:00'."),
    click.option("--cron", metavar="'EXPR'", help="Read it by a cron expression of five fields."),
    click.option("--zone", metavar="ZONE", help="The time zone that is meant, e.g. Europe/Berlin; else this daemon's."),
    click.option(
        "--filter", "types", multiple=True, metavar="TYPEGLOB", help="Only these event types, e.g. 'build.*'."
    ),
    click.option("--origin", "origins", multiple=True, metavar="GLOB", help="Only from these posters."),
    click.option(
        "--severity-min", type=click.Choice(["info", "success", "warning", "error"]), help="Only these and graver ones."
    ),
    WHERE,
    click.option("--format", "format_", type=click.Choice(["cloudevents", "raw"]), help="How the body is wrapped."),
    *WORDING,
    click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header for these requests."),
    click.option(
        "--preset",
        type=click.Choice(list(PRESETS)),
        help="All that the source lets out, only its summaries, or nothing sensitive.",
    ),
    click.option("--without", multiple=True, metavar="PROPERTY", help="Leave this property of the source out."),
    click.option("--retry", metavar="WAITS", help="The waits between tries, e.g. '5s,1m,10m'; 'none' tries once."),
    click.option("--expires-after", metavar="TIME", help="Give up sending what is older, e.g. '2h'; or 'never'."),
    click.option(
        "--strict-order/--any-order",
        default=None,
        help="One at a time, in order; a failing one holds up the rest. Or not.",
    ),
    click.option(
        "--batch",
        type=click.IntRange(1, 1_000),
        metavar="N",
        help="Let up to N events share a request; 1 sends each by itself.",
    ),
    click.option("--batch-wait", metavar="TIME", help="Wait so long for a batch to fill, e.g. '10s'; else not at all."),
    click.option(
        "--ignore-health/--heed-health", default=None, help="Failures do not count against the endpoint. Or do."
    ),
    click.option(
        "--notify/--no-notify",
        default=None,
        help="They notify a person: sent or held back as the settings notifications.* say. Or not.",
    ),
    click.option(
        "--expect-within",
        metavar="TIME",
        help="Tell when it had nothing to deliver for so long, e.g. '26h'; or 'never'.",
    ),
)
