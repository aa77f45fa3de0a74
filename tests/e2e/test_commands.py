"""The program against the real daemon, as a person or a script uses it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from posthouse.cli.demo_log import GrowingLog
from tests.cli.support import run_in_terminal
from tests.e2e.house import House, received, receiver, road_that_loses_answers
from tests.e2e.processes import until


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One daemon for the tests of this file that do not stop it."""
    home = tmp_path_factory.mktemp("house") / "home"
    with House(home).running() as running:
        yield running


@pytest.fixture
def own_house(home: Path) -> Iterator[House]:
    """A daemon that a test may stop."""
    with House(home).running() as running:
        yield running


def test_the_daemon_says_where_it_is_and_ends_cleanly(own_house: House) -> None:
    hint = f"posthouse --home {own_house.home} status"
    until(lambda: hint in own_house.log.read_text(), "the daemon has said where it is")

    assert own_house.ask("health")["status"] == "ok"
    assert (own_house.home / "address").read_text() in own_house.log.read_text()
    assert own_house.stop() == 0


def test_a_second_daemon_on_the_same_home_is_refused(house: House) -> None:
    ran = house.cli("up", "--port", "0")

    assert ran.code == 1
    assert "[home.in_use]" in ran.err


def test_an_emitted_event_reaches_its_receiver_and_can_be_followed(house: House, tmp_path: Path) -> None:
    record = tmp_path / "received"
    with receiver(record) as url:
        added = house.cli("target", "add", "webhook", "--name", "whole", "--url", url, "--sign")
        bound = house.cli("bind", "ingest", "whole", "--filter", "whole.*", "--origin", "ci", "--retry", "1s,2m")
        emitted = house.ask("emit", "whole.done", "--origin", "ci", "--data", '{"n": 1.50}')
        house.ask("emit", "whole.done", "--origin", "someone-else")
        until(
            lambda: house.ask("deliveries", "--target", "whole", "--status", "delivered")["items"], "they are delivered"
        )

    (delivery,) = house.ask("deliveries", "--target", "whole")["items"]
    shown = house.cli("deliveries", "show", delivery["id"], "--body")
    (event,) = [one for one in received(record) if one["type"] == "whole.done"]
    assert "whole is checked and saved" in added.out
    assert "Signing secret: whsec_" in added.out
    assert f"ingest → whole {url}" in bound.out
    assert "Events: whole.* from ci, as cloudevents." in bound.out
    assert "Tries: 3 over 2 min." in bound.out
    assert emitted["deliveries"] == 1
    assert event["id"] == emitted["id"] == delivery["eventId"]
    assert event["data"] == {"n": 1.5}
    assert "Status    Delivered" in shown.out
    assert f"→ POST {url}" in shown.out
    assert '"n": 1.50' in shown.out
    assert "whole.done" in house.cli("events", "show", emitted["id"]).out
    assert "whole" in house.cli("status").out


def test_a_dead_target_is_not_saved_and_its_fault_is_explained(house: House) -> None:
    ran = house.cli("target", "add", "webhook", "--name", "dead", "--url", "http://127.0.0.1:1/")

    assert ran.code == 1
    assert "[target.check_failed]" in ran.err
    assert "What to do: " in ran.err
    assert house.cli("target", "show", "dead").code == 5


def test_what_waits_for_a_dead_target_is_told_paused_and_dismissed(house: House) -> None:
    house.ask("target", "add", "webhook", "--name", "gone", "--url", "http://127.0.0.1:1/", "--no-check")
    house.ask("target", "pause", "gone")
    binding = house.ask("bind", "ingest", "gone", "--filter", "gone.*")
    house.ask("emit", "gone.one")
    house.ask("emit", "gone.two")

    listed = house.cli("deliveries", "--target", "gone")
    refused = house.cli("unbind", "ingest", "gone")
    tested = house.cli("target", "test", "gone")
    dismissed = house.ask("dismiss", "--status", "target_paused", "--target", "gone", "--yes")
    unbound = house.cli("unbind", str(binding["id"]))
    removed = house.cli("target", "remove", "gone")

    assert listed.out.count("Paused: by hand") == 2
    assert (refused.code, "2 deliveries still wait" in refused.err) == (1, True)
    assert (tested.code, "refused" in tested.err) == (1, True)
    assert dismissed["changed"] == 2
    assert (unbound.code, removed.code) == (0, 0)


