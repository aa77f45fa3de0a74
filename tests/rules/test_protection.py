"""What is said of a request before it leaves."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.protection import Facts, Judgement, Means, Reach, is_readable, judge, listed

SAFE = Facts(is_https=True, host="hooks.example.com", reach=Reach.INTERNET, is_signed=True, has_credentials=True)

titles = st.lists(st.sampled_from(["Prompts", "Branches", "Paths"]), unique=True).map(tuple)
every = st.builds(
    Facts,
    is_https=st.booleans(),
    host=st.sampled_from(["hooks.example.com", "10.0.0.5", "127.0.0.1"]),
    reach=st.sampled_from(Reach),
    is_signed=st.booleans(),
    has_credentials=st.booleans(),
    has_secret_in_url=st.booleans(),
    is_reachable=st.booleans(),
    sensitive=titles,
    kept=titles,
)


def _facts(**changes: object) -> Facts:
    return msgspec.structs.replace(SAFE, **changes)


def _good(judgement: Judgement) -> dict[str, bool]:
    return {one.code: one.is_good for one in judgement.protections}


def test_signed_https_with_credentials_is_good_all_over_and_warns_of_nothing() -> None:
    judged = judge(SAFE)

    assert _good(judged) == {"reach": True, "transport": True, "signature": True, "credentials": True}
    assert judged.warnings == ()


@pytest.mark.parametrize(
    ("changes", "code", "is_good", "words"),
    [
        ({}, "reach", True, "over the internet"),
        ({"is_https": False}, "reach", False, "over the internet"),
        ({"reach": Reach.MACHINE, "is_https": False}, "reach", True, "stays on this machine"),
        ({"reach": Reach.NETWORK, "is_https": False}, "reach", True, "your own network"),
        ({}, "transport", True, "nobody on the way"),
        ({"is_https": False}, "transport", False, "anyone on the way can read it"),
        ({"is_https": False, "reach": Reach.NETWORK}, "transport", False, "anyone on the way can read it"),
        ({"is_https": False, "reach": Reach.MACHINE}, "transport", True, "other machines cannot see"),
        ({}, "signature", True, "Signed"),
        ({"is_signed": False}, "signature", False, "cannot prove"),
        ({}, "credentials", True, "in a header"),
        ({"has_credentials": False, "has_secret_in_url": True}, "credentials", True, "in the address"),
        ({"is_https": False}, "credentials", False, "anyone on the way"),
        ({"has_credentials": False}, "credentials", True, "the signature stands in"),
        ({"has_credentials": False, "is_signed": False}, "credentials", False, "No credentials are sent."),
        ({"sensitive": ("Prompts", "Paths")}, "sensitive", False, "Prompts and Paths"),
        ({"kept": ("Prompts",)}, "kept", True, "left out: Prompts"),
    ],
)
def test_each_protection_says_what_holds(changes: dict[str, object], code: str, is_good: bool, words: str) -> None:
    (found,) = [one for one in judge(_facts(**changes)).protections if one.code == code]

    assert found.is_good is is_good
    assert words in found.words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_https": False, "reach": Reach.NETWORK}, "plain http to another machine: anyone on the way can read it"),
        ({"is_https": False}, "and the credentials with it"),
        ({"sensitive": ("Prompts",)}, "Prompts: marked sensitive, and leaves this machine."),
        ({"sensitive": ("Prompts", "Paths")}, "Prompts and Paths: marked sensitive, and leave this machine."),
        ({"is_reachable": False, "reach": Reach.NETWORK}, "network.allow_private is off"),
    ],
)
def test_what_a_stranger_could_use_is_warned_of(changes: dict[str, object], words: str) -> None:
    (warning,) = judge(_facts(**changes)).warnings

    assert words in warning


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists_are_said_as_people_say_them(words: list[str], text: str) -> None:
    assert listed(words) == text


@given(every)
def test_plain_http_beyond_this_machine_is_never_called_good_and_always_warned_of(facts: Facts) -> None:
    judged = judge(facts)
    is_exposed = not facts.is_https and facts.reach is not Reach.MACHINE

    assert is_readable(facts) is is_exposed
    assert _good(judged)["transport"] is not is_exposed
    assert any("plain http" in one for one in judged.warnings) is is_exposed


@given(every)
def test_every_request_is_judged_once_in_each_respect_and_what_is_sensitive_is_named(facts: Facts) -> None:
    judged = judge(facts)
    codes = [one.code for one in judged.protections]

    assert codes[:4] == ["reach", "transport", "signature", "credentials"]
    assert len(set(codes)) == len(codes)
    assert ("sensitive" in codes, "kept" in codes) == (bool(facts.sensitive), bool(facts.kept))
    told = " ".join([*(one.words for one in judged.protections), *judged.warnings])
    assert all(title in told for title in (*facts.sensitive, *facts.kept))
    assert "  " not in told


def test_what_a_program_gets_stays_here_and_what_a_library_sends_does_not() -> None:
    program = _facts(means=Means.PROGRAM, reach=Reach.MACHINE, is_https=False, sensitive=("Notes",))
    service = msgspec.structs.replace(program, means=Means.SERVICE, reach=Reach.INTERNET)

    here, away = judge(program), judge(service)

    assert [(one.code, one.is_good) for one in here.protections] == [("reach", True), ("sensitive", False)]
    assert [(one.code, one.is_good) for one in away.protections] == [("reach", False), ("sensitive", False)]
    assert here.warnings == ()
    assert away.warnings == ("Notes: marked sensitive, and leaves this machine.",)
    # Nothing is said about http where there is none.
    assert not any(is_readable(one) for one in (program, service))
