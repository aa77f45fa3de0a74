"""The API as one ASGI application: the hot route and the stream beside the framework, and one gate before all.

    POST /api/events ──▶ IngestRoute (bare ASGI)
    GET /api/live    ──▶ StreamRoute (bare ASGI)
    /api…            ──▶ gate (Host, Origin, token or session) ──▶ Litestar: one module per noun, OpenAPI at /api/schema
    GET elsewhere    ──▶ gate (Host) ──▶ the dashboard's files

Every answer that is a refusal is problem details (`problems`). GET needs a token of scope read, all else one of admin
(but for what a reader of the stream posts); `/api/health` and the exchange of a login code for a session need none.
Built from `Services` and nothing else; it holds no state of its own.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Litestar
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from posthouse.http import (
    agents,
    bindings,
    deliveries,
    endpoints,
    events,
    gaps,
    health,
    live,
    notifications,
    peers,
    plan,
    server_output,
    server_sessions,
    servers,
    sessions,
    settings,
    sign_ins,
    source_kinds,
    sources,
    status,
    target_kinds,
    targets,
    templates,
    throughput,
    tokens,
    wake,
    wake_accounts,
)
from posthouse.http.ingest import IngestRoute, Message, Receive, Scope, Send
from posthouse.http.problems import MEDIA_TYPE, answer_error, expected, headers_of, problem_of
from posthouse.http.requests import BODY_BYTES_MAX, StrictRequest, refuse_unknown_parameters
from posthouse.http.schema import SchemaPlugin, with_ingest
from posthouse.http.services import Services
from posthouse.http.stream import StreamRoute
from posthouse.http.web import DASHBOARD, Dashboard
from posthouse.ledger.tokens import TokenScope
from posthouse.model.errors import NotFound, PosthouseError

EVENTS_PATH = "/api/events"
HEALTH_PATH = "/api/health"
SESSIONS_PATH = "/api/sessions"
LIVE_PATH = "/api/live"
READERS_PATHS = frozenset({"/api/live/ack", "/api/live/ping"})
"""What is posted by whoever only reads: it changes nothing but what this reader is shown."""

SCHEMA_PATH = "/api/schema"

HANDLERS = [
    agents.list_agents,
    bindings.list_all_bindings,
    bindings.create_binding,
    bindings.get_one_binding,
    bindings.change_binding,
    bindings.delete_binding,
    bindings.run_binding,
    plan.plan_binding,
    plan.plan_change,
    deliveries.list_deliveries,
    deliveries.count_deliveries,
    deliveries.get_one_delivery,
    deliveries.replay_deliveries,
    deliveries.dismiss_deliveries,
    endpoints.list_target_endpoints,
    endpoints.create_endpoint,
    endpoints.refresh_target_endpoints,
    endpoints.delete_endpoint,
    events.list_events,
    events.get_one_event,
    gaps.list_gaps,
    gaps.run_gap,
    health.get_health,
    live.poll_live,
    live.get_live_snapshot,
    live.ping_live,
    live.list_critical,
    live.acknowledge_critical,
    notifications.get_notifications,
    notifications.change_notifications,
    notifications.test_notifications,
    notifications.list_recent_notifications,
    peers.list_peers,
    peers.get_peers_config,
    peers.change_peers_config,
    peers.get_peers_stats,
    peers.send_peer_message,
    servers.list_servers,
    servers.create_server,
    servers.get_server,
    servers.change_server,
    servers.delete_server,
    servers.start_server,
    servers.stop_server,
    servers.restart_server,
    server_output.get_server_output,
    server_output.stream_server_output,
    server_sessions.list_server_sessions,
    server_sessions.disconnect_session,
    sessions.list_sessions,
    sessions.make_login_code,
    sessions.start_session,
    sessions.end_session,
    settings.list_settings,
    settings.get_setting,
    settings.set_setting,
    settings.reset_setting,
    sign_ins.begin_sign_in,
    sign_ins.get_sign_in,
    source_kinds.list_source_kinds,
    sources.list_all_sources,
    sources.create_source,
    sources.get_one_source,
    sources.change_source,
    sources.delete_source,
    sources.enable_one_source,
    sources.disable_one_source,
    sources.push_source,
    sources.preview_source,
    sources.preview_choices,
    status.get_status,
    target_kinds.list_target_kinds,
    targets.list_all_targets,
    targets.create_target,
    targets.get_one_target,
    targets.change_target,
    targets.delete_target,
    targets.test_target,
    targets.reconnect_target,
    targets.pause_target,
    targets.resume_target,
    targets.rotate_secret,
    targets.get_target_health,
    throughput.get_throughput,
    templates.preview_template,
    tokens.list_tokens,
    tokens.create_token,
    tokens.revoke_token,
    wake.get_wake_schedule,
    wake.toggle_wake_hour,
    wake.wake_now,
    wake_accounts.list_wake_accounts,
    wake_accounts.create_wake_account,
    wake_accounts.delete_wake_account,
    wake_accounts.check_wake_account,
]


class App:
    """The ASGI application. `apply` is to be called with changed settings; `build_app` sees to it."""

    def __init__(self, services: Services, ingest: IngestRoute, rest: Litestar, dashboard: Dashboard) -> None:
        self._access = services.access
        self._dashboard = dashboard
        self._stream = StreamRoute(
            access=services.access, live=services.live, database=services.database, clock=services.clock
        )
        self._ingest = ingest
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything but HTTP and the lifespan is closed."""
        if scope["type"] == "http":
            if scope["method"] == "POST" and scope["path"] == EVENTS_PATH:
                await self._ingest(scope, receive, send)
            elif is_page(scope["method"], scope["path"]):
                await self._show(scope, send)
            elif scope["method"] == "GET" and scope["path"] == LIVE_PATH:
                await self._open_stream(scope, receive, send)
            else:
                await self._pass(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._rest(scope, receive, send)  # type: ignore[arg-type]
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _show(self, scope: Scope, send: Send) -> None:
        """A file of the dashboard: the same for everyone, so that a link to it may come from anywhere."""
        try:
            self._access.judge_host(scope["headers"])
        except PosthouseError as error:
            await _refuse(send, error)
            return
        await self._dashboard.answer(scope, send)

    async def _open_stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            stream = await self._stream.open(scope)
        except Exception as error:
            await _refuse(send, error)
            return
        await self._stream.serve(stream, scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        try:
            scope["auth"] = self._access.judge(scope["headers"], _needed(scope["method"], path))
            if path.startswith(f"{SCHEMA_PATH}/"):
                # Pages of the framework's own, which speak HTML.
                raise NotFound("request.unknown_path", f"There is nothing at {path[:200]}.")
            await self._access.note_use_if_due()
        except PosthouseError as error:
            await _refuse(send, error)
            return
        await self._rest(scope, receive, send)  # type: ignore[arg-type]


def build_app(services: Services) -> App:
    """The application over a daemon's parts. Its sources must be in the ledger; `services.access` must be loaded."""
    posted = next(one for one in services.known.directory.sources.values() if one.kind == "ingest")
    ingest = IngestRoute(
        access=services.access,
        intake=services.intake,
        source=posted,
        settings=services.configuration.settings,
    )
    services.configuration.listen(ingest.apply)
    rest = _build_rest(services.version, Provide(lambda: services, sync_to_thread=False))
    return App(services, ingest, rest, Dashboard(DASHBOARD))


def openapi_document(version: str) -> dict[str, Any]:
    """The document of `/api/schema`, without a daemon: what clients are generated from."""
    rest = _build_rest(version, Provide(_no_services, sync_to_thread=False))
    return with_ingest(rest.openapi_schema.to_schema())


def _no_services() -> Services:
    raise PosthouseError("internal", "This application only describes itself.")


def _build_rest(version: str, services: Provide) -> Litestar:
    return Litestar(
        HANDLERS,
        before_request=refuse_unknown_parameters,
        dependencies={"services": services},
        exception_handlers={Exception: answer_error},
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="Posthouse",
            version=version,
            path=SCHEMA_PATH,
            render_plugins=[SchemaPlugin()],
            operation_id_creator=lambda handler, _method, _parts: camel_case(handler.handler_name),
            use_handler_docstrings=True,
            components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
            security=[{"bearer": []}],
        ),
        request_class=StrictRequest,
        request_max_body_size=BODY_BYTES_MAX,
    )


def camel_case(name: str) -> str:
    """`get_status` as `getStatus`: how operations are called in the document."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def is_page(method: str, path: str) -> bool:
    """Whether a request is for the dashboard: what is read outside of `/api`."""
    return method in ("GET", "HEAD") and path != "/api" and not path.startswith("/api/")


def _needed(method: str, path: str) -> TokenScope | None:
    if path == HEALTH_PATH or (method == "POST" and path == SESSIONS_PATH):
        return None
    return TokenScope.READ if method == "GET" or path in READERS_PATHS else TokenScope.ADMIN


async def _refuse(send: Send, error: Exception) -> None:
    known = expected(error)
    body = msgspec.json.encode(problem_of(known))
    headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **headers_of(known)}
    start: Message = {
        "type": "http.response.start",
        "status": known.status,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})
