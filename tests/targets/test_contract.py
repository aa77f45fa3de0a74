"""What every kind of target must do, over a real socket. A kind joins by its case in `tests.targets.cases`."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from pathlib import Path

import msgspec
import pytest

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.model.errors import Conflict, SecretsUnavailable
from posthouse.model.events import Event
from posthouse.system.http_client import HttpClient
from posthouse.targets.base import ANY, Parcel, extract_secrets, target_kind
from tests.receiver import Received, Receiver, Reply, garbage, hang, hang_after_headers, make_certificate, slow_body
from tests.targets.cases import (
    CASES,
    SHORT_S,
    SPEAKING_HTTP,
    TOKEN,
    Case,
    House,
    Rerouted,
    make_event,
    make_parcel,
    set_up,
)

Deliver = Callable[..., Awaitable[Outcome]]


@pytest.fixture(params=CASES, ids=lambda case: case.kind)
def case(request: pytest.FixtureRequest) -> Case:
    assert isinstance(request.param, Case)
    return request.param


over_http = pytest.mark.parametrize("case", SPEAKING_HTTP, indirect=True, ids=lambda case: case.kind)
"""For what only kinds can do whose requests are their own."""


@dataclass
class Service:
    """A receiver as the service of the kind under test: well, but for deliveries that a test has answered otherwise."""

    case: Case
    receiver: Receiver
    answers: deque[Reply] = field(default_factory=deque)
    answers_long: bool = False
    """Whether what it answers when it is well goes on and on, in a way that means nothing."""

    def reply(self, *replies: Reply) -> None:
        """Answer the next deliveries so."""
        self.answers.extend(replies)

    def answer(self, received: Received) -> Reply:
        if self.answers and self.case.is_delivery(received):
            return self.answers.popleft()
        good = self.case.good(received)
        return replace(good, body=good.body + b" " * 2_000_000) if self.answers_long else good

    @property
    def deliveries(self) -> list[Received]:
        return [one for one in self.receiver.requests if self.case.is_delivery(one)]


@pytest.fixture
async def receiver(case: Case) -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        running.default = case.good
        yield running


@pytest.fixture
def service(case: Case, receiver: Receiver) -> Service:
    made = Service(case, receiver)
    receiver.default = made.answer
    return made


@pytest.fixture
async def house(case: Case, receiver: Receiver, home: Path) -> AsyncIterator[House]:
    made = await at(case, receiver, home)
    yield made
    await made.outbound.close()


@pytest.fixture(autouse=True)
def fresh_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a kind remembers of one test is not there in the next."""
    monkeypatch.setattr("posthouse.targets.base._loaded", {})


