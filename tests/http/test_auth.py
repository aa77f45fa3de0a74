"""Who may do what: tokens, scopes, hosts and other sites."""

from __future__ import annotations

import pytest

from tests.http.house import TOKEN, House

EVENT = {"type": "build.done"}


async def _token(house: House, scope: str) -> str:
    answer = await house.post("/api/tokens", {"name": f"for {scope}", "scope": scope})
    assert answer.status == 201
    return str(answer.json["token"])


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/status"), ("POST", "/api/events"), ("GET", "/api/nowhere")])
async def test_without_a_token_nothing_is_told_but_how_to_sign_in(house: House, method: str, path: str) -> None:
    answer = await house.ask(method, path, token=None)

    assert (answer.status, answer.code) == (401, "auth.token_missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/api/status", "/api/schema"])
async def test_wrong_token_is_unknown(house: House, path: str) -> None:
    answer = await house.get(path, token=TOKEN + "x")

    assert (answer.status, answer.code) == (401, "auth.token_unknown")


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic cGg6cGg=", TOKEN, "bearer\xe9 x"])
async def test_authorization_of_another_form_is_no_token(house: House, value: str) -> None:
    answer = await house.get("/api/status", token=None, headers={"Authorization": value})

    assert answer.status == 401


async def test_scheme_is_read_in_any_case(house: House) -> None:
    answer = await house.get("/api/status", token=None, headers={"Authorization": f"bEARER {TOKEN}"})

    assert answer.status == 200


async def test_health_needs_no_token(house: House) -> None:
    assert (await house.get("/api/health", token=None)).status == 200


async def test_ingest_token_posts_events_and_does_nothing_else(house: House) -> None:
    token = await _token(house, "ingest")

    assert (await house.post("/api/events", EVENT, token=token)).status == 202
    for method, path in (
        ("GET", "/api/events"),
        ("GET", "/api/status"),
        ("POST", "/api/tokens"),
        ("GET", "/api/schema"),
    ):
        answer = await house.ask(method, path, token=token)
        assert (answer.status, answer.code) == (403, "auth.scope")


async def test_read_token_reads_and_changes_nothing(house: House) -> None:
    token = await _token(house, "read")

    assert (await house.get("/api/sources", token=token)).status == 200
    assert (await house.post("/api/events", EVENT, token=token)).code == "auth.scope"
    assert (await house.post("/api/sources/claude-sessions/enable", token=token)).code == "auth.scope"
    assert (await house.delete("/api/settings/retention.days", token=token)).code == "auth.scope"


async def test_only_admin_has_what_is_sensitive_revealed(house: House) -> None:
    read, admin = await _token(house, "read"), await _token(house, "admin")

    assert (await house.get("/api/sources/ingest/preview?reveal=false", token=read)).status == 200
    assert (await house.get("/api/sources/ingest/preview?reveal=true", token=read)).code == "auth.scope"
    assert (await house.get("/api/sources/ingest/preview?reveal=true", token=admin)).status == 200


async def test_revoked_token_is_refused_at_once(house: House) -> None:
    token = await _token(house, "ingest")
    assert (await house.post("/api/events", EVENT, token=token)).status == 202

    assert (await house.delete("/api/tokens/for%20ingest")).status == 200

    assert (await house.post("/api/events", EVENT, token=token)).code == "auth.token_unknown"


async def test_use_of_a_token_is_shown(house: House) -> None:
    token = await _token(house, "ingest")
    assert (await house.get("/api/tokens")).json["items"][0]["lastUsedAt"] is None

    await house.post("/api/events", EVENT, token=token)

    assert (await house.get("/api/tokens")).json["items"][0]["lastUsedAt"] is not None


async def test_token_is_shown_once_and_kept_nowhere(house: House) -> None:
    token = await _token(house, "ingest")

    listed = await house.get("/api/tokens")

    assert token.encode() not in listed.body
    assert listed.json["items"][0]["prefix"] == token[:8]
    assert token.encode() not in house.database.path.read_bytes()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8484", "localhost.evil.example", "127.0.0.1.evil.example", "a b"]
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/api/status"), ("GET", "/api/health"), ("POST", "/api/events")])
async def test_request_for_a_name_that_was_rebound_to_this_machine_is_refused(
    house: House, host: str, method: str, path: str
) -> None:
    answer = await house.ask(method, path, EVENT if method == "POST" else None, headers={"Host": host})

    assert (answer.status, answer.code) == (403, "auth.host_refused")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:9", "127.0.0.1:1", "[::1]:8484", "app.localhost:1", "192.168.1.7"]
)
async def test_request_for_a_loopback_name_or_an_address_passes(house: House, host: str) -> None:
    assert (await house.get("/api/status", headers={"Host": host})).status == 200


async def test_configured_host_is_a_name_of_ours(house: House) -> None:
    assert (await house.get("/api/status", headers={"Host": "post.house"})).status == 403

    await house.patch("/api/settings/api.host", {"value": "post.house"})

    assert (await house.get("/api/status", headers={"Host": "post.house:1"})).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/status"), ("POST", "/api/events"), ("OPTIONS", "/api/events")]
)
async def test_another_site_in_a_browser_gets_nothing(
    house: House, headers: dict[str, str], method: str, path: str
) -> None:
    answer = await house.ask(method, path, EVENT if method == "POST" else None, headers=headers)

    assert (answer.status, answer.code) == (403, "auth.cross_site")
    assert "access-control-allow-origin" not in answer.headers


async def test_own_pages_in_a_browser_pass(house: House) -> None:
    headers = {"Origin": house.url, "Sec-Fetch-Site": "same-origin"}

    assert (await house.get("/api/status", headers=headers)).status == 200
    assert (await house.get("/api/status", headers={"Sec-Fetch-Site": "none"})).status == 200
