"""What holds for every command: exit codes, errors, options everywhere, and what may be loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from posthouse.cli import reference
from posthouse.cli.main import COMMANDS, root
from tests.cli.support import TOKEN, Asked, Scripted, run_cli

HEAVY = {
    "aiohttp",
    "apsw",
    "asyncio",
    "cryptography",
    "http.client",
    "keyring",
    "litestar",
    "msgspec",
    "platformdirs",
    "psutil",
    "rich",
    "uvicorn",
}


def loaded_by(*arguments: str, home: Path) -> set[str]:
    """The modules that a command loads."""
    code = "import sys; from posthouse.cli.main import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    environment = {**os.environ, "POSTHOUSE_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, env=environment, text=True, check=True
    )
    return set(done.stderr.split())


def test_help_loads_nothing_heavy_and_no_command(home: Path) -> None:
    loaded = loaded_by("--help", home=home)

    assert not loaded & HEAVY
    assert not {f"posthouse.cli.{entry.module}" for entry in COMMANDS.values()} & loaded


def test_emit_loads_nothing_heavy_but_the_http_client(home: Path, daemon: Scripted) -> None:
    daemon.on("POST", "/api/events", 202, {"events": [{"id": "e", "deliveries": 0, "duplicate": False}]})

    loaded = loaded_by("emit", "a", home=home)

    assert loaded & HEAVY == {"http.client"}


def every_command(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from every_command(child, (*path, name))


def test_every_command_of_the_table_exists_and_explains_itself() -> None:
    for name, entry in COMMANDS.items():
        command = root.get_command(click.Context(root), name)
        assert command is not None
        assert command.name == name
        assert command.help
        assert entry.summary.endswith(".")


def test_every_command_and_option_has_a_line_of_help() -> None:
    context = click.Context(root)
    for path in every_command(root):
        command: click.Command = root
        for name in path:
            assert isinstance(command, click.Group)
            found = command.get_command(context, name)
            assert found is not None
            command = found
        assert command.help, path
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (path, parameter.name)
        assert "--json" in {flag for parameter in command.params for flag in parameter.opts}, path


def test_the_reference_page_is_fresh() -> None:
    page = Path(__file__).parents[2] / reference.PAGE

    assert page.read_text("utf-8") == reference.page()


def test_the_overview_shows_every_command(home: Path) -> None:
    ran = run_cli("--help", home=home)

    assert ran.code == 0
    assert all(f"  {name} " in ran.out for name in COMMANDS)


def test_an_unknown_command_is_a_usage_error(home: Path) -> None:
    ran = run_cli("nope", home=home)

    assert (ran.code, ran.out) == (2, "")
    assert "No such command 'nope'" in ran.err


@pytest.mark.parametrize("arguments", [["--json", "status"], ["status", "--json"]])
def test_json_may_stand_before_or_after_the_command(home: Path, daemon: Scripted, arguments: list[str]) -> None:
    daemon.on("GET", "/api/status", 200, {"anything": [1, "é"]})

    ran = run_cli(*arguments, home=home)

    assert (ran.code, ran.json) == (0, {"anything": [1, "é"]})


def test_home_may_stand_after_the_command_and_wins_over_the_environment(
    home: Path, daemon: Scripted, tmp_path: Path
) -> None:
    daemon.on("GET", "/api/status", 200, {})

    ran = run_cli("status", "--json", "--home", str(home), home=tmp_path / "elsewhere")

    assert ran.code == 0
    assert daemon.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_without_a_daemon_the_exit_code_is_3_and_the_sentence_says_what_to_do(home: Path) -> None:
    ran = run_cli("status", home=home)

    assert (ran.code, ran.out) == (3, "")
    assert ran.err == f"No daemon runs in {home}. Start it with: posthouse up [daemon.not_started]\n"


def test_a_daemon_that_is_gone_leaves_an_address_that_does_not_answer(home: Path) -> None:
    (home / "address").write_text("http://127.0.0.1:1")

    ran = run_cli("status", "--json", home=home)

    assert (ran.code, ran.out) == (3, "")
    assert json.loads(ran.err)["code"] == "daemon.unreachable"


@pytest.mark.parametrize(
    ("status", "code"), [(400, 1), (401, 4), (403, 4), (404, 5), (409, 1), (422, 1), (429, 75), (503, 75)]
)
def test_a_problem_becomes_a_sentence_with_its_code_and_an_exit_code(
    home: Path, daemon: Scripted, status: int, code: int
) -> None:
    problem = {"status": status, "code": "some.code", "title": "No", "detail": "It cannot be."}
    daemon.on("GET", "/api/targets/mine%2Fand%20yours", status, problem)

    plain = run_cli("target", "show", "mine/and yours", home=home)
    as_json = run_cli("target", "show", "mine/and yours", "--json", home=home)

    assert (plain.code, plain.out, plain.err) == (code, "", "It cannot be. [some.code]\n")
    assert (as_json.code, as_json.out, json.loads(as_json.err)) == (code, "", problem)


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"", b"[]", b'{"error": 1}'])
def test_something_else_on_the_port_is_named_as_such(home: Path, daemon: Scripted, body: bytes) -> None:
    daemon.on("GET", "/api/targets/a", 418, body)

    ran = run_cli("target", "show", "a", home=home)

    assert ran.code == 1
    assert "does not speak Posthouse's API (status 418)" in ran.err


def test_the_homes_token_is_not_sent_to_another_machine(home: Path, daemon: Scripted) -> None:
    from posthouse.cli.invocation import Invocation

    invocation = Invocation()
    invocation.home_flag = str(home)

    assert invocation.token_for(daemon.url) == TOKEN
    assert invocation.token_for("http://localhost:8484") == TOKEN
    assert invocation.token_for("http://192.0.2.7:8484") is None
    assert invocation.token_for("http://127.0.0.1.evil.test:8484") is None


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8484", "ftp://127.0.0.1", "http://", "http://127.0.0.1:99999", "http://a b"]
)
def test_a_url_that_is_none_is_a_usage_error(home: Path, url: str) -> None:
    ran = run_cli("--url", url, "status", home=home)

    assert ran.code == 2
    assert "[cli.bad_url]" in ran.err


def test_lists_are_followed_over_their_pages(home: Path, daemon: Scripted) -> None:
    def page(asked: Asked) -> tuple[int, object]:
        return 200, {"items": [{"id": 1, "name": "a", "scope": "read", "prefix": "ph_a"}], "nextCursor": "c 2"}

    daemon.answers["GET", "/api/tokens?limit=500"] = page
    daemon.on("GET", "/api/tokens?limit=500&cursor=c+2", 200, {"items": [{"id": 2, "name": "b", "scope": "read"}]})

    ran = run_cli("token", "list", "--json", home=home)

    assert [row["id"] for row in ran.json["items"]] == [1, 2]


def test_text_from_elsewhere_cannot_move_the_cursor(home: Path, daemon: Scripted) -> None:
    row = {"id": 1, "name": "evil\x1b[2J\u202e\r", "scope": "read", "prefix": "ph", "createdAt": 0, "lastUsedAt": None}
    daemon.on("GET", "/api/tokens?limit=500", 200, {"items": [row], "nextCursor": None})

    ran = run_cli("token", "list", home=home)

    assert "evil\\x1b[2J\\u202e\\r" in ran.out
    assert "\x1b" not in ran.out
