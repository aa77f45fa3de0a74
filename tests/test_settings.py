"""Settings are typed, bounded, told from where they come, and every error is told at once."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.errors import BadInput
from posthouse.settings import (
    API_HOST,
    API_PORT,
    DELIVERY_CONCURRENCY,
    DELIVERY_DEADLINE_S,
    DELIVERY_PACE_S,
    INGEST_BODY_BYTES_MAX,
    INGEST_EVENT_BYTES_MAX,
    LOG_LEVEL,
    NETWORK_ALLOW_PRIVATE,
    RETENTION_DAYS,
    SETTINGS,
    Origin,
    Setting,
    SettingKind,
    TextFormat,
    describe_bounds,
    describe_value,
    find_setting,
    format_toml,
    parse_toml,
    parse_value,
    resolve,
)

TEXTS = {
    TextFormat.PLAIN: st.from_regex(r"[!-~]{1,253}", fullmatch=True),
    TextFormat.TIME: st.times().map(lambda at: f"{at:%H:%M}"),
    TextFormat.TIME_OR_OFF: st.just("off") | st.times().map(lambda at: f"{at:%H:%M}"),
    TextFormat.ZONE_OR_LOCAL: st.sampled_from(["local", "UTC", "Europe/Berlin", "America/Argentina/Ushuaia"]),
    TextFormat.URL_OR_AUTO: st.sampled_from(["auto", "http://127.0.0.1:8484", "https://home.example/posthouse"]),
}
"""What a text of each format may be, as it is kept."""

every_setting = pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)


def values_of(setting: Setting[Any]) -> st.SearchStrategy[object]:
    """Every value that a setting may have."""
    match setting.kind:
        case SettingKind.BOOLEAN:
            return st.booleans()
        case SettingKind.CHOICE:
            return st.sampled_from(setting.choices)
        case SettingKind.TEXT:
            return TEXTS[setting.format]
        case SettingKind.NUMBER:
            return st.floats(setting.minimum, setting.maximum)
        case SettingKind.INTEGER | SettingKind.SIZE:
            assert setting.minimum is not None
            assert setting.maximum is not None
            return st.integers(int(setting.minimum), int(setting.maximum))


stored_settings = st.fixed_dictionaries(
    {},
    optional={
        key: values_of(setting).map(lambda v: msgspec.json.encode(v).decode()) for key, setting in SETTINGS.items()
    },
)


def code_of(key: str, text: str) -> str:
    with pytest.raises(BadInput) as caught:
        parse_value(key, text)
    return caught.value.code


@every_setting
def test_default_is_within_its_own_bounds_and_described(setting: Setting[Any]) -> None:
    assert (
        msgspec.json.decode(parse_value(setting.key, msgspec.json.encode(setting.default).decode())) == setting.default
    )
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", setting.key)
    assert re.fullmatch(r"[A-Z].{20,}\.", setting.doc)


@every_setting
def test_value_outside_the_bounds_is_refused_with_key_bounds_and_value(setting: Setting[Any]) -> None:
    if setting.minimum is None or setting.maximum is None:
        outside = ["", "two words"] if setting.kind is SettingKind.TEXT else ["maybe", "2", "[]"]
    else:
        outside = [f"{setting.minimum - 1:.0f}", f"{setting.maximum + 1:.0f}", "many", "true", "null", "1e999", "NaN"]

    for text in outside:
        with pytest.raises(BadInput) as caught:
            parse_value(setting.key, text)
        assert (caught.value.code, caught.value.field) == ("settings.invalid_value", setting.key)
        assert all(part in caught.value.message for part in (setting.key, describe_bounds(setting), repr(text)))


@given(st.sampled_from(sorted(SETTINGS)), st.text())
def test_any_text_gives_a_value_within_bounds_or_a_precise_error(key: str, text: str) -> None:
    try:
        canonical = parse_value(key, text)
    except BadInput as error:
        code = error.code
    else:
        code = ""
        assert parse_value(key, canonical) == canonical

    assert code in ("", "settings.invalid_value")


@pytest.mark.parametrize(
    ("key", "text", "canonical"),
    [
        ("delivery.concurrency", " 16 ", "16"),
        ("ingest.body_bytes_max", "16 MiB", "16777216"),
        ("ingest.body_bytes_max", "16mib", "16777216"),
        ("delivery.pace_s", "0.5", "0.5"),
        ("delivery.pace_s", "1", "1.0"),
        ("network.allow_private", "off", "false"),
        ("network.allow_private", "TRUE", "true"),
        ("log.level", "DEBUG", '"debug"'),
        ("log.level", '"debug"', '"debug"'),
        ("api.host", "0.0.0.0", '"0.0.0.0"'),
        ("api.host", "::1", '"::1"'),
        ("api.host", "127", '"127"'),
        ("api.port", "0", "0"),
        ("notifications.quiet_from", "22:00", '"22:00"'),
        ("notifications.quiet_from", "7:05", '"07:05"'),
        ("notifications.quiet_from", "OFF", '"off"'),
        ("notifications.quiet_until", '"00:00"', '"00:00"'),
        ("notifications.quiet_zone", "Local", '"local"'),
        ("notifications.quiet_zone", "Asia/Kathmandu", '"Asia/Kathmandu"'),
        ("dashboard.url", "auto", '"auto"'),
        ("dashboard.url", "https://home.example:8443/posthouse/", '"https://home.example:8443/posthouse"'),
        ("dashboard.url", "http://[::1]:8484", '"http://[::1]:8484"'),
    ],
)
def test_value_can_be_written_as_people_do_or_as_json(key: str, text: str, canonical: str) -> None:
    assert parse_value(key, text) == canonical


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("delivery.concurrency", "8.0"),
        ("delivery.concurrency", "8.5"),
        ("delivery.concurrency", "8 MiB"),
        ("ingest.body_bytes_max", "8 MB"),
        ("ingest.body_bytes_max", "9" * 400),
        ("api.host", "a" * 254),
        ("api.host", "127.0.0.1\nx"),
        ("api.port", "[" * 900),
        ("notifications.quiet_from", "24:00"),
        ("notifications.quiet_from", "7"),
        ("notifications.quiet_from", "22:0"),
        ("notifications.quiet_from", "22:00:00"),
        ("notifications.quiet_from", "٢٢:٠٠"),
        ("notifications.quiet_until", "off"),
        ("notifications.quiet_zone", "Mars/Olympus"),
        ("notifications.quiet_zone", "../../etc/passwd"),
        ("notifications.quiet_zone", "/etc/localtime"),
        ("dashboard.url", "home.example"),
        ("dashboard.url", "ftp://home.example"),
        ("dashboard.url", "https://"),
        ("dashboard.url", "https://home.example:99999"),
        ("dashboard.url", "https://home.example:0"),
        ("dashboard.url", "https://me:secret@home.example"),
        ("dashboard.url", "https://home.example/?a=1"),
        ("dashboard.url", "https://[home.example"),
        ("api.port", "9" * 100_000),
    ],
)
def test_value_that_is_nearly_right_is_refused(key: str, text: str) -> None:
    assert code_of(key, text) == "settings.invalid_value"


def test_unknown_key_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(BadInput, match=r"Did you mean delivery\.concurrency\?") as caught:
        find_setting("delivery.concurency")

    assert caught.value.code == "settings.unknown_key"
    assert code_of("no.such.thing", "1") == "settings.unknown_key"


def test_later_origin_wins_and_is_told() -> None:
    stored = {"delivery.concurrency": "2", "delivery.pace_s": "0.5", "retention.days": "9", "api.port": "1"}
    environ = {"POSTHOUSE_DELIVERY_PACE_S": "2", "POSTHOUSE_API_PORT": "2", "POSTHOUSE_LOG_LEVEL": ""}

    settings = resolve(stored, environ, {"api.port": "3"})

    assert [settings[API_PORT], settings[DELIVERY_PACE_S], settings[DELIVERY_CONCURRENCY]] == [3, 2.0, 2]
    assert settings[RETENTION_DAYS] == 9
    assert settings[LOG_LEVEL] == "info"
    assert {
        key: settings.origin(key) for key in ("api.port", "delivery.pace_s", "delivery.concurrency", "log.level")
    } == {
        "api.port": Origin.FLAG,
        "delivery.pace_s": Origin.ENVIRONMENT,
        "delivery.concurrency": Origin.LEDGER,
        "log.level": Origin.DEFAULT,
    }


def test_without_any_origin_everything_is_at_its_default() -> None:
    settings = resolve({}, {}, {})

    assert all(settings[setting] == setting.default for setting in SETTINGS.values())
    assert isinstance(settings[NETWORK_ALLOW_PRIVATE], bool)
    assert settings[API_HOST] == "127.0.0.1"
    assert settings[DELIVERY_DEADLINE_S] == 25.0


def test_every_error_is_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        resolve(
            {"retention.days": "0"},
            {"POSTHOUSE_LOG_LEVEL": "loud", "POSTHOUSE_DELIVERY_CONCURENCY": "9"},
            {"api.port": "99999", "api.prt": "1"},
        )

    assert caught.value.code == "settings.invalid"
    lines = caught.value.message.splitlines()
    assert len(lines) == 5
    for part in ("retention.days", "POSTHOUSE_LOG_LEVEL", "POSTHOUSE_DELIVERY_CONCURRENCY?", "flag", "api.port?"):
        assert any(part in line for line in lines)


def test_bad_value_in_the_ledger_can_be_overridden() -> None:
    settings = resolve({"api.port": "-1"}, {}, {"api.port": "8485"})

    assert settings[API_PORT] == 8485


def test_key_of_another_version_in_the_ledger_locks_nobody_out() -> None:
    assert resolve({"future.thing": "1"}, {}, {}) == resolve({}, {}, {})


def test_environment_that_is_not_about_settings_is_left_alone() -> None:
    environ = {"POSTHOUSE_HOME": "/x", "POSTHOUSE_KEY_FILE": "/y", "PATH": "/bin", "POSTHOUSE": ""}

    assert resolve({}, environ, {}) == resolve({}, {}, {})


def test_limit_that_another_limit_makes_useless_is_refused() -> None:
    with pytest.raises(BadInput, match=r"ingest\.event_bytes_max \(16 MiB\) may not be above .* \(8 MiB\)") as caught:
        resolve({"ingest.event_bytes_max": "16777216"}, {}, {})

    assert caught.value.code == "settings.invalid"
    both = resolve({"ingest.event_bytes_max": "16777216", "ingest.body_bytes_max": "16777216"}, {}, {})
    assert both[INGEST_EVENT_BYTES_MAX] == both[INGEST_BODY_BYTES_MAX] == 16 << 20


@given(stored_settings)
def test_export_and_import_give_back_what_was_stored(stored: dict[str, str]) -> None:
    text = format_toml(stored)

    assert parse_toml(text) == stored
    assert all(isinstance(table, dict) for table in tomllib.loads(text).values())


def test_export_reads_as_a_person_would_write_it() -> None:
    stored = {"delivery.pace_s": "0.5", "api.host": '"::1"', "delivery.concurrency": "4"}

    assert format_toml(stored) == '[delivery]\nconcurrency = 4\npace_s = 0.5\n\n[api]\nhost = "::1"\n'


def test_import_takes_sizes_in_words_and_tells_every_error() -> None:
    assert parse_toml('[ingest]\nbody_bytes_max = "16 MiB"') == {"ingest.body_bytes_max": "16777216"}

    with pytest.raises(BadInput) as caught:
        parse_toml("x = 1\n[delivery]\nconcurrency = 2024-01-01\npace_s = nan\nconcurency = 2\n[api.port]\nx = 1")

    assert caught.value.code == "settings.invalid"
    assert len(caught.value.message.splitlines()) == 5


@pytest.mark.parametrize("text", ["[", "a = ", "\x00", "a = " + "[" * 100_000])
def test_import_of_what_is_no_toml_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_toml(text)

    assert caught.value.code == "settings.invalid_toml"


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        (INGEST_BODY_BYTES_MAX, 8 << 20, "8 MiB"),
        (INGEST_BODY_BYTES_MAX, 1_500, "1500"),
        (DELIVERY_PACE_S, 0.25, "0.25"),
        (DELIVERY_PACE_S, 3600.0, "3600"),
        (NETWORK_ALLOW_PRIVATE, True, "true"),
        (LOG_LEVEL, "info", "info"),
    ],
)
def test_value_is_described_in_words(setting: Setting[Any], value: object, words: str) -> None:
    assert describe_value(setting, value) == words
