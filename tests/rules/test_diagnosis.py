"""Every outcome can be explained to a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.diagnosis import BY_CODE, BY_HUNDRED, BY_STATUS, UNKNOWN, diagnose


@pytest.mark.parametrize("status", [401, 403, 404, 408, 410, 413, 425, 429])
def test_an_answer_with_a_meaning_of_its_own_has_its_own_diagnosis(status: int) -> None:
    assert diagnose(f"http_{status}", status) is BY_STATUS[status]


@pytest.mark.parametrize(("status", "family"), [(200, 2), (302, 3), (418, 4), (422, 4), (500, 5), (503, 5)])
def test_any_other_answer_has_that_of_its_family(status: int, family: int) -> None:
    assert diagnose(f"http_{status}", status) is BY_HUNDRED[family]


@pytest.mark.parametrize(
    "code",
    [
        "refused",
        "dns",
        "tls",
        "timeout",
        "reset",
        "unreachable",
        "offline",
        "blocked_address",
        "bad_answer",
        "bad_url",
        "interrupted",
        "secrets_unavailable",
        "source_unavailable",
        "quiet_hours",
        "render",
        "internal",
        "gave_up",
        "manual",
        "consent_expired",
        "google_client",
        "google_key",
        "google_quota",
        "google_api_off",
        "google_scope",
        "spreadsheet_forbidden",
        "spreadsheet_gone",
        "spreadsheet_full",
        "nothing_to_write",
    ],
)
def test_a_failure_without_an_answer_is_explained_by_its_code(code: str) -> None:
    assert diagnose(code, None) is BY_CODE[code]


def test_a_code_that_says_more_than_the_answer_comes_first() -> None:
    assert diagnose("timeout", 200) is BY_CODE["timeout"]


@pytest.mark.parametrize("status", [None, 0, 100, 600, 999])
def test_what_nobody_knows_is_said_to_be_unknown(status: int | None) -> None:
    assert diagnose("never_heard_of", status) is UNKNOWN


@given(st.text() | st.sampled_from(sorted(BY_CODE)), st.none() | st.integers())
def test_every_code_and_status_has_three_sentences(code: str, status: int | None) -> None:
    diagnosis = diagnose(code, status)
    for text in (diagnosis.what, diagnosis.advice, diagnosis.risk):
        assert text[0].isupper()
        assert text.endswith(".")
