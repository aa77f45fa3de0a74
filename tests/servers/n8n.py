"""A small n8n, as strict as the real one where Posthouse meets it.

Follows n8n's public API (`packages/cli/src/public-api/v1/openapi.yml`: key, filter, pages with a cursor, at most 250),
`packages/cli/src/webhooks/webhook-request-handler.ts` (the answer to OPTIONS with an Origin) and
`webhook-not-found.error.ts` (what is not registered), `getNodeWebhookPath`, `packages/nodes-base/nodes/Webhook`
(authentication and its words) and `packages/cli/src/middlewares/body-parser.ts` (which bodies are parsed). Left out:
executions, responses made by the workflow, dynamic paths, forms, test webhooks, which it does not know, as a real one
that is not listening.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from tests.receiver import Received, Reply

_QUERY = frozenset({"active", "tags", "name", "projectId", "excludePinnedData", "limit", "cursor"})
_HINT = "The workflow must be active for a production URL to run successfully."


@dataclass
class N8nServer:
    """A server below a path. `workflows` as the API shows them. `credentials`: what header its nodes ask for."""

    path: str = ""
    key: str = ""
    workflows: list[dict[str, Any]] = field(default_factory=list)
    credentials: tuple[str, str] | None = None
    started: list[tuple[str, Any]] = field(default_factory=list)
    """Name of the workflow and the body as its node has it."""

    sizes_asked: list[int] = field(default_factory=list)

    def answer(self, received: Received) -> Reply:
        """For a `Receiver`'s `default`."""
        parts = urlsplit(received.path)
        path = parts.path.removeprefix(self.path)
        if path == "/healthz":
            return _json(200, {"status": "ok"})
        if path == "/api/v1/workflows" and received.method == "GET":
            return self._list(received, parse_qs(parts.query))
        if path.startswith("/webhook/"):
            return self._webhook(received, path.removeprefix("/webhook/").removesuffix("/"))
        if path.startswith("/webhook-test/"):
            return _not_registered(path.removeprefix("/webhook-test/"))
        return Reply(status=404, headers={"content-type": "text/html"}, body=b"<pre>Cannot GET</pre>")

    def _list(self, received: Received, query: dict[str, list[str]]) -> Reply:
        given = received.headers.get("x-n8n-api-key")
        if given is None:
            return _json(401, {"message": "'X-N8N-API-KEY' header required"})
        if given != self.key:
            return _json(401, {"message": "unauthorized"})
        if unknown := query.keys() - _QUERY:
            return _json(400, {"message": f"Unknown query parameter '{min(unknown)}'"})
        size = int(query.get("limit", ["100"])[0])
        if size > 250:
            return _json(400, {"message": "request/query/limit must be <= 250"})
        self.sizes_asked.append(size)
        start = int(query.get("cursor", ["0"])[0])
        found = [one for one in self.workflows if query.get("active") != ["true"] or one["active"]]
        after = start + size
        return _json(200, {"data": found[start:after], "nextCursor": str(after) if after < len(found) else None})

    def _webhook(self, received: Received, path: str) -> Reply:
        registered = self._registered()
        methods = registered.get(path, {})
        if received.method == "OPTIONS":
            allowed = {"access-control-allow-methods": ", ".join(["OPTIONS", *methods])}
            return Reply(status=204, headers=allowed if "origin" in received.headers else {}, body=b"")
        if not methods:
            return _not_registered(f"{received.method} {path}")
        found = methods.get(received.method)
        if found is None:
            known = " or ".join(methods)
            message = f"This webhook is not registered for {received.method} requests. "
            return _json(404, {"code": 404, "message": f"{message}Did you mean to make a {known} request?"})
        workflow, node = found
        if node["parameters"].get("authentication", "none") != "none":
            name, value = self.credentials or ("", "")
            if name not in received.headers:
                return Reply(status=401, body=b"Authorization is required!")
            if received.headers[name] != value:
                return Reply(status=403, body=b"Authorization data is wrong!")
        is_json = received.headers.get("content-type", "").partition(";")[0] == "application/json"
        self.started.append((workflow["name"], json.loads(received.body) if is_json else {}))
        return _json(200, {"message": "Workflow was started"})

    def _registered(self) -> dict[str, dict[str, tuple[dict[str, Any], dict[str, Any]]]]:
        found: dict[str, dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {}
        for workflow in self.workflows:
            for node in workflow["nodes"] if workflow["active"] else ():
                if node["type"] != "n8n-nodes-base.webhook" or node.get("disabled"):
                    continue
                path = node["parameters"].get("path", "").strip("/")
                if "webhookId" not in node:
                    path = f"{workflow['id']}/{quote(node['name'].lower(), safe='')}/{path}"
                given = node["parameters"].get("httpMethod", "GET")
                for method in given if isinstance(given, list) else [given]:
                    place = quote(path or node["webhookId"], safe="/%")
                    found.setdefault(place, {})[method] = (workflow, node)
        return found


def basic(username: str, password: str) -> tuple[str, str]:
    """The header of Basic Auth."""
    return "authorization", "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def workflow(name: str, *nodes: dict[str, Any], active: bool = True, **more: Any) -> dict[str, Any]:
    """A workflow as the API shows it."""
    return {"id": f"w{name}", "name": name, "active": active, "nodes": list(nodes), "settings": {}} | more


def webhook(name: str = "Webhook", **parameters: Any) -> dict[str, Any]:
    """A Webhook node that listens to POST, unless said otherwise."""
    return {
        "id": f"n{name}",
        "name": name,
        "type": "n8n-nodes-base.webhook",
        "typeVersion": 2,
        "position": [0, 0],
        "webhookId": "7f3d",
        "parameters": {"httpMethod": "POST", "path": "orders", "options": {}} | parameters,
    }


def _not_registered(what: str) -> Reply:
    return _json(404, {"code": 404, "message": f'The requested webhook "{what}" is not registered.', "hint": _HINT})


def _json(status: int, body: dict[str, Any]) -> Reply:
    return Reply(status=status, headers={"content-type": "application/json"}, body=json.dumps(body).encode())
