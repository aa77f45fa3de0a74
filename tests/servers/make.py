"""Make's API and webhooks, as strict as the real ones where Posthouse meets them.

Follows https://developers.make.com/api-documentation (token, organizations, teams, hooks, `pg[limit]` and `pg[offset]`,
errors as JSON) with the records of Make's own SDK, and https://help.make.com/webhooks (200 Accepted, a full queue,
an API key, a webhook that is gone). Left out: scopes, rate limits, mailhooks, responses made by the scenario.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.receiver import Received, Reply

API = "/api/v2/"


@dataclass
class MakeServer:
    """An account with `hooks` by team, and the queues of the webhooks by their udid. `key`: what these ask for."""

    token: str
    hooks: list[dict[str, Any]]
    organizations: list[dict[str, Any]] = field(default_factory=lambda: [{"id": 1, "name": "home", "zone": ZONE}])
    teams: list[dict[str, Any]] = field(default_factory=lambda: [{"id": 7, "name": "My Team", "organizationId": 1}])
    key: str | None = None
    is_full: bool = False
    queue: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, received: Received) -> Reply:
        """For a `Receiver`'s `default`."""
        parts = urlsplit(received.path)
        if parts.path.startswith(API):
            return self._api(received, parts.path.removeprefix(API), parse_qs(parts.query))
        return self._take(received, parts.path.removeprefix("/"))

    def _api(self, received: Received, path: str, query: dict[str, list[str]]) -> Reply:
        if received.headers.get("authorization") != f"Token {self.token}":
            return _json(401, {"detail": "Access denied.", "message": "Unauthorized", "code": "SC401"})
        match path.split("/"):
            case ["organizations"]:
                return _page("organizations", self.organizations, query)
            case ["teams"]:
                wanted = int(query["organizationId"][0])
                return _page("teams", [one for one in self.teams if one["organizationId"] == wanted], query)
            case ["hooks"]:
                team, kind = int(query["teamId"][0]), query["typeName"][0]
                found = [one for one in self.hooks if one["teamId"] == team and one["typeName"] == kind]
                return _page("hooks", found, query)
            case ["hooks", number]:
                for one in self.hooks:
                    if str(one["id"]) == number:
                        return _json(200, {"hook": one})
        return _json(404, {"detail": "Not found.", "message": "Not Found", "code": "IM404"})

    def _take(self, received: Received, udid: str) -> Reply:
        found = next((one for one in self.hooks if one["udid"] == udid), None)
        if found is None or found.get("gone"):
            return Reply(status=410, body=b"Gone")
        if self.key is not None and received.headers.get("x-make-apikey") != self.key:
            return Reply(status=401, body=b"Unauthorized")
        if self.is_full:
            return Reply(status=400, body=b"Queue is full.")
        is_json = received.headers.get("content-type") == "application/json"
        self.queue.append((found["name"], json.loads(received.body) if is_json else None))
        return Reply(body=b"Accepted")


ZONE = "eu1.make.com"


def hook(number: int, udid: str, *, team: int = 7, **more: Any) -> dict[str, Any]:
    """A custom webhook as the API shows it."""
    return {
        "id": number,
        "name": f"hook {number}",
        "teamId": team,
        "udid": udid,
        "type": "web",
        "typeName": "gateway-webhook",
        "enabled": True,
        "gone": False,
        "queueCount": 0,
        "queueLimit": 50,
        "scenarioId": None,
        "scenarioName": None,
        "url": f"https://hook.{ZONE}/{udid}",
    } | more


def _page(name: str, found: list[dict[str, Any]], query: dict[str, list[str]]) -> Reply:
    limit, offset = int(query["pg[limit]"][0]), int(query["pg[offset]"][0])
    paging = {"sortBy": "id", "limit": limit, "sortDir": "asc", "offset": offset}
    return _json(200, {name: found[offset : offset + limit], "pg": paging})


def _json(status: int, body: dict[str, Any]) -> Reply:
    return Reply(status=status, headers={"content-type": "application/json"}, body=json.dumps(body).encode())
