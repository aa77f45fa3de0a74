"""`/api/targets/sign-in`: signing in at the service of a target, in the browser of whoever asks.

POST {kind, settings} or {target} ──▶ {id, url} ──▶ GET …/{id} until done ──▶ "sign-in:<id>" among the settings
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from posthouse.http.problems import problems
from posthouse.http.services import Services
from posthouse.http.target_secrets import enter_for_sign_in
from posthouse.ledger.targets import get_target
from posthouse.model.errors import BadInput, Conflict
from posthouse.targets.base import SignsIn, target_kind
from posthouse.targets.credentials import read_secret
from posthouse.targets.sign_in import SIGN_IN_S, SignIn, SignInState

SignInId = Annotated[str, PathParameter(min_length=1, max_length=100, description="A sign-in's id.")]


class SignInInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """For what to sign in: a target that is there, or a kind of which one is being added; and settings so far.

    The settings are laid over those that a target has; `{"isSet": true}` leaves a secret as it is.
    """

    target: str | None = None
    kind: str | None = None
    settings: dict[str, Any] = {}


class SignInView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a sign-in stands, in `words` for people. `url`: where a person signs in. `validS`: how long it may take."""

    id: str
    url: str
    state: SignInState
    words: str
    valid_s: float


@post("/api/targets/sign-in", responses=problems(404, 409, 413, 415))
async def begin_sign_in(data: JSONBody[SignInInput], services: NamedDependency[Services]) -> SignInView:
    """Begin a sign-in: a browser on this machine is to open its address within five minutes."""
    present = None if data.target is None else await services.database.read(get_target, data.target)
    name = data.kind if present is None else present.kind
    if name is None:
        raise BadInput("request.invalid", "Say for which target, or for which kind.", field="kind")
    kind = target_kind(name)
    if not isinstance(kind, SignsIn):
        raise Conflict("target.cannot_sign_in", f"Nobody signs in for a {kind.title} target.")
    entered = enter_for_sign_in(name, data.settings, scope=services.clock.uuid7(), present=present)

    async def read(reference: str) -> str:
        return entered.values.get(reference) or await read_secret(services.secrets, reference)

    return _view(await services.sign_ins.begin(await kind.sign_in(entered.settings, read)))


@get("/api/targets/sign-in/{sign_in:str}", responses=problems(404))
async def get_sign_in(sign_in: SignInId, services: NamedDependency[Services]) -> SignInView:
    """How a sign-in stands."""
    return _view(services.sign_ins.look(sign_in))


def _view(seen: SignIn) -> SignInView:
    return SignInView(id=seen.id, url=seen.url, state=seen.state, words=seen.words, valid_s=SIGN_IN_S)
