"""n8n: events to the webhooks of active workflows, which are found with an API key.

Workflows are read page by page; those of their Webhook nodes that take a body become endpoints. A request is made as a
webhook's is, but always as `application/json`, the only JSON type that n8n parses. What n8n says of a webhook that is
not there is told apart from a wrong address: such a delivery is tried again, since it arrives once the workflow is
active. Sources: n8n's public API (`packages/cli/src/public-api/v1/openapi.yml`), `packages/cli/src/webhooks` and
`packages/nodes-base/nodes/Webhook`, releases 1.x and 2.x.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from posthouse.model.deliveries import Outcome, OutcomeKind, SentRequest
from posthouse.model.errors import Conflict, SecretsUnavailable
from posthouse.rules.pacing import Bucket
from posthouse.system.outbound import Request
from posthouse.targets.base import CheckResult, Delivered, EndpointDraft, EndpointsUnknown, Parcel, TargetContext
from posthouse.targets.credentials import read_secret, withheld
from posthouse.targets.http_exchange import ask, exchange, shown
from posthouse.targets.n8n_settings import (
    ENDPOINT_FIELDS,
    FIELDS,
    METHODS,
    SECRET_FIELDS,
    N8nSettings,
    WebhookNode,
    parse_settings,
    parse_webhook_node,
)
from posthouse.targets.webhook import USER_AGENT, Content, make, post, render
from posthouse.targets.webhook_settings import NoAuth, WebhookSettings

PAGE_SIZE = 250
PAGES_MAX = 200
PAGE_BYTES_MAX = 8 * 1024 * 1024
"""A page that is longer is asked for again in smaller pieces: workflows come with all their nodes."""

PROBED_MAX = 3
"""How many webhooks are asked after where the API does not answer: one that is registered is enough."""

_KEY_HEADER = "x-n8n-api-key"
_WEBHOOK_TYPE = "n8n-nodes-base.webhook"
_PATH_SAFE = "/:@!$&'()*+,;=~"


class N8nTarget:
    """The kind `n8n`."""

    title = "n8n"
    summary = "Starts n8n workflows that begin with a Webhook node."
    fields = FIELDS
    endpoint_fields = ENDPOINT_FIELDS
    takes_messages = False
    is_health_relevant = True
    can_update = False
    secret_fields = SECRET_FIELDS

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate settings. Raises BadInput naming the field (see `n8n_settings.parse_settings`)."""
        return msgspec.Raw(msgspec.json.encode(parse_settings(settings)))

    def parse_endpoint(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate a webhook's settings. Raises BadInput naming the field."""
        return msgspec.Raw(msgspec.json.encode(parse_webhook_node(settings)))

    def pacing(self, settings: msgspec.Raw) -> Bucket | None:  # noqa: ARG002 - the protocol's
        """n8n says nothing of it."""
        return None

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        """References of the secrets in these settings."""
        return _settings(bytes(settings)).references()

    async def check(self, context: TargetContext) -> CheckResult:
        """Ask for one workflow with the API key; without a key, for n8n's health. No workflow is started.

        Where the key is no longer accepted, or the API is gone, a webhook that is still registered is enough.
        """
        settings = _settings(bytes(context.target.settings))
        try:
            key = await _key(context, settings)
        except (SecretsUnavailable, Conflict) as error:
            return CheckResult(outcome=withheld(error))
        if key is None:
            request = _request(context, f"{settings.url}/healthz", None)
            outcome = await exchange(context.outbound, request, hidden=(), now=context.clock.now())
            outcome = _proved(outcome, _is_health(outcome.excerpt))
        else:
            request = _page_request(context, settings, key, size=1, cursor=None)
            outcome, page = await _ask_page(context, request, key)
            outcome = _judged_api(_proved(outcome, page is not None))
            if outcome.kind is OutcomeKind.AUTH or outcome.code == "n8n_api":
                registered = await _registered(context)
                if registered is not None:
                    return registered
        return CheckResult(outcome=outcome, request=shown(request, secret_header=_KEY_HEADER))

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:
        """The webhooks of all active workflows; none without an API key. Raises EndpointsUnknown."""
        settings = _settings(bytes(context.target.settings))
        try:
            key = await _key(context, settings)
        except (SecretsUnavailable, Conflict) as error:
            raise EndpointsUnknown(withheld(error)) from error
        if key is None:
            return ()
        found: list[EndpointDraft] = []
        for workflow in await _workflows(context, settings, key):
            found += _webhooks(workflow, settings.webhook_base)
        return tuple(found)

    async def preview(self, context: TargetContext, parcel: Parcel) -> SentRequest:
        """The request that `deliver` would make now. Raises SecretsUnavailable, Conflict `target.secret_missing`."""
        node = _node(parcel)
        return (await make(context, _content(parcel), parcel.shape, _to(context, node), method=node.method)).shown

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        """Post the parcel to its webhook."""
        node = _node(parcel)
        sent = await post(context, _content(parcel), parcel.shape, _to(context, node), method=node.method)
        outcome = _judged_webhook(sent.outcomes[0], node)
        return Delivered(outcomes=(outcome,) * len(parcel.items), request=sent.request)


class _Parameters(msgspec.Struct):
    path: Any = ""
    httpMethod: Any = "GET"  # noqa: N815 (n8n's names)
    authentication: Any = "none"


class _Node(msgspec.Struct):
    name: str
    type: str
    id: str = ""
    webhookId: str | None = None  # noqa: N815
    disabled: bool = False
    parameters: msgspec.Raw = msgspec.Raw(b"{}")


class _Version(msgspec.Struct):
    nodes: list[_Node]


class _Workflow(msgspec.Struct):
    """`activeVersion`: what is published, where that may differ from what is being edited."""

    id: str | int
    name: str
    nodes: list[_Node]
    active: bool = True
    isArchived: bool = False  # noqa: N815
    activeVersion: _Version | None = None  # noqa: N815


class _Page(msgspec.Struct):
    data: list[_Workflow]
    nextCursor: str | None = None  # noqa: N815


class _Health(msgspec.Struct):
    status: str


class _Refusal(msgspec.Struct):
    message: str = ""


_decode_page = msgspec.json.Decoder(_Page).decode
_decode_parameters = msgspec.json.Decoder(_Parameters).decode
_decode_health = msgspec.json.Decoder(_Health).decode
_decode_refusal = msgspec.json.Decoder(_Refusal).decode


async def _workflows(context: TargetContext, settings: N8nSettings, key: str) -> list[_Workflow]:
    """All active workflows, within the deadline. Raises EndpointsUnknown."""
    until_s = context.clock.monotonic_s() + context.deadline_s
    found: list[_Workflow] = []
    cursor: str | None = None
    size = PAGE_SIZE
    for _ in range(PAGES_MAX):
        left_s = until_s - context.clock.monotonic_s()
        if left_s <= 0:
            raise EndpointsUnknown(Outcome(kind=OutcomeKind.TRANSIENT, code="timeout"))
        bounded = msgspec.structs.replace(context, deadline_s=left_s)
        request = _page_request(bounded, settings, key, size=size, cursor=cursor)
        outcome, page = await _ask_page(bounded, request, key)
        if page is None and outcome.code == "n8n_long" and size > 1:
            size = max(1, size // 5)
            continue
        if page is None:
            raise EndpointsUnknown(_judged_api(_proved(outcome, False)))
        found += page.data
        cursor = page.nextCursor
        if not cursor:
            return [one for one in found if one.active and not one.isArchived]
    detail = f"There are more than {PAGES_MAX} pages of workflows."
    raise EndpointsUnknown(Outcome(kind=OutcomeKind.REJECTED, code="n8n_long", detail=detail))


async def _ask_page(context: TargetContext, request: Request, key: str) -> tuple[Outcome, _Page | None]:
    outcome, response = await ask(context.outbound, request, hidden=(key,), now=context.clock.now())
    if response is None or outcome.kind is not OutcomeKind.DELIVERED:
        return outcome, None
    if response.is_cut:
        detail = f"A page of workflows is longer than {PAGE_BYTES_MAX:,} bytes."
        return msgspec.structs.replace(outcome, kind=OutcomeKind.REJECTED, code="n8n_long", detail=detail), None
    try:
        return outcome, _decode_page(response.body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return outcome, None


async def _registered(context: TargetContext) -> CheckResult | None:
    """What the first webhook that is registered says, if one of the first few is.

    n8n answers a browser's question before a request from elsewhere (OPTIONS, https://fetch.spec.whatwg.org/#http-cors-protocol)
    with the methods that are registered for the path, and starts nothing.
    """
    for endpoint in context.endpoints[:PROBED_MAX]:
        node = msgspec.json.decode(endpoint.settings, type=WebhookNode)
        headers = (
            ("user-agent", USER_AGENT),
            ("origin", node.url.partition("/webhook/")[0]),
            ("access-control-request-method", node.method),
        )
        request = Request(method="OPTIONS", url=node.url, headers=headers, deadline_s=context.deadline_s)
        outcome, response = await ask(context.outbound, request, hidden=(), now=context.clock.now())
        if response is None or outcome.kind is not OutcomeKind.DELIVERED:
            continue
        methods = response.headers.get("access-control-allow-methods", "")
        if node.method in {one.strip() for one in methods.split(",")}:
            detail = f"n8n's API does not answer to this key, but the webhook of {endpoint.name} is registered."
            outcome = msgspec.structs.replace(outcome, detail=detail)
            return CheckResult(outcome=outcome, request=shown(request, secret_header=None))
    return None


def _page_request(context: TargetContext, settings: N8nSettings, key: str, *, size: int, cursor: str | None) -> Request:
    query = {"active": "true", "limit": str(size)} | ({"cursor": cursor} if cursor else {})
    return _request(context, f"{settings.url}/api/v1/workflows?{urlencode(query)}", key)


def _request(context: TargetContext, url: str, key: str | None) -> Request:
    headers = [("user-agent", USER_AGENT), ("accept", "application/json")]
    if key is not None:
        headers.append((_KEY_HEADER, key))
    return Request(
        method="GET",
        url=url,
        headers=tuple(headers),
        deadline_s=context.deadline_s,
        response_bytes_max=PAGE_BYTES_MAX,
    )


def _webhooks(workflow: _Workflow, base: str) -> list[EndpointDraft]:
    """The webhooks of a workflow that can be posted to as they stand: no expression, no part left to be filled in."""
    nodes = workflow.nodes if workflow.activeVersion is None else workflow.activeVersion.nodes
    found = []
    for node in nodes:
        if node.type != _WEBHOOK_TYPE or node.disabled:
            continue
        parameters = _parameters(node)
        method, path = _method(parameters), _path(workflow, node, parameters)
        if method is None or path is None:
            continue
        settings = WebhookNode(
            url=f"{base}/{quote(path, safe=_PATH_SAFE)}",
            method=method,
            auth=str(parameters.authentication),
            workflow=workflow.name,
            node=node.name,
        )
        found.append(
            EndpointDraft(
                name=f"{workflow.name}: {node.name}",
                identity=f"{workflow.id}/{node.id or node.name}",
                settings=msgspec.Raw(msgspec.json.encode(settings)),
            )
        )
    return found


def _parameters(node: _Node) -> _Parameters:
    try:
        return _decode_parameters(node.parameters)
    except msgspec.MsgspecError:
        return _Parameters()


def _method(parameters: _Parameters) -> Any:
    """The first that carries a body; a node may listen to several. None where it has none."""
    given = parameters.httpMethod
    methods = given if isinstance(given, list) else [given]
    return next((method for method in METHODS if method in methods), None)


def _path(workflow: _Workflow, node: _Node, parameters: _Parameters) -> str | None:
    """The path as n8n registers it (`getNodeWebhookPath`), or None where it is not fixed."""
    if not isinstance(parameters.path, str):
        return None
    path = parameters.path.removeprefix("/").removesuffix("/")
    if parameters.path.startswith("=") or any(part.startswith((":", "..")) or part == "." for part in path.split("/")):
        return None
    if node.webhookId is None:
        return f"{workflow.id}/{quote(node.name.lower(), safe='')}/{path}"
    return path or node.webhookId


def _judged_api(outcome: Outcome) -> Outcome:
    """A 404 of the API says that it is switched off, or is not there."""
    if outcome.status_code == 404:
        return msgspec.structs.replace(outcome, code="n8n_api")
    return outcome


def _judged_webhook(outcome: Outcome, node: WebhookNode) -> Outcome:
    """What n8n's own answer adds to the status code."""
    match outcome.status_code:
        case 404:
            message = _message(outcome.excerpt)
            if "is not registered for" in message:
                return msgspec.structs.replace(outcome, code="n8n_method")
            if "is not registered" in message:
                return msgspec.structs.replace(outcome, kind=OutcomeKind.TRANSIENT, code="n8n_inactive")
        case 401 | 403 if node.auth or outcome.excerpt.startswith(b"Authorization "):
            # The API key is not at fault, so the endpoint waits for a person, and not the target.
            return msgspec.structs.replace(outcome, kind=OutcomeKind.GONE, code="n8n_auth")
    return outcome


def _message(excerpt: bytes) -> str:
    try:
        return _decode_refusal(excerpt).message
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def _proved(outcome: Outcome, is_n8n: bool) -> Outcome:
    if outcome.kind is OutcomeKind.DELIVERED and not is_n8n:
        detail = "Something answered, but it is no n8n."
        return msgspec.structs.replace(outcome, kind=OutcomeKind.REJECTED, code="n8n_other", detail=detail)
    return outcome


def _is_health(excerpt: bytes) -> bool:
    try:
        return bool(_decode_health(excerpt).status)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False


def _node(parcel: Parcel) -> WebhookNode:
    return msgspec.json.decode(parcel.endpoint.settings, type=WebhookNode)


def _content(parcel: Parcel) -> Content:
    return msgspec.structs.replace(render(parcel), content_type="application/json")


def _to(context: TargetContext, node: WebhookNode) -> WebhookSettings:
    """The webhook's address, with the credentials only where its node asks for some, or nobody knows."""
    auth = _settings(bytes(context.target.settings)).auth
    return WebhookSettings(url=node.url, auth=NoAuth() if node.auth == "none" else auth)


async def _key(context: TargetContext, settings: N8nSettings) -> str | None:
    """Raises SecretsUnavailable, Conflict `target.secret_missing`."""
    return None if settings.key is None else await read_secret(context.secrets, settings.key.secret)


@lru_cache(maxsize=512)
def _settings(canonical: bytes) -> N8nSettings:
    """What `parse` made, decoded once."""
    return msgspec.json.decode(canonical, type=N8nSettings)
