"""How people write durations, headers and secrets."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.cli.exits import CommandFailed
from posthouse.cli.target_webhook import WebhookChoices, changed_settings, new_settings, url_warning
from posthouse.cli.values import duration_s, header_pairs, limit_s, read_secret, weekly_slot, whole_seconds
from posthouse.targets.standard_webhooks import signing_key

NOTHING = WebhookChoices(None, None, None, None, None, False, None, None, ())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("90", 90), ("5s", 5), (" 1.5m ", 90), ("10min", 600), ("2h", 7_200), ("1d", 86_400), ("250ms", 0.25)],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@given(st.text(max_size=12))
def test_what_is_no_duration_is_refused_and_never_negative(text: str) -> None:
    with suppress(CommandFailed):
        assert duration_s(text) >= 0


def test_time_between_runs_is_whole_seconds() -> None:
    assert (whole_seconds("15m"), whole_seconds("1.5m"), whole_seconds("90")) == (900, 90, 90)
    for text in ("250ms", "1.5", "never"):
        with pytest.raises(CommandFailed):
            whole_seconds(text)


def test_limit_is_a_duration_or_never() -> None:
    assert (limit_s("26h"), limit_s(" never ")) == (93_600, None)
    with pytest.raises(CommandFailed):
        limit_s("forever")


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("mon 09:00", ("monday", "09:00")),
        (" Tuesday  7:5 ", ("tuesday", "7:5")),
        ("TH 23:59", ("thursday", "23:59")),
        ("su", ("sunday", None)),
    ],
)
def test_day_and_time_of_a_week_are_read(text: str, slot: tuple[str, str | None]) -> None:
    assert weekly_slot(text) == slot


@pytest.mark.parametrize("text", ["", "t", "s 09:00", "mondays", "09:00 mon", "montag 09:00"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(CommandFailed):
        weekly_slot(text)


def test_headers_are_read_as_pairs() -> None:
    assert header_pairs(["X-Team: blue", "x-empty:", "X-Url: http://a:1"]) == {
        "X-Team": "blue",
        "x-empty": "",
        "X-Url": "http://a:1",
    }
    with pytest.raises(CommandFailed):
        header_pairs(["no colon"])


def test_a_secret_comes_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"s3cret \r\n")

    assert read_secret("Token", file=str(file), variable="UNSET_HERE", can_ask=False) == "s3cret "


def test_a_secret_comes_from_standard_input_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"from-stdin\n")))
    monkeypatch.setenv("SOME_SECRET", "from-environment")

    assert read_secret("Token", file="-", variable="SOME_SECRET", can_ask=False) == "from-stdin"
    assert read_secret("Token", file=None, variable="SOME_SECRET", can_ask=False) == "from-environment"


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff", b"x" * 70_000])
def test_a_secret_that_is_none_is_refused_without_being_shown(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)

    with pytest.raises(CommandFailed) as raised:
        read_secret("Token", file=str(file), variable="UNSET_HERE", can_ask=False)

    assert "xxx" not in raised.value.detail


def test_without_a_terminal_a_missing_secret_says_how_to_give_it() -> None:
    with pytest.raises(CommandFailed) as raised:
        read_secret("Bearer token", file=None, variable="UNSET_HERE", can_ask=False)

    assert raised.value.code == "cli.secret_needed"
    assert "UNSET_HERE" in raised.value.detail


def test_a_new_webhook_is_described_in_its_own_settings(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("p:w")
    choices = NOTHING._replace(
        url="https://a.test/hook", auth="basic", user="me", token_file=str(file), headers=("X-Team: blue",), sign=True
    )

    settings = new_settings(choices, can_ask=False)

    assert settings == {
        "url": "https://a.test/hook",
        "auth": {"kind": "basic", "username": "me", "password": "p:w"},
        "headers": {"X-Team": "blue"},
        "sign": True,
    }

    settings, secret = changed_settings(settings, NOTHING._replace(sign=True), can_ask=False)
    assert secret is not None
    assert settings == {"signing": {"secret": secret}}
    signing_key(secret)


def test_an_edit_holds_only_what_was_said(tmp_path: Path) -> None:
    file = tmp_path / "value"
    file.write_text("v")
    now = {"url": "https://a.test", "auth": {"kind": "header", "name": "x-key"}, "headers": {"a": "1"}}

    assert changed_settings(now, NOTHING, can_ask=False) == ({}, None)
    assert changed_settings(now, NOTHING._replace(url="https://b.test"), can_ask=False)[0] == {"url": "https://b.test"}
    assert changed_settings(now, NOTHING._replace(token_file=str(file)), can_ask=False)[0] == {
        "auth": {"kind": "header", "name": "x-key", "value": "v"}
    }
    assert changed_settings(now, NOTHING._replace(auth_header="x-new"), can_ask=False)[0] == {
        "auth": {"kind": "header", "name": "x-new", "value": {"isSet": True}}
    }
    assert changed_settings(now, NOTHING._replace(headers=("b: 2",)), can_ask=False)[0] == {
        "headers": {"a": "1", "b": "2"}
    }


@pytest.mark.parametrize(
    ("url", "is_warned"),
    [
        ("http://example.test/a", True),
        ("HTTP://192.168.1.2/", True),
        ("https://example.test/a", False),
        ("http://127.0.0.1:9/", False),
        ("http://localhost:9/", False),
        ("http://[::1]:9/", False),
        ("http://[", False),
    ],
)
def test_plain_http_to_another_machine_is_warned_of(url: str, is_warned: bool) -> None:
    assert (url_warning(url) is not None) is is_warned
