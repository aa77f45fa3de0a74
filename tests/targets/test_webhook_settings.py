"""What may be entered for a webhook, and how its secrets are taken out."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.errors import BadInput
from posthouse.targets.base import extract_secrets, target_kind
from posthouse.targets.urls import URL_LENGTH_MAX, parse_url
from posthouse.targets.webhook_settings import parse_settings
from tests.targets.cases import SIGNING_SECRET

URL = "https://example.org/hook"
REF = {"secret": "target/a/auth.token"}
SECRET = "s3cr3t-value"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


def error_of(settings: dict[str, Any]) -> BadInput:
    with pytest.raises(BadInput) as caught:
        parse_settings(settings)
    return caught.value


def test_url_alone_is_enough() -> None:
    parsed = parse_settings({"url": URL})

    assert msgspec.to_builtins(parsed) == {"url": URL, "auth": {"kind": "none"}, "headers": {}, "signing": None}


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, None),
        ({"url": 5}, "url"),
        ({"url": URL, "extra": 1}, None),
        ({"url": URL, "auth": {}}, "auth"),
        ({"url": URL, "auth": {"kind": "magic"}}, "auth.kind"),
        ({"url": URL, "auth": {"kind": "bearer"}}, "auth"),
        ({"url": URL, "auth": {"kind": "bearer", "token": SECRET}}, "auth.token"),
        ({"url": URL, "auth": {"kind": "none", "token": REF}}, "auth"),
        ({"url": URL, "headers": {"x": 1}}, "headers[...]"),
        ({"url": URL, "signing": {"secret": None}}, "signing.secret"),
    ],
)
def test_settings_that_do_not_fit_name_their_field(settings: dict[str, Any], field: str | None) -> None:
    error = error_of(settings)

    assert (error.code, error.field) == ("target.settings_invalid", field)
    assert SECRET not in str(error)


@pytest.mark.parametrize(
    "url",
    [
        "http://a",
        "https://example.org",
        "https://example.org/",
        "http://127.0.0.1:8080/a/b?c=d%2Fe&f=g+h",
        "http://[::1]:8080/",
        "https://example.org/a;b=c,d/~e/(f)?q=a:b@c!$'*",
        "https://example.org/../a/./b",
        "https://xn--mnchen-3ya.example/",
    ],
)
def test_clean_url_is_kept_as_it_was_entered(url: str) -> None:
    assert parse_url(url).rstrip("/") == url.rstrip("/")
    assert parse_url(parse_url(url)) == parse_url(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://münchen.example/straße", "https://xn--mnchen-3ya.example/stra%C3%9Fe"),
        ("https://example.org/a{b}|c", "https://example.org/a%7Bb%7D%7Cc"),
        ("https://example.org/100%", "https://example.org/100%25"),
    ],
)
def test_other_characters_are_percent_encoded(url: str, expected: str) -> None:
    assert parse_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org/",
        "ftp://example.org/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http:example.org",
        "http://user@example.org/",
        "http://user:word@example.org/",
        "http://:word@example.org/",
        "https://example.org/#part",
        "https://example.org/#",
        "https://example.org/a b",
        " https://example.org/",
        "https://example.org/\r\nx: y",
        "https://example.org/\0",
        "https://example.org/\u202e",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://example.org:port/",
        "http://[::1",
        "http://169.254.169.254/latest/meta-data",
        "http://[fd00:ec2::254]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://0.0.0.0/",
        "http://255.255.255.255/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://127.1/",
        "http://169.254.169.254./",
        "http://a%zz/",
        "http://%31%32%37.0.0.1/",
        "http://a..b/",
        "http://.example.org/",
        "http://" + "a" * 64 + ".example.org/",
        "http://a,b/",
        "http://[::1]x/",
        "https://example.org/" + "a" * URL_LENGTH_MAX,
        "https://example.org/" + "ü" * 400,
    ],
)
def test_url_that_cannot_be_used_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_url(url)

    assert (caught.value.code, caught.value.field) == ("target.url_invalid", "url")
    assert len(url) < 8 or url not in str(caught.value)


@given(st.text(max_size=60) | st.from_regex(r"https?://[^ ]{1,40}", fullmatch=True))
def test_any_text_is_a_url_that_stays_itself_or_bad_input(text: str) -> None:
    try:
        parsed = parse_url(text)
    except BadInput:
        return
    assert parsed.isascii()
    assert parsed.isprintable()
    assert parse_url(parsed) == parsed


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Host": "other"}, "target.header_reserved"),
        ({"webhook-id": "x"}, "target.header_reserved"),
        ({"Webhook-Signature": "x"}, "target.header_reserved"),
        ({"Content-Length": "1"}, "target.header_reserved"),
        ({"transfer-encoding": "chunked"}, "target.header_reserved"),
        ({"User-Agent": "x"}, "target.header_reserved"),
        ({"Authorization": SECRET}, "target.header_reserved"),
        ({"cookie": SECRET}, "target.header_reserved"),
        ({"x": "a\r\ny: b"}, "target.header_invalid"),
        ({"x": "ü"}, "target.header_invalid"),
        ({"x": ""}, "target.header_invalid"),
        ({"x": " a"}, "target.header_invalid"),
        ({"x": "a" * 4_097}, "target.header_invalid"),
        ({"x y": "a"}, "target.header_invalid"),
        ({"": "a"}, "target.header_invalid"),
        ({"x\n": "a"}, "target.header_invalid"),
        ({"x": "a", "X": "b"}, "target.header_invalid"),
        ({f"x-{number}": "a" for number in range(51)}, "target.headers_too_many"),
    ],
)
def test_header_that_may_not_be_set_is_refused(headers: dict[str, str], code: str) -> None:
    error = error_of({"url": URL, "headers": headers})

    assert error.code == code
    assert error.field is not None
    assert error.field.startswith("headers")
    assert SECRET not in str(error)


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        ({"kind": "header", "name": "webhook-id", "value": REF}, "target.header_reserved"),
        ({"kind": "header", "name": "content-type", "value": REF}, "target.header_reserved"),
        ({"kind": "header", "name": "a b", "value": REF}, "target.header_invalid"),
        ({"kind": "basic", "username": "a:b", "password": REF}, "target.username_invalid"),
        ({"kind": "basic", "username": "a\nb", "password": REF}, "target.username_invalid"),
    ],
)
def test_credentials_that_cannot_be_sent_are_refused(auth: dict[str, Any], code: str) -> None:
    assert error_of({"url": URL, "auth": auth}).code == code


def test_header_of_the_credentials_cannot_be_set_twice() -> None:
    auth = {"kind": "header", "name": "X-Key", "value": REF}

    assert error_of({"url": URL, "auth": auth, "headers": {"x-key": "a"}}).field == "headers.x-key"


# --- taking secrets out -------------------------------------------------------------------------------------------


def test_secrets_are_replaced_by_references_and_handed_out() -> None:
    settings = {
        "url": URL,
        "auth": {"kind": "bearer", "token": SECRET},
        "signing": {"secret": SIGNING_SECRET, "previous": None},
    }

    entered = extract_secrets("webhook", settings, scope="01")

    assert entered.settings == {
        "url": URL,
        "auth": {"kind": "bearer", "token": {"secret": "target/01/auth.token"}},
        "signing": {"secret": {"secret": "target/01/signing.secret"}, "previous": None},
    }
    assert entered.values == {"target/01/auth.token": SECRET, "target/01/signing.secret": SIGNING_SECRET}
    assert settings["auth"] == {"kind": "bearer", "token": SECRET}
    assert SECRET not in repr(entered)
    kind = target_kind("webhook")
    assert set(kind.secret_names(kind.parse(entered.settings))) == set(entered.values)


def test_reference_that_the_target_holds_is_kept() -> None:
    settings = {"url": URL, "auth": {"kind": "bearer", "token": REF}}

    entered = extract_secrets("webhook", settings, scope="02", known=frozenset({"target/a/auth.token"}))

    assert (entered.settings, entered.values) == (settings, {})


def test_reference_to_the_secret_of_another_target_is_refused() -> None:
    settings = {"url": URL, "auth": {"kind": "bearer", "token": REF}}

    with pytest.raises(BadInput) as caught:
        extract_secrets("webhook", settings, scope="02", known=frozenset({"target/b/auth.token"}))

    assert (caught.value.code, caught.value.field) == ("target.secret_unknown", "auth.token")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"auth": {"kind": "bearer", "token": ""}}, "auth.token"),
        ({"auth": {"kind": "bearer", "token": f"{SECRET}\r\nx: y"}}, "auth.token"),
        ({"auth": {"kind": "header", "name": "x", "value": f"{SECRET} "}}, "auth.value"),
        ({"auth": {"kind": "basic", "username": "a", "password": f"{SECRET}\n"}}, "auth.password"),
        ({"signing": {"secret": SECRET}}, "signing.secret"),
        ({"signing": {"secret": "whsec_" + "A" * 16}}, "signing.secret"),
        ({"signing": {"secret": SIGNING_SECRET, "previous": f"{SIGNING_SECRET}!"}}, "signing.previous"),
    ],
)
def test_secret_that_cannot_be_used_is_refused_without_being_repeated(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        extract_secrets("webhook", {"url": URL} | settings, scope="01")

    assert (caught.value.code, caught.value.field) == ("target.secret_invalid", field)
    assert SECRET not in str(caught.value)
    assert SIGNING_SECRET not in str(caught.value)


@given(st.dictionaries(st.sampled_from(["url", "auth", "headers", "signing", "other"]), json_values))
def test_any_settings_are_parsed_or_bad_input(settings: dict[str, Any]) -> None:
    kind = target_kind("webhook")
    try:
        canonical = kind.parse(extract_secrets("webhook", settings, scope="01").settings)
    except BadInput:
        return
    assert bytes(kind.parse(msgspec.json.decode(canonical))) == bytes(canonical)


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(BadInput, match=r"target\.unknown_kind"):
        extract_secrets("pigeon", {}, scope="01")
