"""`posthouse wake`: which hours are marked, whom they wake, and what became of the last wake."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.invocation import Group, Invocation, pass_invocation
from posthouse.cli.output import Cell, fields, note, print_json, say, table
from posthouse.cli.values import header_pairs
from posthouse.cli.words import ago, counted, next_words

WAKE = "wake-schedule"
HOURS = 24
MARKED, RESET, NEITHER = "●", "○", "·"
STATE_WORDS: dict[str, tuple[str, str]] = {
    "waiting": ("Waiting", "yellow"),
    "sending": ("Asking", "cyan"),
    "answered": ("Answered", "green"),
    "retrying": ("Failed, will retry", "yellow"),
    "paused": ("Paused", "yellow"),
    "failed": ("Failed", "red"),
    "expired": ("Its time was over", "red"),
    "replaced": ("Replaced by a newer wake", "bright_black"),
    "dismissed": ("Dismissed", "bright_black"),
}
"""What became of an account in a few words, and their colour."""

HOUR = click.IntRange(0, HOURS - 1)


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
@pass_invocation
def wake(invocation: Invocation, context: click.Context, /) -> None:
    """Show the marked hours, the last wake and the retry that is pending."""
    if context.invoked_subcommand is None:
        _print(invocation, invocation.api().get(WAKE))


@wake.command("on")
@click.argument("hour", type=HOUR)
@click.option("--zone", metavar="ZONE", help="The time zone in which the hour is meant, unless it is the daemon's.")
@pass_invocation
def on(invocation: Invocation, hour: int, zone: str | None) -> None:
    """Mark HOUR (0 to 23): accounts are woken at its minutes 0, 15, 30 and 45, every day."""
    body = {"hour": hour, "action": "on"} | ({} if zone is None else {"timeZone": zone})
    _print(invocation, invocation.api().post(WAKE, "toggle", body=body))


@wake.command("off")
@click.argument("hour", type=HOUR)
@pass_invocation
def off(invocation: Invocation, hour: int) -> None:
    """Mark HOUR no longer."""
    _print(invocation, invocation.api().post(WAKE, "toggle", body={"hour": hour, "action": "off"}))


@wake.command("now")
@click.argument("accounts", metavar="[ACCOUNT]…", nargs=-1)
@pass_invocation
def now(invocation: Invocation, accounts: Sequence[str]) -> None:
    """Wake every ACCOUNT that is named, or all of them, now."""
    run = invocation.api().post(WAKE, "wake", body={"accounts": list(accounts)} if accounts else {})
    if invocation.is_json:
        print_json(run)
        return
    say(f"Waking {', '.join(run['accounts'])}.")
    note("What each answers: posthouse wake")


@wake.command("accounts")
@pass_invocation
def accounts(invocation: Invocation) -> None:
    """List whom the wake schedule wakes, and how."""
    found = invocation.api().get(WAKE, "accounts")
    if invocation.is_json:
        print_json(found)
        return
    table(
        ["ACCOUNT", "WINDOW", "ASKED BY", "PROBLEM"],
        [[row["label"], f"{row['windowHours']} h", ask_words(row), row["problem"]] for row in found["items"]],
        empty="Nobody is woken. Add an account: posthouse wake account add LABEL --preset claude",
    )


@wake.group("account", cls=Group)
def account() -> None:
    """Add, remove and check accounts."""


@account.command("add", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": True})
@click.argument("label")
@click.argument("command", metavar="[-- COMMAND…]", nargs=-1, type=click.UNPROCESSED)
@click.option("--preset", type=click.Choice(("claude", "codex")), help="Ask by this agent's own program, very shortly.")
@click.option("--url", metavar="URL", help="Ask by a request.")
@click.option("--method", type=click.Choice(("GET", "HEAD", "POST", "PUT")), help="Of the request.")
@click.option("--body", metavar="TEXT", help="Of the request, JSON or plain text.")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header that is no secret.")
@click.option(
    "--secret-header",
    "secret_headers",
    multiple=True,
    metavar="NAME=VARIABLE",
    help="A header whose value is that of a variable in this shell; it is kept as a secret.",
)
@click.option(
    "--env",
    "variables",
    multiple=True,
    metavar="NAME",
    help="A variable of the program, with the value that it has in this shell; it is kept as a secret.",
)
@click.option("--window", type=click.IntRange(1, 168), metavar="HOURS", help="How long a window of use lasts.")
@pass_invocation
def add(invocation: Invocation, /, **options: Any) -> None:
    """Add an account by its LABEL: a preset, a request, or a program of your own. It is not asked yet."""
    made = invocation.api().post(WAKE, "accounts", body=account_of(options, os.environ))
    if invocation.is_json:
        print_json(made)
        return
    say(f"{made['label']} is woken from now on, by {ask_words(made)}.", colour="green")
    if made["problem"]:
        note(made["problem"], colour="yellow")


@account.command("remove")
@click.argument("account")
@pass_invocation
def remove(invocation: Invocation, account: str) -> None:
    """Wake ACCOUNT no more, and forget its secrets."""
    found = invocation.api().delete(WAKE, "accounts", account)
    if invocation.is_json:
        print_json(found)
    else:
        say(f"{account} is woken no more.")


@account.command("check")
@click.argument("account")
@pass_invocation
def check(invocation: Invocation, account: str) -> int:
    """Ask ACCOUNT now, as a wake would; that begins its window."""
    found = invocation.api().post(WAKE, "accounts", account, "check")
    if invocation.is_json:
        print_json(found)
    elif found["ok"]:
        say(f"{account} answered.", colour="green")
    else:
        say(f"{account} did not: {_said(found)}", colour="red")
    return ExitCode.OK if found["ok"] else ExitCode.FAILED


def account_of(options: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """The account that the options describe, as the API takes it."""
    ways = [name for name in ("preset", "url", "command") if options[name]]
    if len(ways) != 1:
        message = "Say what wakes it: --preset claude, --url URL, or -- COMMAND; one of the three."
        raise failure("cli.usage", message, ExitCode.USAGE)
    body: dict[str, Any] = {"label": options["label"]}
    if options["window"] is not None:
        body["windowHours"] = options["window"]
    given = [name for name in ("method", "body", "headers", "secret_headers") if options[name]]
    if options["url"] is None and given:
        raise failure("cli.usage", f"{_flag(given[0])} is for requests: give --url.", ExitCode.USAGE)
    env = {name: _variable(name, environ) for name in options["variables"]}
    if options["url"] is not None:
        if env:
            raise failure("cli.usage", "--env is for programs: a request has none.", ExitCode.USAGE)
        body["ask"] = _request_of(options, environ)
    elif options["preset"]:
        body |= {"preset": options["preset"]} | ({"env": env} if env else {})
    else:
        body["ask"] = {"kind": "command", "argv": list(options["command"])} | ({"env": env} if env else {})
    return body


def hours_line(view: Mapping[str, Any]) -> tuple[str, str]:
    """The 24 hours in two lines: their numbers, and under each whether it is marked or windows end in it."""
    marked = {int(hour) for hour in view["schedule"]}
    resets = {(hour + view["resetOffsetHours"]) % HOURS for hour in marked}
    signs = [MARKED if hour in marked else RESET if hour in resets else NEITHER for hour in range(HOURS)]
    return " ".join(f"{hour:02}" for hour in range(HOURS)), " ".join(f"{sign} " for sign in signs).rstrip()


def ask_words(row: Mapping[str, Any]) -> str:
    """How an account is asked."""
    ask = row["ask"]
    if row["preset"]:
        return f"the program {row['preset']}"
    return f"{ask['method']} {ask['url']}" if ask["kind"] == "request" else " ".join(ask["argv"])


def _print(invocation: Invocation, view: Mapping[str, Any]) -> None:
    if invocation.is_json:
        print_json(view)
        return
    now_ms = time.time_ns() // 1_000_000
    for line in hours_line(view):
        say(line)
    say(f"{MARKED} woken at :00 :15 :30 :45   {RESET} a window of {view['resetOffsetHours']} h ends")
    say()
    upcoming = [(hour, min(slots.values())) for hour, slots in view["schedule"].items()]
    shown: list[tuple[str, object]] = [
        (f"{int(hour):02}:00", f"next {next_words(at, now_ms, view['zones'][hour])}") for hour, at in upcoming
    ]
    labels = ", ".join(row["label"] for row in view["accounts"])
    shown += [("Accounts", labels or "none: posthouse wake account add LABEL --preset claude")]
    shown += [(f"{row['label']} resets", next_words(row["at"], now_ms)) for row in view["resets"]]
    last, pending = view["lastWake"], view["pendingRetry"]
    shown.append(("Last wake", "none" if last is None else f"{ago(last['firedAt'], now_ms)}: {last['reason']}"))
    if pending is not None:
        left = counted(pending["retriesLeft"], "try left", "tries left")
        when = next_words(pending["nextRetryAt"], now_ms)
        shown.append(("Next retry", f"{when}: {', '.join(pending['accounts'])} ({left})"))
    fields(shown)
    if last is not None and last["results"]:
        say()
        table(["ACCOUNT", "RESULT", "WHAT IT SAID"], [_result_row(row) for row in last["results"]], empty="")
    if not view["isOn"]:
        note("The wake schedule is off: posthouse source enable wake-schedule", colour="yellow")


def _result_row(row: Mapping[str, Any]) -> list[object]:
    return [row["label"], Cell(*STATE_WORDS.get(row["state"], (row["state"], ""))), _said(row)]


def _said(row: Mapping[str, Any]) -> str:
    """Status and words of the other side, on one line."""
    words = " ".join(str(row["error"]).split())
    status = "" if row["status"] is None else f"HTTP {row['status']}"
    return f"{status}: {words}" if status and words else status or words


def _request_of(options: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    ask: dict[str, Any] = {"kind": "request", "url": options["url"]}
    method = options["method"] or ("POST" if options["body"] else None)
    ask |= {} if method is None else {"method": method}
    ask |= {"body": options["body"]} if options["body"] else {}
    ask |= {"headers": header_pairs(options["headers"])} if options["headers"] else {}
    secrets = {}
    for pair in options["secret_headers"]:
        name, equals, variable = pair.partition("=")
        if not equals or not name.strip() or not variable.strip():
            raise failure("cli.usage", f"A secret header is written NAME=VARIABLE, unlike {pair!r}.", ExitCode.USAGE)
        secrets[name.strip()] = _variable(variable.strip(), environ)
    return ask | ({"secret_headers": secrets} if secrets else {})


def _variable(name: str, environ: Mapping[str, str]) -> str:
    if not environ.get(name):
        raise failure("cli.usage", f"The variable {name} has no value in this shell.", ExitCode.USAGE)
    return environ[name]


def _flag(name: str) -> str:
    return f"--{name.removesuffix('s').replace('_', '-')}"
