"""`posthouse hooks` as a person types it: a tool's settings change only as shown, and change back."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from posthouse.rules.claude_settings import EVENTS
from tests.cli.support import Ran, run_cli, run_in_terminal

THEIRS = (
    '{\n    "model": "opus",\n    "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "say done"}]}]},\n'
    '    "permissions": {"allow": ["Bash(ls:*)"]}\n}'
)


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """A person's home folder, with settings of Claude Code in it."""
    folder = tmp_path / "ada"
    (folder / ".claude").mkdir(parents=True)
    (folder / ".claude" / "settings.json").write_text(THEIRS)
    return folder


def hooks(user: Path, *arguments: str, **environ: str) -> Ran:
    """Run `posthouse hooks … claude-code …` as that person; the home lies in their folder."""
    command, *options = arguments
    variables = {"HOME": str(user), "CLAUDE_CONFIG_DIR": "", **environ}
    return run_cli("hooks", command, "claude-code", *options, home=user / "posthouse", environ=variables)


def settings(user: Path) -> Path:
    return user / ".claude" / "settings.json"


def value_of(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_hooks_go_beside_what_is_there_and_out_again_to_the_byte(user: Path) -> None:
    settings(user).chmod(0o640)

    ran = hooks(user, "install", "--yes")

    assert ran.code == 0, ran.err
    after = value_of(settings(user))
    assert set(after["hooks"]) == set(EVENTS)
    assert after["hooks"]["Stop"][0] == {"hooks": [{"type": "command", "command": "say done"}]}
    assert (after["model"], list(after)) == ("opus", ["model", "hooks", "permissions"])
    assert stat.S_IMODE(settings(user).stat().st_mode) == 0o640
    assert f"+++ {settings(user)}" in ran.out
    assert hooks(user, "remove", "--yes").code == 0
    assert settings(user).read_text() == THEIRS
    assert [path.name for path in settings(user).parent.iterdir()] == ["settings.json"]


def test_the_home_gets_the_program_the_spool_and_a_copy_for_its_owner_alone(user: Path) -> None:
    assert hooks(user, "install", "--yes").code == 0

    home = user / "posthouse"
    folders = [home, home / "hooks", home / "hooks" / "backups", home / "spool", home / "spool" / "agents"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in [*folders, folders[-1] / "claude-code"]} == {0o700}
    assert stat.S_IMODE((home / "hooks" / "claude-code").stat().st_mode) == 0o700
    (copy,) = (home / "hooks" / "backups").iterdir()
    assert (copy.read_text(), stat.S_IMODE(copy.stat().st_mode)) == (THEIRS, 0o600)


def test_installing_again_changes_nothing_but_puts_the_program_back(user: Path) -> None:
    hooks(user, "install", "--yes")
    before = settings(user).read_text()
    (user / "posthouse" / "hooks" / "claude-code").unlink()

    ran = hooks(user, "install", "--json")

    assert (ran.code, ran.json["changed"]) == (0, False)
    assert settings(user).read_text() == before
    assert (user / "posthouse" / "hooks" / "claude-code").exists()


def test_removing_takes_only_our_hooks_out_of_what_was_changed_since(user: Path) -> None:
    hooks(user, "install", "--yes")
    changed = value_of(settings(user)) | {"model": "sonnet"}
    settings(user).write_text(json.dumps(changed, indent=2))

    assert hooks(user, "remove", "--yes").code == 0

    assert value_of(settings(user)) == json.loads(THEIRS) | {"model": "sonnet"}
    assert hooks(user, "remove").out.startswith("No hooks of Posthouse are in")


def test_settings_that_installing_made_are_gone_after_removing(user: Path) -> None:
    settings(user).unlink()

    assert hooks(user, "install", "--yes").code == 0
    assert stat.S_IMODE(settings(user).stat().st_mode) == 0o600
    assert hooks(user, "remove", "--yes").code == 0

    assert not settings(user).exists()


def test_a_dry_run_shows_the_difference_and_makes_nothing(user: Path) -> None:
    ran = hooks(user, "install", "--dry-run")
    told = hooks(user, "install", "--dry-run", "--json").json

    assert ran.code == 0
    assert f"+++ {settings(user)}" in ran.out
    assert (told["changed"], told["difference"]) == (True, ran.out.rstrip("\n"))
    assert settings(user).read_text() == THEIRS
    assert not (user / "posthouse").exists()


def test_without_a_yes_a_script_changes_nothing(user: Path) -> None:
    ran = hooks(user, "install")

    assert (ran.code, settings(user).read_text()) == (2, THEIRS)
    assert "cli.confirmation_needed" in ran.err


@pytest.mark.parametrize(("answer", "is_changed"), [("n", False), ("y", True)])
def test_a_person_sees_the_difference_and_is_asked(user: Path, answer: str, is_changed: bool) -> None:
    ran = run_in_terminal(
        *("hooks", "install", "claude-code"),
        home=user / "posthouse",
        answers=[("Make this change?", f"{answer}\n")],
        environ={"HOME": str(user), "CLAUDE_CONFIG_DIR": ""},
    )

    assert ran.code == (0 if is_changed else 130)
    assert ran.out.index("SessionStart") < ran.out.index("Make this change?")
    assert (settings(user).read_text() != THEIRS) is is_changed


def test_a_project_has_them_in_its_settings_of_this_machine(user: Path) -> None:
    project = user / "ledger"
    project.mkdir()

    assert hooks(user, "install", "--project", str(project), "--yes").code == 0

    assert set(value_of(project / ".claude" / "settings.local.json")["hooks"]) == set(EVENTS)
    assert settings(user).read_text() == THEIRS
    assert hooks(user, "status", "--project", str(project), "--json").json["installed"] == "yes"
    assert hooks(user, "install", "--project", str(project), "--user").code == 2
    assert hooks(user, "install", "--project", str(user / "nowhere")).code == 2


def test_another_folder_of_claude_code_is_where_its_variable_says(user: Path) -> None:
    ran = hooks(user, "install", "--json", "--yes", CLAUDE_CONFIG_DIR=str(user / "elsewhere"))

    assert ran.json["path"] == str(user / "elsewhere" / "settings.json")
    assert (user / "elsewhere" / "settings.json").exists()
    assert settings(user).read_text() == THEIRS


def test_status_says_what_is_missing(user: Path) -> None:
    def told() -> tuple[Any, ...]:
        found = hooks(user, "status", "--json").json
        return found["installed"], found["isProgramReady"], found["isSpoolReady"], found["problem"]

    assert told() == ("no", False, False, None)
    hooks(user, "install", "--yes")
    assert told() == ("yes", True, True, None)
    assert "installed" in hooks(user, "status").out
    settings(user).write_text(json.dumps(value_of(settings(user)) | {"disableAllHooks": True}))
    (user / "posthouse" / "hooks" / "claude-code").write_text("exit 1")
    assert told() == ("partly", False, True, None)
    assert "posthouse hooks install claude-code" in hooks(user, "status").err
    settings(user).write_text("{")
    assert "[hooks.settings_not_json]" in told()[3]


def broken(path: Path) -> None:
    path.write_text('{\n  "model": "opus", // mine\n}')


def wrong(path: Path) -> None:
    path.write_text('{"hooks": {"Stop": "say done"}}')


def binary(path: Path) -> None:
    path.write_bytes(b'{"model": "\xff"}')


def huge(path: Path) -> None:
    path.write_text('{"model": "' + "x" * 4 * 1024 * 1024 + '"}')


def linked(path: Path) -> None:
    path.rename(path.with_name("dotfiles.json"))
    path.symlink_to(path.with_name("dotfiles.json"))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def read_only(path: Path) -> None:
    path.chmod(0o444)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (broken, "hooks.settings_not_json"),
        (wrong, "hooks.settings_wrong_type"),
        (binary, "hooks.settings_unreadable"),
        (huge, "hooks.settings_unreadable"),
        (folder, "hooks.settings_unreadable"),
        (linked, "hooks.settings_linked"),
        (read_only, "hooks.settings_read_only"),
    ],
)
def test_settings_that_cannot_be_changed_safely_are_left_alone(user: Path, make: Any, code: str) -> None:
    make(settings(user))
    before = settings(user).lstat()

    for command in ("install", "remove"):
        ran = hooks(user, command, "--yes", "--json")
        problem = json.loads(ran.err)
        assert (ran.code, problem["code"]) == (1, code)
        assert str(settings(user)) in problem["detail"]

    after = settings(user).lstat()
    assert (after.st_ino, after.st_mtime_ns, after.st_mode) == (before.st_ino, before.st_mtime_ns, before.st_mode)
    assert not (user / "posthouse").exists()