@pytest.fixture(autouse=True)
def online(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts that are elsewhere are brought here, so this machine's own network has no say."""
    if case.origins:
        monkeypatch.setattr("posthouse.targets.http_exchange.has_route", lambda: True)


async def at(case: Case, receiver: Receiver, home: Path, client: HttpClient | None = None) -> House:
    """A target of the case that ends up at the receiver."""
    outbound = Rerouted(client or HttpClient(), case.origins, receiver)
    return await set_up(case.kind, case.settings(receiver.url), home, outbound=outbound)


def parcel_for(case: Case, *events: Event) -> Parcel:
    return make_parcel(*events, shape=case.shape, endpoint=case.endpoint)


async def _deliver(house: House, case: Case, *, deadline_s: float = 20.0) -> Outcome:
    delivered = await house.kind.deliver(house.context(deadline_s=deadline_s), parcel_for(case))
    (outcome,) = delivered.outcomes
    return outcome


@pytest.fixture
def deliver(case: Case, house: House) -> Deliver:
    """Hand one delivery to the target."""
    return lambda **how: _deliver(house, case, **how)


async def test_delivery_is_made_once_and_reported_as_such(deliver: Deliver, service: Service) -> None:
    outcome = await deliver()

    (request,) = service.deliveries
    good = service.case.good(request)
    assert (outcome.kind, outcome.code, outcome.status_code) == (
        OutcomeKind.DELIVERED,
        service.case.code(OutcomeKind.DELIVERED, good.status),
        service.case.status(good.status),
    )
    assert outcome.excerpt == (b"" if service.case.is_relayed else good.body)


async def test_preview_is_what_delivery_sends_then_and_sends_nothing_itself(
    case: Case, house: House, service: Service
) -> None:
    parcel = parcel_for(case)

    seen = await house.kind.preview(house.context(), parcel)
    assert service.deliveries == []
    delivered = await house.kind.deliver(house.context(), parcel)

    assert seen == delivered.request
    assert case.is_relayed or service.deliveries[0].body == seen.body
    assert not any(secret in str(seen) for secret in case.unseen)


async def test_preview_without_its_secrets_says_so(case: Case, house: House) -> None:
    for name in house.kind.secret_names(house.target.settings):
        await house.store.delete(name)

    with pytest.raises(Conflict) as refused:
        await house.kind.preview(house.context(), parcel_for(case))

    assert refused.value.code == "target.secret_missing"


@over_http
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, OutcomeKind.DELIVERED),
        (204, OutcomeKind.DELIVERED),
        (302, OutcomeKind.REJECTED),
        (308, OutcomeKind.REJECTED),
        (400, OutcomeKind.REJECTED),
        (401, OutcomeKind.AUTH),
        (403, OutcomeKind.AUTH),
        (404, OutcomeKind.REJECTED),
        (408, OutcomeKind.TRANSIENT),
        (410, OutcomeKind.GONE),
        (413, OutcomeKind.REJECTED),
        (425, OutcomeKind.TRANSIENT),
        (429, OutcomeKind.RATE_LIMITED),
        (500, OutcomeKind.TRANSIENT),
        (502, OutcomeKind.TRANSIENT),
        (503, OutcomeKind.TRANSIENT),
    ],
)
async def test_status_code_decides_the_kind(
    deliver: Deliver, service: Service, status: int, expected: OutcomeKind
) -> None:
    service.reply(Reply(status=status, headers={"location": service.receiver.url}, body=b""))

    outcome = await deliver()

    if expected is OutcomeKind.DELIVERED and service.case.needs_proof:
        assert (outcome.kind, outcome.status_code) == (OutcomeKind.REJECTED, status)
        return
    assert (outcome.kind, outcome.code, outcome.status_code) == (expected, f"http_{status}", status)
    assert outcome.is_chargeable
    assert not outcome.is_maybe_sent
    # Neither a redirect nor a failure is followed by a request of its own accord.
    assert len(service.deliveries) == 1


@over_http
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_in_seconds_is_passed_on(deliver: Deliver, service: Service, status: int) -> None:
    service.reply(Reply(status=status, headers={"retry-after": "17"}))

    outcome = await deliver()

    assert (outcome.kind, outcome.retry_after_s) == (OutcomeKind.RATE_LIMITED, 17.0)


@over_http
async def test_retry_after_as_a_date_is_counted_from_now(deliver: Deliver, house: House, service: Service) -> None:
    later = formatdate(house.clock.now() / 1000 + 90, usegmt=True)
    service.reply(Reply(status=429, headers={"retry-after": later}))

    assert (await deliver()).retry_after_s == 90.0


@over_http
async def test_rate_limit_without_retry_after_names_no_wait(deliver: Deliver, service: Service) -> None:
    service.reply(Reply(status=429))

    assert (await deliver()).retry_after_s is None


@pytest.mark.parametrize("stall", [hang, hang_after_headers, slow_body])
async def test_receiver_that_does_not_finish_in_time_is_transient(
    deliver: Deliver, service: Service, stall: Callable[[], Reply]
) -> None:
    service.reply(stall())

    outcome = await deliver(deadline_s=SHORT_S)

    expected = (OutcomeKind.TRANSIENT, service.case.timeout, None)
    assert (outcome.kind, outcome.code, outcome.status_code) == expected
    assert outcome.is_maybe_sent
    # The receiver is this very machine, so being offline is no excuse.
    assert outcome.is_chargeable


@over_http
@pytest.mark.parametrize(
    ("reply", "code"), [(Reply(is_closed=True), "reset"), (Reply(is_reset=True), "reset"), (garbage(), "bad_answer")]
)
async def test_broken_exchange_is_transient_and_perhaps_sent(
    deliver: Deliver, service: Service, reply: Reply, code: str
) -> None:
    service.reply(reply)

    outcome = await deliver()

    assert (outcome.kind, outcome.code, outcome.is_maybe_sent) == (OutcomeKind.TRANSIENT, code, True)


