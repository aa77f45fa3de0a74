"""Every refusal of the API as problem details (RFC 9457, `application/problem+json`).

`code` is stable and documented; `detail` is for people; `field`, `index` (from 0), `line` (from 1) and `position` (the
character of the field's text, from 0) say where. What we did not expect is logged here, once, and answered with code
`internal` and nothing of what happened inside.
"""

from __future__ import annotations

from http import HTTPStatus
from math import ceil
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.routes import HTTPRoute

from posthouse.ledger.binding_changes import HasWaiting
from posthouse.model.errors import BadInput, PosthouseError, Unauthenticated
from posthouse.rules.diagnosis import Diagnosis
from posthouse.rules.expressions import ExpressionError
from posthouse.system.logging import get_log

MEDIA_TYPE = "application/problem+json"

_log = get_log(__name__)


class DiagnosisView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What happened to a delivery or a check, what to do, and what is at risk: a sentence or two each."""

    what: str
    advice: str
    risk: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Why a request was refused. `code` is for programs, `detail` for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    index: int | None = None
    line: int | None = None
    position: int | None = None
    waiting: int | None = None
    diagnosis: DiagnosisView | None = None


class UnsupportedMedia(BadInput):
    """The body is not in a form that is taken here."""

    status = 415


class CheckFailed(BadInput):
    """A target did not answer as it should; nothing was saved."""

    status = 422

    def __init__(self, code: str, message: str, diagnosis: Diagnosis) -> None:
        super().__init__(code, message)
        self.diagnosis = diagnosis


def view_diagnosis(diagnosis: Diagnosis) -> DiagnosisView:
    """A diagnosis as the API shows it."""
    return DiagnosisView(what=diagnosis.what, advice=diagnosis.advice, risk=diagnosis.risk)


def problem_of(error: PosthouseError) -> Problem:
    """The problem that an error of ours is."""
    return Problem(
        type="about:blank",
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        detail=error.message,
        code=error.code,
        field=error.field,
        index=error.index,
        line=error.line,
        position=error.position if isinstance(error, ExpressionError) else None,
        waiting=error.waiting if isinstance(error, HasWaiting) else None,
        diagnosis=view_diagnosis(error.diagnosis) if isinstance(error, CheckFailed) else None,
    )


def headers_of(error: PosthouseError) -> dict[str, str]:
    """The headers that go with an error: when to come back (RFC 9110, 10.2.3), how to sign in (RFC 6750, 3)."""
    headers: dict[str, str] = {}
    if error.retry_after_s is not None:
        headers["retry-after"] = str(ceil(error.retry_after_s))
    if isinstance(error, Unauthenticated):
        headers["www-authenticate"] = 'Bearer realm="posthouse"'
    return headers


def expected(error: Exception) -> PosthouseError:
    """The error itself where it is one of ours; else it is logged, and answered for without a word of it."""
    if isinstance(error, PosthouseError):
        if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("request failed", code=error.code, detail=error.message)
        return error
    _log.error("request failed", error=error, code="internal")
    return PosthouseError("internal", "Posthouse made a mistake of its own. Please report it, with its log.")


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer to whatever a handler, or the framework before it, raised."""
    known = _of_framework(request, error) if isinstance(error, HTTPException) else expected(error)
    headers = headers_of(known)
    if known.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["allow"] = ", ".join(sorted(_methods(request)))
    return Response(
        msgspec.json.encode(problem_of(known)), status_code=known.status, media_type=MEDIA_TYPE, headers=headers
    )


def _of_framework(request: Request[Any, Any, Any], error: HTTPException) -> PosthouseError:
    where = f"{request.method} {request.url.path[:200]}"
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return _refusal("request.unknown_path", f"There is nothing at {request.url.path[:200]}.", status=404)
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return _refusal("request.method_not_allowed", f"{where} is not offered.", status=405)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return _refusal("request.too_large", f"The body of {where} is too large.", status=413)
        case HTTPStatus.BAD_REQUEST:
            return _invalid(error)
        case status if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return _refusal("request.invalid", f"{where} was not understood.", status=status)
        case _:
            return expected(error)


def _invalid(error: HTTPException) -> BadInput:
    """What of a query, path or body did not fit."""
    found = error.extra if isinstance(error, ValidationException) else None
    if not isinstance(found, list) or not found:
        return BadInput("request.invalid", "The request was not understood.")
    first = found[0]
    field = str(first.get("key", ""))[:100]
    if field == "data":
        return BadInput("request.body_missing", "A JSON body is needed.")
    return BadInput("request.invalid", f"{field}: {first.get('message')}.", field=field or None)


def _refusal(code: str, message: str, *, status: int) -> PosthouseError:
    error = BadInput(code, message)
    error.status = status  # type: ignore[misc]  # the framework's own refusals have no class of ours
    return error


def _methods(request: Request[Any, Any, Any]) -> set[str]:
    """What is offered at the path of a request."""
    steps = request.scope["path"].strip("/").split("/")
    return {
        method
        for route in request.app.routes
        if isinstance(route, HTTPRoute) and _leads(route, steps)
        for method in route.methods
    }


def _leads(route: HTTPRoute, steps: list[str]) -> bool:
    parts = route.path_components
    return len(parts) == len(steps) and all(
        step == part for part, step in zip(parts, steps, strict=True) if isinstance(part, str)
    )


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """What a route may refuse with, for the OpenAPI document; what every route may is among it."""
    return {
        status: ResponseSpec(
            Problem,
            media_type=MEDIA_TYPE,
            description=HTTPStatus(status).phrase,
            generate_examples=False,
        )
        for status in sorted({400, 401, 403, 500, 503, *statuses})
    }