def test_a_home_that_cannot_be_written_leaves_the_settings_alone(user: Path) -> None:
    (user / "posthouse").write_text("in the way")

    ran = hooks(user, "install", "--yes")

    assert (ran.code, settings(user).read_text()) == (1, THEIRS)
    assert "home.not_a_folder" in ran.err
    (user / "posthouse").unlink()
    (user / "posthouse").mkdir()
    (user / "posthouse" / "hooks").write_text("in the way")
    ran = hooks(user, "install", "--yes")
    assert (ran.code, settings(user).read_text()) == (1, THEIRS)
    assert "hooks.program_unwritable" in ran.err


def test_a_home_whose_name_needs_quotes_still_works(user: Path) -> None:
    home = user / "it's; here $(touch no)"
    ran = run_cli(
        *("hooks", "install", "claude-code", "--yes"),
        home=home,
        environ={"HOME": str(user), "CLAUDE_CONFIG_DIR": ""},
    )
    assert ran.code == 0, ran.err
    command = value_of(settings(user))["hooks"]["SessionEnd"][0]["hooks"][0]["command"]

    for shell in ("sh", "bash"):
        assert os.system(f"cd '{user}' && echo '{{}}' | {shell} -c {json_quoted(command)}") == 0

    assert len(list((home / "spool" / "agents" / "claude-code").glob("*.json"))) == 2
    assert not (user / "no").exists()


def json_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
