"""Signing in to the dashboard: codes of one use, sessions that stand for the home's token, and what they may not do."""

from __future__ import annotations

from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.http.auth import Access, new_token
from posthouse.http.login import CODES_MAX, LoginCodes, browser_of, cookie_in, cookie_name, set_cookie
from posthouse.http.sessions import LoginCode
from posthouse.ledger.sessions import SESSIONS_MAX, add_session, list_sessions
from posthouse.ledger.sqlite.database import open_sqlite
from posthouse.ledger.tokens import TokenScope
from posthouse.model.errors import Forbidden, Unauthenticated
from tests.clock import ManualClock
from tests.http.house import TOKEN, Answer, House

DAY_S = 86_400.0
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


async def sign_in(house: House) -> dict[str, str]:
    """The headers of a browser that has signed in."""
    code = (await house.post("/api/sessions/code")).json["code"]
    answer = await house.post("/api/sessions", {"code": code}, token=None, headers={**OWN_PAGE, "User-Agent": FIREFOX})
    assert answer.status == 201, answer.body
    return cookie_header(answer)


def cookie_header(answer: Answer) -> dict[str, str]:
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    return {"Cookie": f"{cookie.key}={cookie.value}"}


async def test_a_code_becomes_a_session_that_does_what_the_home_token_does(house: House) -> None:
    browser = await sign_in(house)

    assert (await house.get("/api/status", token=None, headers=browser)).status == 200
    changing = browser | {"Origin": house.url}
    assert (await house.post("/api/tokens", {"scope": "read"}, token=None, headers=changing)).status == 201
    posted = await house.post("/api/events", {"type": "build.done"}, token=None, headers=browser | OWN_PAGE)
    assert posted.status == 202


async def test_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(house: House) -> None:
    code = (await house.post("/api/sessions/code")).json["code"]

    answer = await house.post("/api/sessions", {"code": code}, token=None)

    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    assert cookie["domain"] == ""
    assert cookie.key == f"posthouse_{urlsplit(house.url).port}"
    assert len(cookie.value) >= len("phs_") + 256 / 6
    assert cookie.value.encode() not in answer.body
    assert cookie.value.encode() not in house.database.path.read_bytes()


@pytest.mark.parametrize("code", ["x", "0" * 43, "\ud800", "ph_" + "t" * 43])
async def test_wrong_code_starts_nothing(house: House, code: str) -> None:
    raw = b'{"code": "\\ud800"}' if code == "\ud800" else None
    answer = await house.post("/api/sessions", None if raw else {"code": code}, raw=raw, token=None)

    assert answer.status in (400, 401)
    assert answer.code in ("auth.code_unknown", "request.not_json", "request.invalid")
    assert "set-cookie" not in answer.headers
    assert (await house.get("/api/sessions")).json["items"] == []


@pytest.mark.parametrize(
    "body", [{}, {"code": ""}, {"code": "x" * 201}, {"code": 5}, {"code": "x", "more": 1}, [], "x"]
)
async def test_code_of_another_form_is_refused(house: House, body: object) -> None:
    answer = await house.post("/api/sessions", body, token=None)

    assert (answer.status, answer.code) == (400, "request.invalid")


async def test_code_works_once(house: House) -> None:
    code = (await house.post("/api/sessions/code")).json["code"]
    assert (await house.post("/api/sessions", {"code": code}, token=None)).status == 201

    again = await house.post("/api/sessions", {"code": code}, token=None)

    assert (again.status, again.code) == (401, "auth.code_unknown")
    assert "posthouse open" in again.json["detail"]
    assert len((await house.get("/api/sessions")).json["items"]) == 1


def test_code_is_worth_nothing_after_a_minute(clock: ManualClock) -> None:
    codes = LoginCodes(clock)
    early, late = codes.make(), codes.make()

    clock.advance(59.9)
    codes.redeem(early)
    clock.advance(0.1)
    with pytest.raises(Unauthenticated, match="posthouse open"):
        codes.redeem(late)


def test_a_wall_clock_that_is_set_back_keeps_no_code_alive(clock: ManualClock) -> None:
    codes = LoginCodes(clock)
    code = codes.make()

    clock.advance(61)
    clock.jump(-3600)

    with pytest.raises(Unauthenticated):
        codes.redeem(code)


