"""Codex's configuration with Posthouse's hooks in it, and without them again."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.errors import BadInput, Conflict
from posthouse.rules.codex_config import EVENTS, install, is_installed, remove

PROGRAM = "/home/mara lind/.local/share/posthouse/hooks/codex"

PEOPLES = (
    "",
    "model = 'gpt-5-codex'",
    '# mine\nmodel = "gpt-5-codex"\n\n[projects."/srv"]\ntrust_level = "trusted"\n',
    'notify = ["notify-send", "Codex"]',
    'model = "m" # best\nnotify = ["notify-send", "Codex"] # a bell\n\n[tui]\nnotifications = true\n',
    'notify = [\n  "python3", # which\n  "/home/mara/bell.py",\n]\n[a]\nb = 1\n',
    "notify = []\nmodel = 'm'\n",
    '[a]\nnotify = ["not this one"]\n\n[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = "command"\ncommand = "true"\n',
    '[[hooks.PermissionRequest]]\nmatcher = "Bash"\n[[hooks.PermissionRequest.hooks]]\ncommand = "x"\n\n[z]\n',
    'text = """\nnotify = ["inside"]\n"""\n"notify" = ["outside"]\n',
    'model = "m"\r\nnotify = ["x"]\r\n\r\n[tui]\r\n',
    "[hooks]\n",
)


@pytest.mark.parametrize("text", PEOPLES)
def test_what_was_installed_can_be_removed_to_the_byte(text: str) -> None:
    installed = install(text, PROGRAM)

    assert is_installed(installed, PROGRAM)
    assert install(installed, PROGRAM) == installed
    assert remove(installed, PROGRAM) == text
    assert not is_installed(text, PROGRAM)


@pytest.mark.parametrize("text", PEOPLES)
def test_what_was_there_goes_on_saying_the_same(text: str) -> None:
    before, after = tomllib.loads(text), tomllib.loads(install(text, PROGRAM))

    assert after["notify"] == ["sh", PROGRAM, *before.get("notify", [])]
    for event in EVENTS:
        ours = {"hooks": [{"type": "command", "command": f"sh '{PROGRAM}'"}]}
        assert after["hooks"][event] == [*before.get("hooks", {}).get(event, []), ours]
    for key in before.keys() - {"notify", "hooks"}:
        assert after[key] == before[key]


names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30)


@given(st.lists(names, max_size=4), names, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_notify_and_any_place_come_back(former: list[str], place: str, newline: str, is_ended: bool) -> None:
    written = ", ".join('"' + "".join(f"\\U{ord(sign):08x}" for sign in part) + '"' for part in former)
    text = f"model = 'm'{newline}notify = [{written}]" + (newline if is_ended else "")
    program = f"/{place}/hooks/codex"

    installed = install(text, program)

    assert tomllib.loads(installed)["notify"] == ["sh", program, *former]
    assert remove(installed, program) == text


def test_what_codex_itself_adds_meanwhile_stays() -> None:
    installed = install('model = "m"\n', PROGRAM)
    trust = '[hooks.state."/c/config.toml:permission_request:0:0"]\ntrusted_hash = "sha256:ab"\n'
    first, rest = installed.split("\n[[hooks.SubagentStart]]", 1)

    left = remove(f"{first}\n{trust}\n[[hooks.SubagentStart]]{rest}\n[tui]\nx = 1\n", PROGRAM)

    assert left == f'model = "m"\n\n{trust}\n[tui]\nx = 1\n'


def test_a_notify_without_its_comment_is_made_from_what_ours_goes_on_with() -> None:
    installed = install('notify = ["bell", "loud"] # mine\n', PROGRAM)
    bare = "".join(line for line in installed.splitlines(keepends=True) if not line.startswith("# Before"))

    assert remove(bare, PROGRAM) == 'notify = ["bell", "loud"]\n'


def test_what_is_partly_there_is_completed() -> None:
    installed = install("", PROGRAM)
    last = installed.index("\n[[hooks.SubagentStart]]")
    partly = installed[:last]

    assert not is_installed(partly, PROGRAM)
    assert install(partly, PROGRAM) == installed


def test_removing_what_is_not_there_changes_nothing() -> None:
    assert [remove(text, PROGRAM) for text in PEOPLES] == list(PEOPLES)


@pytest.mark.parametrize("text", ["model = ", "a = 1\na = 2\n", "[" * 5_000])
def test_broken_toml_is_told_and_not_touched(text: str) -> None:
    for change in (install, remove, is_installed):
        with pytest.raises(BadInput) as caught:
            change(text, PROGRAM)
        assert caught.value.code == "hooks.config_unreadable"


@pytest.mark.parametrize(
    "text",
    [
        "notify = 'one word'\n",
        "notify = [1]\n",
        "hooks = {Stop = []}\n",
        "[hooks]\nPermissionRequest = []\n",
        "hooks = 3\n",
    ],
)
def test_what_nothing_can_be_added_to_is_told_and_not_touched(text: str) -> None:
    with pytest.raises(Conflict) as caught:
        install(text, PROGRAM)
    assert caught.value.code == "hooks.config_conflict"


def test_hooks_that_were_edited_by_hand_are_left_to_a_hand() -> None:
    edited = install("", PROGRAM).replace('type = "command"', 'type = "command"\ntimeout = 5', 1)

    with pytest.raises(Conflict) as caught:
        remove(edited, PROGRAM)
    assert caught.value.code == "hooks.config_changed"
