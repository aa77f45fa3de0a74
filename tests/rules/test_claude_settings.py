"""Our hooks go into a settings file of Claude Code and out again, and nothing else in it moves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.errors import BadInput
from posthouse.rules.claude_settings import (
    EVENTS,
    are_all_off,
    install,
    installed,
    posix_command,
    program_of,
    remove,
    windows_command,
)

OURS = posix_command("/home/ada/.local/share/posthouse/hooks/claude-code")
OTHER_HOME = posix_command("/srv/it's here/hooks/claude-code")

HANDLERS = st.fixed_dictionaries(
    {"type": st.just("command"), "command": st.sampled_from(["say done", "lint", "[ -r 'a' ] && exec sh 'a'; exit 0"])},
    optional={"timeout": st.integers(1, 60)},
)
GROUPS = st.fixed_dictionaries(
    {"hooks": st.lists(HANDLERS, min_size=1, max_size=3)}, optional={"matcher": st.sampled_from(["", "Bash", "*"])}
)
EVENT_NAMES = st.sampled_from([*list(EVENTS)[:4], "PreToolUse", "Unheard"])
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "model": st.text(),
        "hooks": st.dictionaries(EVENT_NAMES, st.lists(GROUPS, min_size=1, max_size=3), min_size=1, max_size=4),
        "permissions": st.fixed_dictionaries({"allow": st.lists(st.text(), max_size=3)}),
        "unknown": st.dictionaries(st.text(), st.integers(), max_size=2),
    },
)
TEXTS = st.builds(
    lambda value, layout, order, line_end, end: (
        json.dumps({name: value[name] for name in order if name in value}, indent=layout, ensure_ascii=False) + end
    ).replace("\n", line_end),
    SETTINGS,
    st.sampled_from([None, 2, 4, "\t"]),
    st.permutations(["model", "hooks", "permissions", "unknown"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n"]),
)


@given(TEXTS)
def test_installing_and_removing_gives_back_what_was_there(text: str) -> None:
    assert remove(install(text, OURS)) == text


@given(TEXTS)
def test_installing_twice_is_installing_once(text: str) -> None:
    once = install(text, OURS)

    assert install(once, OURS) == once
    assert installed(once) == {(event, matcher, OURS) for event, matcher in EVENTS.items()}


@given(TEXTS)
def test_what_was_there_stays_in_place_and_order(text: str) -> None:
    before, after = json.loads(text), json.loads(install(text, OURS))

    assert list(after) == list(before) if "hooks" in before else [*before, "hooks"]
    assert {name: value for name, value in after.items() if name != "hooks"} == {
        name: value for name, value in before.items() if name != "hooks"
    }
    for event, groups in before.get("hooks", {}).items():
        assert after["hooks"][event][: len(groups)] == groups


@given(TEXTS)
def test_hooks_of_another_home_are_replaced(text: str) -> None:
    assert json.loads(install(install(text, OTHER_HOME), OURS)) == json.loads(install(text, OURS))


def test_an_empty_file_becomes_one_with_our_hooks_alone() -> None:
    text = install("", OURS)

    assert list(json.loads(text)) == ["hooks"]
    assert list(json.loads(text)["hooks"]) == list(EVENTS)
    assert remove(text) == "{}\n"


def test_a_hook_that_somebody_put_beside_ours_stays() -> None:
    value: dict[str, Any] = json.loads(install("", OURS))
    value["hooks"]["Stop"][0]["hooks"].append({"type": "command", "command": "say done"})

    left = json.loads(remove(json.dumps(value, indent=2)))

    assert left == {"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "say done"}]}]}}


def test_a_hook_of_ours_that_was_changed_or_doubled_is_put_right() -> None:
    value: dict[str, Any] = json.loads(install("", OURS))
    value["hooks"]["Stop"][0]["matcher"] = "x"
    value["hooks"]["SessionEnd"] *= 2
    value["hooks"]["SessionStart"][0]["hooks"][0]["timeout"] = 600

    put_right = install(json.dumps(value), OURS)

    assert installed(put_right) == {(event, matcher, OURS) for event, matcher in EVENTS.items()}
    assert len(json.loads(put_right)["hooks"]["SessionEnd"]) == 1


@given(st.text(alphabet=st.characters(exclude_characters="\0"), max_size=30))
def test_a_command_of_ours_is_known_by_the_program_in_it(home: str) -> None:
    assert program_of(posix_command(f"/{home}/hooks/claude-code")) == f"/{home}/hooks/claude-code"
    assert program_of(windows_command(f"{home}\\hooks\\claude-code.ps1")) == f"{home}\\hooks\\claude-code.ps1"


@pytest.mark.parametrize("command", [None, 7, "", "/x/hooks/claude-code", "[ -r 'a' ] && exec sh 'a'; exit 0"])
def test_a_command_of_somebody_else_is_not_ours(command: object) -> None:
    assert program_of(command) is None


def test_on_windows_the_hook_is_run_by_powershell() -> None:
    command = windows_command("C:\\Users\\ada\\posthouse\\hooks\\claude-code.ps1")
    text = install("{}", command)

    assert json.loads(text)["hooks"]["Stop"][0]["hooks"][0] == {
        "type": "command",
        "command": command,
        "shell": "powershell",
        "timeout": 5,
    }
    assert install(text, command) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "hooks.settings_not_json"),
        ('{"a": 1} // why', "hooks.settings_not_json"),
        ('{"hooks": {}, "hooks": {}}', "hooks.settings_not_json"),
        ("[]", "hooks.settings_wrong_type"),
        ('{"hooks": []}', "hooks.settings_wrong_type"),
        ('{"hooks": {"Stop": {}}}', "hooks.settings_wrong_type"),
        ('{"hooks": {"Stop": [7]}}', "hooks.settings_wrong_type"),
        ('{"hooks": {"Stop": [{"hooks": "x"}]}}', "hooks.settings_wrong_type"),
    ],
)
def test_settings_that_are_not_as_documented_are_refused(text: str, code: str) -> None:
    for act in (lambda: install(text, OURS), lambda: remove(text), lambda: installed(text)):
        with pytest.raises(BadInput) as caught:
            act()
        assert caught.value.code == code


def test_all_hooks_may_be_switched_off() -> None:
    assert are_all_off('{"disableAllHooks": true}')
    assert not are_all_off("{}")
