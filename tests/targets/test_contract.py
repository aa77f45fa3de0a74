"""What every kind of target must do, over a real socket. A kind joins by its case in `tests.targets.cases`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from pathlib import Path

import msgspec
import pytest

from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.model.errors import SecretsUnavailable
from posthouse.system.http_client import HttpClient
from posthouse.targets.base import target_kind
from tests.receiver import Receiver, Reply, garbage, hang, hang_after_headers, make_certificate, slow_body
from tests.targets.cases import CASES, SHORT_S, SIGNING_SECRET, TOKEN, Case, House, make_event, make_parcel, set_up


@pytest.fixture(params=CASES, ids=lambda case: case.kind)
def case(request: pytest.FixtureRequest) -> Case:
    assert isinstance(request.param, Case)
    return request.param


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        yield running


@pytest.fixture
async def house(case: Case, receiver: Receiver, home: Path) -> AsyncIterator[House]:
    made = await set_up(case.kind, case.settings(receiver.url), home)
    yield made
    await made.outbound.close()


async def deliver(house: House, *, deadline_s: float = 20.0) -> Outcome:
    delivered = await house.kind.deliver(house.context(deadline_s=deadline_s), make_parcel())
    (outcome,) = delivered.outcomes
    return outcome


async def test_delivery_is_made_once_and_reported_as_such(house: House, receiver: Receiver) -> None:
    receiver.reply(Reply(status=202, body=b"taken"))

    outcome = await deliver(house)

    assert (outcome.kind, outcome.code, outcome.status_code) == (OutcomeKind.DELIVERED, "http_202", 202)
    assert outcome.excerpt == b"taken"
    assert len(receiver.requests) == 1


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
    house: House, receiver: Receiver, status: int, expected: OutcomeKind
) -> None:
    receiver.reply(Reply(status=status, headers={"location": receiver.url}, body=b""))

    outcome = await deliver(house)

    assert (outcome.kind, outcome.code, outcome.status_code) == (expected, f"http_{status}", status)
    assert outcome.is_chargeable
    assert not outcome.is_maybe_sent
    # Neither a redirect nor a failure is followed by a request of its own accord.
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_in_seconds_is_passed_on(house: House, receiver: Receiver, status: int) -> None:
    receiver.reply(Reply(status=status, headers={"retry-after": "17"}))

    outcome = await deliver(house)

    assert (outcome.kind, outcome.retry_after_s) == (OutcomeKind.RATE_LIMITED, 17.0)


async def test_retry_after_as_a_date_is_counted_from_now(house: House, receiver: Receiver) -> None:
    later = formatdate(house.clock.now() / 1000 + 90, usegmt=True)
    receiver.reply(Reply(status=429, headers={"retry-after": later}))

    assert (await deliver(house)).retry_after_s == 90.0


async def test_rate_limit_without_retry_after_names_no_wait(house: House, receiver: Receiver) -> None:
    receiver.reply(Reply(status=429))

    assert (await deliver(house)).retry_after_s is None


@pytest.mark.parametrize("stall", [hang, hang_after_headers, slow_body])
async def test_receiver_that_does_not_finish_in_time_is_transient(
    house: House, receiver: Receiver, stall: Callable[[], Reply]
) -> None:
    receiver.reply(stall())

    outcome = await deliver(house, deadline_s=SHORT_S)

    assert (outcome.kind, outcome.code, outcome.status_code) == (OutcomeKind.TRANSIENT, "timeout", None)
    assert outcome.is_maybe_sent
    # The receiver is this very machine, so being offline is no excuse.
    assert outcome.is_chargeable


@pytest.mark.parametrize(
    ("reply", "code"), [(Reply(is_closed=True), "reset"), (Reply(is_reset=True), "reset"), (garbage(), "bad_answer")]
)
async def test_broken_exchange_is_transient_and_perhaps_sent(
    house: House, receiver: Receiver, reply: Reply, code: str
) -> None:
    receiver.reply(reply)

    outcome = await deliver(house)

    assert (outcome.kind, outcome.code, outcome.is_maybe_sent) == (OutcomeKind.TRANSIENT, code, True)


async def test_refused_connection_is_transient_and_surely_not_sent(house: House, receiver: Receiver) -> None:
    await receiver.stop()

    outcome = await deliver(house)

    assert (outcome.kind, outcome.code, outcome.is_maybe_sent) == (OutcomeKind.TRANSIENT, "refused", False)


async def test_untrusted_certificate_is_transient_and_nothing_is_sent(case: Case, home: Path, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    async with Receiver(tls=certificate.server_context()) as receiver:
        house = await set_up(case.kind, case.settings(receiver.url), home)
        outcome = await deliver(house)
        await house.outbound.close()

        assert (outcome.kind, outcome.code) == (OutcomeKind.TRANSIENT, "tls")
        assert receiver.requests == []


async def test_trusted_certificate_is_delivered_to(case: Case, home: Path, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    async with Receiver(tls=certificate.server_context()) as receiver:
        outbound = HttpClient(tls=certificate.client_context())
        house = await set_up(case.kind, case.settings(receiver.url), home, outbound=outbound)
        outcome = await deliver(house)
        await outbound.close()

    assert outcome.kind is OutcomeKind.DELIVERED


async def test_endless_answer_is_cut(house: House, receiver: Receiver) -> None:
    receiver.reply(Reply(body=b"x" * 2_000_000))

    outcome = await deliver(house)

    assert (outcome.kind, len(outcome.excerpt)) == (OutcomeKind.DELIVERED, 16_384)


async def test_private_address_is_not_dialled_where_that_is_forbidden(
    case: Case, receiver: Receiver, home: Path
) -> None:
    house = await set_up(case.kind, case.settings(receiver.url), home, outbound=HttpClient(allow_private=False))

    outcome = await deliver(house)
    await house.outbound.close()

    assert (outcome.kind, outcome.code) == (OutcomeKind.TRANSIENT, "blocked_address")
    assert receiver.connections_made == 0


async def test_wire_id_is_the_same_over_all_attempts(house: House, receiver: Receiver) -> None:
    receiver.reply(Reply(status=500), Reply(is_closed=True))

    for _ in range(3):
        await deliver(house)
        house.clock.advance(60)

    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    assert len({request.body for request in receiver.requests}) == 1


async def test_parcel_of_several_has_an_outcome_for_each(house: House, receiver: Receiver) -> None:
    receiver.reply(Reply(status=500))
    parcel = make_parcel(make_event(), make_event(), make_event())

    delivered = await house.kind.deliver(house.context(), parcel)

    assert [outcome.code for outcome in delivered.outcomes] == ["http_500"] * 3
    assert len(receiver.requests) == 1


async def test_what_was_sent_is_kept_without_its_secrets(house: House, receiver: Receiver) -> None:
    delivered = await house.kind.deliver(house.context(), make_parcel())

    (received,) = receiver.requests
    sent = delivered.request
    assert sent is not None
    assert (sent.method, sent.body) == (received.method, received.body)
    kept = dict(sent.headers)
    for name, value in kept.items():
        assert value in {received.headers[name], "[hidden]"}
    assert TOKEN not in repr(delivered)
    assert SIGNING_SECRET not in repr(delivered)


async def test_receiver_that_echoes_the_request_brings_no_secret_back(house: House, receiver: Receiver) -> None:
    receiver.default = lambda request: Reply(status=400, body=repr(request.headers).encode())

    outcome = await deliver(house)

    assert b"[hidden]" in outcome.excerpt
    assert TOKEN.encode() not in outcome.excerpt


async def test_settings_hold_references_and_no_secret(house: House) -> None:
    settings = bytes(house.target.settings)
    names = house.kind.secret_names(house.target.settings)

    assert TOKEN.encode() not in settings
    assert SIGNING_SECRET.encode() not in settings
    assert {await house.store.get(name) for name in names} == {TOKEN, SIGNING_SECRET}


async def test_settings_parsed_again_are_the_same(house: House) -> None:
    again = house.kind.parse(msgspec.json.decode(house.target.settings))

    assert bytes(again) == bytes(house.target.settings)


async def test_changed_secret_applies_to_what_waits(house: House, receiver: Receiver) -> None:
    await deliver(house)
    for name in house.kind.secret_names(house.target.settings):
        if await house.store.get(name) == TOKEN:
            await house.store.put(name, "tok-renewed")

    await deliver(house)

    first, second = (str(request.headers) for request in receiver.requests)
    assert TOKEN in first
    assert TOKEN not in second
    assert "tok-renewed" in second


async def test_missing_secret_waits_for_a_person_and_nothing_is_sent(house: House, receiver: Receiver) -> None:
    for name in house.kind.secret_names(house.target.settings):
        await house.store.delete(name)

    delivered = await house.kind.deliver(house.context(), make_parcel())
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


async def test_locked_secret_store_charges_nobody(house: House, receiver: Receiver) -> None:
    context = msgspec.structs.replace(house.context(), secrets=LockedStore())

    delivered = await house.kind.deliver(context, make_parcel())

    (outcome,) = delivered.outcomes
    assert (outcome.kind, outcome.code) == (OutcomeKind.TRANSIENT, "secrets_unavailable")
    assert not outcome.is_chargeable
    assert not outcome.is_maybe_sent
    assert receiver.requests == []


async def test_check_of_a_healthy_target_is_ok(house: House, receiver: Receiver) -> None:
    result = await house.kind.check(house.context())

    assert result.is_ok
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("status", "expected"), [(401, OutcomeKind.AUTH), (404, OutcomeKind.REJECTED), (500, OutcomeKind.TRANSIENT)]
)
async def test_check_of_a_target_that_refuses_is_not_ok(
    house: House, receiver: Receiver, status: int, expected: OutcomeKind
) -> None:
    receiver.reply(Reply(status=status))

    result = await house.kind.check(house.context())

    assert not result.is_ok
    assert (result.outcome.kind, result.outcome.status_code) == (expected, status)


async def test_there_is_an_endpoint_to_bind(house: House) -> None:
    endpoints = await house.kind.endpoints(house.context())

    assert endpoints
    assert len({endpoint.name for endpoint in endpoints}) == len(endpoints)


async def test_secret_fields_are_where_the_settings_have_secrets(case: Case) -> None:
    entered = case.settings("http://127.0.0.1:9/")
    for field in target_kind(case.kind).secret_fields:
        node: object = entered
        for step in field.path:
            node = node.get(step) if isinstance(node, dict) else None
        assert node is None or node in {TOKEN, SIGNING_SECRET}