def test_a_person_removing_a_target_is_asked_what_becomes_of_what_waits(house: House) -> None:
    house.ask("target", "add", "webhook", "--name", "asked", "--url", "http://127.0.0.1:1/", "--no-check")
    house.ask("target", "pause", "asked")
    house.ask("bind", "ingest", "asked", "--filter", "asked.*")
    house.ask("emit", "asked.one")

    ran = run_in_terminal(
        "target", "remove", "asked", home=house.home, answers=[("What shall become of them?", "dismiss")]
    )

    assert ran.code == 0
    assert "1 delivery still waits" in ran.out
    assert house.cli("target", "show", "asked").code == 5


def test_an_edit_changes_only_what_was_named_and_keeps_secrets(house: House, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("t0p-s3cret\n")
    house.ask(
        "target", "add", "webhook", "--name", "edited", "--url", "http://127.0.0.1:1/", "--no-check", "--sign",
        "--auth", "header", "--auth-header", "X-Key", "--token-file", str(secret),
    )  # fmt: skip

    edited = house.ask("target", "edit", "edited", "--url", "http://127.0.0.1:2/", "--auth-header", "X-Other")
    rotated = house.ask("target", "rotate-secret", "edited")

    assert edited["settings"] == {
        "url": "http://127.0.0.1:2/",
        "auth": {"kind": "header", "name": "x-other", "value": {"isSet": True}},
        "headers": {},
        "signing": {"kind": "hmac", "secret": {"isSet": True}, "publicKey": None, "previous": None},
        "sign": True,
        "signWith": "hmac",
    }
    assert rotated["secret"].startswith("whsec_")
    assert "t0p-s3cret" not in house.cli("target", "show", "edited", "--json").out


def test_settings_are_shown_set_reset_exported_and_imported(house: House, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"

    assert house.cli("settings", "get", "retention.days").out == "30\n"
    assert house.cli("settings", "set", "retention.days", "7").out == "retention.days is 7 days\n"
    assert house.cli("settings", "set", "ingest.event_bytes_max", "2 MiB").out == "ingest.event_bytes_max is 2 MiB\n"
    assert house.cli("settings", "export", str(file)).code == 0
    assert house.ask("settings", "reset", "retention.days")["origin"] == "default"
    assert house.ask("settings", "reset", "ingest.event_bytes_max")["value"] == 1_048_576
    assert house.cli("settings", "import", str(file)).out == "2 settings set.\n"
    assert house.cli("settings", "get", "retention.days").out == "7\n"
    listed = house.cli("settings", "list").out
    assert "Taking events       ingest.event_bytes_max" in listed
    assert "2 MiB " in next(line for line in listed.splitlines() if "ingest.event_bytes_max" in line)
    assert house.cli("settings", "set", "log.level", "debug").err == (
        "It holds from the next start; until then it is info.\n"
    )
    assert "debug (from the next start; now info)" in house.cli("settings", "list").out


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (["get", "no.such"], 5, "settings.unknown_key"),
        (["set", "retention.days", "0"], 1, "settings.invalid_value"),
        (["set", "retention.days", "soon"], 1, "settings.invalid_value"),
    ],
)
def test_a_wrong_setting_is_an_error_with_a_code(house: House, arguments: list[str], code: int, problem: str) -> None:
    ran = house.cli("settings", *arguments, "--json")

    assert (ran.code, json.loads(ran.err)["code"]) == (code, problem)