def test_no_more_codes_are_kept_than_a_person_can_ask_for(clock: ManualClock) -> None:
    codes = LoginCodes(clock)
    made = [codes.make() for _ in range(CODES_MAX + 1)]

    for code in made[1:]:
        codes.redeem(code)
    with pytest.raises(Unauthenticated):
        codes.redeem(made[0])


@pytest.mark.parametrize("scope", ["ingest", "read"])
async def test_only_an_admin_token_makes_codes(house: House, scope: str) -> None:
    token = (await house.post("/api/tokens", {"scope": scope})).json["token"]

    assert (await house.post("/api/sessions/code", token=token)).code == "auth.scope"
    assert (await house.post("/api/sessions/code", token=None)).code == "auth.token_missing"


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]
)
async def test_another_site_can_sign_nobody_in_and_use_no_session(house: House, headers: dict[str, str]) -> None:
    browser = await sign_in(house)
    code = (await house.post("/api/sessions/code")).json["code"]

    signing_in = await house.post("/api/sessions", {"code": code}, token=None, headers=headers)
    assert signing_in.code == "auth.cross_site"
    for method, path in (("GET", "/api/status"), ("POST", "/api/events"), ("POST", "/api/tokens")):
        answer = await house.ask(method, path, None if method == "GET" else {}, token=None, headers=browser | headers)
        assert answer.code == "auth.cross_site"


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "none"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/events"), ("POST", "/api/targets"), ("DELETE", "/api/sessions/current"), ("PATCH", "/api/x")],
)
async def test_session_changes_nothing_unless_our_own_page_asks(
    house: House, method: str, path: str, headers: dict[str, str]
) -> None:
    browser = await sign_in(house)

    answer = await house.ask(method, path, {"type": "a.b"}, token=None, headers=browser | headers)

    assert (answer.status, answer.code) == (403, "auth.origin_missing")
    assert (await house.get("/api/status", token=None, headers=browser | headers)).status == 200


async def test_signing_out_ends_the_session_and_takes_the_cookie(house: House) -> None:
    browser = await sign_in(house)

    answer = await house.delete("/api/sessions/current", token=None, headers=browser | OWN_PAGE)

    assert answer.status == 200
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert (await house.get("/api/status", token=None, headers=browser)).code == "auth.session_unknown"


async def test_sessions_are_listed_and_revoked_one_by_one(house: House) -> None:
    mine, other = await sign_in(house), await sign_in(house)

    listed = (await house.get("/api/sessions", token=None, headers=mine)).json["items"]
    assert [one["isCurrent"] for one in listed] == [True, False]
    assert [one["browser"] for one in listed] == ["Firefox on Linux"] * 2
    ended = await house.delete(f"/api/sessions/{listed[1]['id']}", token=None, headers=mine | OWN_PAGE)

    assert "set-cookie" not in ended.headers
    assert (await house.get("/api/status", token=None, headers=other)).code == "auth.session_unknown"
    assert (await house.get("/api/status", token=None, headers=mine)).status == 200


@pytest.mark.parametrize("reference", ["99", "0", "-1", "x", "current"])
async def test_session_that_is_not_there_cannot_be_ended(house: House, reference: str) -> None:
    answer = await house.delete(f"/api/sessions/{reference}")

    assert (answer.status, answer.code) == (404, "session.not_found")


@pytest.mark.parametrize("value", ["", "phs_", "phs_" + "x" * 43, TOKEN, "%00", "é", "a" * 8000])
async def test_unknown_cookie_is_no_session(house: House, value: str) -> None:
    name = f"posthouse_{urlsplit(house.url).port}"

    answer = await house.get("/api/status", token=None, headers={"Cookie": f"{name}={value}"})

    assert (answer.status, answer.code) == (401, "auth.session_unknown")


async def test_cookie_of_a_daemon_on_another_port_is_not_looked_at(house: House) -> None:
    answer = await house.get("/api/status", token=None, headers={"Cookie": "posthouse_1=phs_x; other=1"})

    assert answer.code == "auth.token_missing"