@over_http
async def test_refused_connection_is_transient_and_surely_not_sent(deliver: Deliver, receiver: Receiver) -> None:
    await receiver.stop()

    outcome = await deliver()

    assert (outcome.kind, outcome.code, outcome.is_maybe_sent) == (OutcomeKind.TRANSIENT, "refused", False)


@over_http
async def test_untrusted_certificate_is_transient_and_nothing_is_sent(case: Case, home: Path, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    async with Receiver(tls=certificate.server_context()) as receiver:
        receiver.default = case.good
        house = await at(case, receiver, home)
        outcome = await _deliver(house, case)
        await house.outbound.close()

        assert (outcome.kind, outcome.code) == (OutcomeKind.TRANSIENT, "tls")
        assert receiver.requests == []


@over_http
async def test_trusted_certificate_is_delivered_to(case: Case, home: Path, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    async with Receiver(tls=certificate.server_context()) as receiver:
        receiver.default = case.good
        outbound = HttpClient(tls=certificate.client_context())
        house = await at(case, receiver, home, outbound)
        outcome = await _deliver(house, case)
        await outbound.close()

    assert outcome.kind is OutcomeKind.DELIVERED


@over_http
async def test_endless_answer_is_cut(deliver: Deliver, service: Service) -> None:
    service.answers_long = True

    outcome = await deliver()

    assert (outcome.kind, len(outcome.excerpt)) == (OutcomeKind.DELIVERED, 16_384)


@over_http
async def test_private_address_is_not_dialled_where_that_is_forbidden(
    case: Case, receiver: Receiver, home: Path
) -> None:
    house = await at(case, receiver, home, HttpClient(allow_private=False))

    outcome = await _deliver(house, case)
    await house.outbound.close()

    assert (outcome.kind, outcome.code) == (OutcomeKind.TRANSIENT, "blocked_address")
    assert receiver.connections_made == 0


async def test_wire_id_is_the_same_over_all_attempts(deliver: Deliver, house: House, service: Service) -> None:
    service.reply(Reply(status=500), Reply(is_closed=True))

    for _ in range(3):
        await deliver()
        house.clock.advance(60)

    assert len({service.case.wire_id(request) for request in service.deliveries}) == 1
    assert len({request.body for request in service.deliveries}) == 1


async def test_parcel_of_several_has_an_outcome_for_each(house: House, service: Service) -> None:
    service.reply(*[Reply(status=500)] * 3)
    parcel = parcel_for(service.case, make_event(), make_event(), make_event())

    delivered = await house.kind.deliver(house.context(), parcel)

    assert [outcome.code for outcome in delivered.outcomes] == [service.case.code(OutcomeKind.TRANSIENT, 500)] * 3


async def test_what_was_sent_is_kept_without_its_secrets(house: House, service: Service) -> None:
    delivered = await house.kind.deliver(house.context(), parcel_for(service.case))

    (received,) = service.deliveries
    sent = delivered.request
    assert sent is not None
    assert not any(secret in repr(delivered) for secret in service.case.secrets)
    if not service.case.speaks_http:
        return
    assert (sent.method, sent.body) == (received.method, received.body)
    kept = dict(sent.headers)
    for name, value in kept.items():
        assert value in {received.headers[name], "[hidden]"}
    assert not any(secret in repr(delivered) for secret in service.case.unseen)


async def test_receiver_that_echoes_the_request_brings_no_secret_back(
    case: Case, deliver: Deliver, receiver: Receiver
) -> None:
    def echo(request: Received) -> Reply:
        if not case.is_delivery(request):
            return case.good(request)
        return Reply(status=400, body=repr((request.path, request.headers)).encode() + request.body)

    receiver.default = echo

    outcome = await deliver()

    assert outcome.kind is (OutcomeKind.TRANSIENT if case.is_relayed else OutcomeKind.REJECTED)
    assert not any(secret in repr(outcome) for secret in case.unseen)


async def test_settings_hold_references_and_no_secret(case: Case, house: House, receiver: Receiver) -> None:
    settings = bytes(house.target.settings)
    names = house.kind.secret_names(house.target.settings)

    assert not any(secret.encode() in settings for secret in case.unseen)
    entered = extract_secrets(case.kind, case.settings(receiver.url), scope="anew").values.values()
    assert {await house.store.get(name) for name in names} == set(entered)
    assert len(entered) == len(case.secrets)
    assert all(any(secret in value for value in entered) for secret in case.secrets)


async def test_settings_parsed_again_are_the_same(house: House) -> None:
    again = house.kind.parse(msgspec.json.decode(house.target.settings))

    assert bytes(again) == bytes(house.target.settings)


async def test_changed_secret_applies_to_what_waits(
    case: Case, deliver: Deliver, house: House, receiver: Receiver
) -> None:
    await deliver()
    for name in house.kind.secret_names(house.target.settings):
        value = await house.store.get(name)
        if value is not None and TOKEN in value:
            await house.store.put(name, value.replace(TOKEN, "tok-renewed"))
    made = len(receiver.requests)

    await deliver()

    first, second = (repr(receiver.requests[:made]), repr(receiver.requests[made:]))
    assert TOKEN in first
    assert TOKEN not in second
    assert "tok-renewed" in second


async def test_missing_secret_waits_for_a_person_and_nothing_is_sent(
    case: Case, house: House, receiver: Receiver
) -> None:
    for name in house.kind.secret_names(house.target.settings):
        await house.store.delete(name)

    delivered = await house.kind.deliver(house.context(), parcel_for(case))
    checked = await house.kind.check(house.context())

    assert {outcome.kind for outcome in (*delivered.outcomes, checked.outcome)} == {OutcomeKind.AUTH}
    assert delivered.outcomes[0].code == "secret_missing"
    assert delivered.request is None
    assert receiver.requests == []


class LockedStore:
    """A store as it is while its keyring is locked."""

    backend = "keyring"

    async def get(self, name: str) -> str | None:
        raise SecretsUnavailable("secrets.keyring_locked", "The keyring is locked.")

    async def put(self, name: str, value: str) -> None:
        raise SecretsUnavailable("secrets.keyring_locked", "The keyring is locked.")

    async def delete(self, name: str) -> None:
        raise SecretsUnavailable("secrets.keyring_locked", "The keyring is locked.")


async def test_locked_secret_store_charges_nobody(case: Case, house: House, receiver: Receiver) -> None:
    context = msgspec.structs.replace(house.context(), secrets=LockedStore())

    delivered = await house.kind.deliver(context, parcel_for(case))

    (outcome,) = delivered.outcomes
    assert (outcome.kind, outcome.code) == (OutcomeKind.TRANSIENT, "secrets_unavailable")
    assert not outcome.is_chargeable
    assert not outcome.is_maybe_sent
    assert receiver.requests == []


async def test_check_of_a_healthy_target_is_ok(case: Case, house: House, receiver: Receiver) -> None:
    result = await house.kind.check(house.context())

    assert result.is_ok
    # What others relay cannot be asked for without sending it.
    assert any(case.is_check(request) for request in receiver.requests) or case.is_relayed


@pytest.mark.parametrize("case", [one for one in CASES if not one.is_relayed], indirect=True, ids=lambda one: one.kind)
@pytest.mark.parametrize(
    ("status", "expected"), [(401, OutcomeKind.AUTH), (404, OutcomeKind.REJECTED), (500, OutcomeKind.TRANSIENT)]
)
async def test_check_of_a_target_that_refuses_is_not_ok(
    case: Case, house: House, receiver: Receiver, status: int, expected: OutcomeKind
) -> None:
    receiver.default = lambda request: Reply(status=status) if case.is_check(request) else case.good(request)

    result = await house.kind.check(house.context())

    assert not result.is_ok
    assert (result.outcome.kind, result.outcome.status_code) == (expected, case.status(status))


async def test_there_is_an_endpoint_to_bind(house: House) -> None:
    endpoints = await house.kind.endpoints(house.context())

    assert endpoints
    assert len({endpoint.name for endpoint in endpoints}) == len(endpoints)


async def test_secret_fields_are_where_the_settings_have_secrets(case: Case) -> None:
    entered = case.settings("http://127.0.0.1:9/")
    for secret in target_kind(case.kind).secret_fields:
        node: object = entered
        for step in secret.path:
            if step == ANY:
                node = " ".join(node.values()) if isinstance(node, dict) else None
            else:
                node = node.get(step) if isinstance(node, dict) else None
        assert node is None or any(hidden in str(node) for hidden in case.secrets)
