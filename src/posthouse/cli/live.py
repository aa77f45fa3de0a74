"""`posthouse live`: what happens, as it happens, one plain line per entry, until interrupted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import click

from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.output import note, say
from posthouse.cli.words import counted, counts_words, instant_words

VERSION = 1
COLOURS = {"success": "green", "warning": "yellow", "error": "red"}
_AGENT_COLOURS = {"waiting": "yellow", "failed": "red"}
_AGENT_WORDS = {
    "working": "is at work",
    "waiting": "waits for you",
    "idle": "is idle",
    "failed": "has failed",
    "ended": "has ended",
}


@click.command(cls=Command)
@click.option("--type", "types", multiple=True, metavar="GLOB", help="Only entries of this type; may be repeated.")
@pass_invocation
def live(invocation: Invocation, types: tuple[str, ...]) -> None:
    """Follow what happens, until interrupted; comes back by itself when the daemon does.

    With --json, one entry a line, as the API sent it.
    """
    from posthouse.cli.live_stream import follow  # 20 ms of http.client that `--help` is spared

    def where() -> tuple[str, str | None]:
        url = invocation.api().url
        return url, invocation.token_for(url)

    unknown: set[tuple[str, object]] = set()
    for entry in follow(where):
        event = entry["event"]
        if types and not any(fnmatchcase(event["type"], one) for one in types):
            continue
        version = event["payload"].get("version")
        if invocation.is_json:
            click.echo(json.dumps(entry, ensure_ascii=False, separators=(",", ":")))
        elif version == VERSION:
            say(f"{instant_words(entry['timestamp'])}  {words_of(event)}", colour=colour_of(event))
        elif (event["type"], version) not in unknown:
            unknown.add((event["type"], version))
            note(f"Entries of type {event['type']}, version {version}, are passed over: this program is older.")


def words_of(event: Mapping[str, Any]) -> str:
    """An entry's event as one line for people."""
    payload = event["payload"]
    match event["type"]:
        case "server_status" | "activity_message":
            return str(payload["message"])
        case "error_event":
            return f"{payload['message']}{_behind(payload.get('details'))}"
        case "delivery_update":
            lane = payload.get("target") or f"endpoint {payload['endpointId']}"
            return f"Deliveries to {lane}: {counts_words(payload['counts'])}"
        case "target_health":
            name = "/".join(part for part in (payload["target"], payload["endpoint"]) if part)
            return f"{name} is {payload['state']}{_behind(payload['detail'] or payload['reason'])}"
        case "source_update" if payload["action"] == "events":
            count = counted(payload["count"], "event")
            return f"Source {payload['source']}: {count} recorded and sent nowhere{_behind(payload['detail'])}"
        case "source_update":
            binding = f" for binding {payload['bindingId']}" if payload["bindingId"] else ""
            return f"Source {payload['source']}: {payload['action']}{binding}{_behind(payload['detail'])}"
        case "agent_update":
            asked = counted(payload["prompts"], "permission") if payload.get("prompts") else ""
            state = f"waits for {asked}" if asked else _AGENT_WORDS.get(payload["state"], f"is {payload['state']}")
            return f"Agent {payload['name']} {state}"
        case "server_update":
            return f"Server {payload['server']}: {payload['state']}{_behind(payload['detail'])}"
        case "wake_update":
            return f"Wake schedule: {payload['state']}{_behind(payload['detail'])}"
        case "settings_update":
            name = payload["name"] or payload["id"]
            value = "" if payload["value"] is None else f" to {json.dumps(payload['value'])}"
            return f"{payload['subject'].capitalize()} {name}: {payload['action']}{value}"
        case "reload":
            return f"Something is missing here ({payload['reason']}): see posthouse status."
        case "cut":
            return str(payload["message"])
        case other:
            told = (f"{key} {value}" for key, value in payload.items() if key not in ("version", "timestamp"))
            return f"{other}: {', '.join(told)}"


def _behind(detail: object) -> str:
    return f": {detail}" if detail else ""


def colour_of(event: Mapping[str, Any]) -> str | None:
    """Red, yellow or green where the entry is bad, doubtful or good news; None where it is neither."""
    if event["type"] == "error_event":
        return "red"
    if event["type"] == "agent_update":
        return _AGENT_COLOURS.get(event["payload"]["state"])
    return COLOURS.get(event["payload"].get("level", ""))