def test_a_bad_import_changes_nothing(house: House) -> None:
    ran = house.cli("settings", "import", "-", stdin="[delivery]\nconcurrency = 3\npace_s = -1\n")

    assert (ran.code, "[settings.invalid]" in ran.err) == (1, True)
    assert house.ask("settings", "get", "delivery.concurrency")["origin"] == "default"


def test_an_ingest_token_may_emit_and_nothing_else(house: House) -> None:
    made = house.ask("token", "create", "--name", "ci", "--scope", "ingest")
    environ = {"POSTHOUSE_TOKEN": made["token"]}

    emitted = house.cli("emit", "from.ci", environ=environ)
    looked = house.cli("status", environ=environ)
    listed = house.cli("token", "list")
    house.ask("token", "revoke", str(made["id"]))
    refused = house.cli("emit", "from.ci", environ=environ)

    assert (emitted.code, looked.code, refused.code) == (0, 4, 4)
    assert "ci" in listed.out
    assert made["token"] not in listed.out


def test_a_source_shows_real_data_before_any_of_it_leaves(house: House, tmp_path: Path) -> None:
    log = GrowingLog(tmp_path)
    log.grow()
    house.ask("source", "set", "claude-sessions", f'roots=["{log.roots}"]', "quiet_s=0")

    shown = house.cli("source", "preview", "claude-sessions")
    house.ask("source", "properties", "claude-sessions", "--off", "sessions")
    without = house.ask("source", "preview", "claude-sessions")
    pushed = house.ask("source", "push", "claude-sessions")

    assert "/demo/post-house" in shown.out
    assert "1 session" in shown.err
    assert "sessions" not in without["data"]
    assert pushed["deliveries"] == 0
    assert "claude-sessions" in house.cli("source", "list").out
    assert house.ask("source", "enable", "claude-sessions")["isEnabled"] is True
    assert house.ask("source", "disable", "claude-sessions")["isEnabled"] is False
    assert house.cli("source", "show", "nowhere").code == 5


def test_what_was_emitted_while_the_daemon_was_away_is_there_once_after_its_start(home: Path) -> None:
    house = House(home)
    with house.running():
        house.stop()
        spooled = house.ask("emit", "away", "--origin", "me", "--key", "k-1")
        house.ask("emit", "away", "--origin", "me", "--key", "k-1")
        house.start()
        until(lambda: not list((home / "spool").glob("*.json")), "the spool is empty")
        again = house.ask("emit", "away", "--origin", "me", "--key", "k-1")

        assert spooled["spooled"] is True
        assert again["duplicate"] is True
        assert len(house.ask("events", "--type", "away")["items"]) == 1


def test_an_answer_that_was_lost_after_the_commit_doubles_nothing(house: House) -> None:
    with road_that_loses_answers(house.home):
        emitted = house.ask("emit", "unsure", "--data", '{"n": 1}')
    until(lambda: not list((house.home / "spool").glob("*.json")), "the spool is empty")

    assert (emitted["spooled"], emitted["reason"]) == (True, "daemon.unreachable")
    (event,) = house.ask("events", "--type", "unsure")["items"]
    assert house.ask("events", "show", event["id"])["key"] == emitted["key"]


def test_a_file_in_the_spool_is_taken_in_at_once_and_a_bad_one_is_told(house: House) -> None:
    spool = house.home / "spool"
    for name, text in (("good", '{"type": "spooled.good"}'), ("wrong", '{"type": ""}')):
        (spool / f".{name}").write_text(text)
        os.replace(spool / f".{name}", spool / f"{name}.json")

    until(lambda: house.ask("events", "--type", "spooled.good")["items"], "the good one is taken in")
    until(lambda: (spool / "bad" / "wrong.json.reason").exists(), "the bad one is set aside")

    assert "[event.type_invalid]" in (spool / "bad" / "wrong.json.reason").read_text()
    assert any("spooled file" in item["what"] for item in house.ask("status")["attention"])


def test_interrupting_the_daemon_from_the_keyboard_is_a_clean_stop(own_house: House) -> None:
    assert own_house.stop(signal.SIGINT) == 0
    assert own_house.cli("status").code == 3