async def test_token_beside_a_cookie_is_what_counts(house: House) -> None:
    browser = await sign_in(house)

    assert (await house.get("/api/status", token="wrong", headers=browser)).code == "auth.token_unknown"


async def test_session_ends_when_it_was_idle_for_thirty_days_and_not_before(home: Path, clock: ManualClock) -> None:
    database = await open_sqlite(home / "ledger.db")
    made = new_token(lambda count: "r" * count)
    await database.run(add_session, digest=made.digest, browser="A browser", now=clock.now())

    async def fresh_access() -> Access:
        access = Access(database, clock, home_token=TOKEN, host=lambda: "127.0.0.1")
        await access.load()
        return access

    headers = [(b"host", b"127.0.0.1:8484"), (b"cookie", f"posthouse_8484={made.token}".encode())]
    access = await fresh_access()
    for _ in range(3):
        clock.advance(29 * DAY_S)
        access.judge(headers, TokenScope.READ)
    # Its use is written down within the day, so that a crash does not make it look idle.
    await access.note_use_if_due()
    access = await fresh_access()
    clock.advance(29 * DAY_S)
    access.judge(headers, TokenScope.READ)
    with pytest.raises(Forbidden, match="from the dashboard only"):
        access.judge(headers, TokenScope.ADMIN)
    clock.advance(30 * DAY_S + 1)
    with pytest.raises(Unauthenticated, match="posthouse open"):
        access.judge(headers, TokenScope.READ)
    await database.close()


async def test_sessions_that_ended_and_more_than_a_hundred_are_forgotten(home: Path, clock: ManualClock) -> None:
    database = await open_sqlite(home / "ledger.db")

    async def add(number: int) -> None:
        await database.run(add_session, digest=number.to_bytes(32, "big"), browser="A browser", now=clock.now())

    await add(0)
    clock.advance(31 * DAY_S)
    for number in range(1, SESSIONS_MAX + 3):
        clock.advance(1)
        await add(number)

    kept = await database.read(list_sessions)
    assert [one.id for one in kept] == list(range(4, SESSIONS_MAX + 4))
    await database.close()


async def test_use_of_a_session_is_shown(house: House) -> None:
    browser = await sign_in(house)
    await house.get("/api/status", token=None, headers=browser)

    (session,) = (await house.get("/api/sessions")).json["items"]

    assert session["lastUsedAt"] >= session["createdAt"]
    assert not session["isCurrent"]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (b"127.0.0.1:8484", "posthouse_8484"),
        (b"[::1]:8484", "posthouse_8484"),
        (b"[::1]", "posthouse"),
        (b"post.house", "posthouse"),
        (b"127.0.0.1:08", "posthouse_8"),
        (b"a:999999", "posthouse"),
        (b"a:x", "posthouse"),
        (b"", "posthouse"),
    ],
)
def test_cookie_is_named_after_the_port(host: bytes, name: str) -> None:
    assert cookie_name(host) == name


@given(header=st.binary(max_size=200), host=st.binary(max_size=30))
def test_no_cookie_header_and_no_host_makes_anything_fail(header: bytes, host: bytes) -> None:
    found = cookie_in(header, host)

    assert found is None or found in header
    assert "\r" not in set_cookie(host, "x")
    assert "\n" not in set_cookie(host, "x")


@given(value=st.text(alphabet="abcXYZ019_-", min_size=1), others=st.lists(st.sampled_from([b"a=b", b"", b"x", b"=;"])))
def test_cookie_that_was_set_is_found_among_others(value: str, others: list[bytes]) -> None:
    host = b"localhost:8484"
    pair = set_cookie(host, value).partition(";")[0].encode()

    assert cookie_in(b"; ".join([*others, pair]), host) == value.encode()


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0 Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/26.0 Safari/605.1.15", "Safari on macOS"),
        ("curl/8.0", "A browser"),
        ("", "A browser"),
    ],
)
def test_browser_is_called_what_people_call_it(user_agent: str, words: str) -> None:
    assert browser_of(user_agent) == words


@pytest.mark.parametrize("made", [new_token(lambda count: "r" * count), LoginCode(code="rrr", valid_s=60.0)])
def test_what_signs_people_in_is_in_no_log_by_accident(made: object) -> None:
    assert "rrr" not in repr(made)
