"""The addresses of OpenCode's servers, as a person enters them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from posthouse.model.errors import BadInput
from posthouse.sources.agents.opencode_urls import check_urls, machine_of
from posthouse.system.http_client import HttpClient
from posthouse.system.outbound import ExchangeFailed, StreamRequest


@pytest.mark.parametrize(
    ("entered", "canonical"),
    [
        ("http://127.0.0.1:4096", "http://127.0.0.1:4096"),
        ("HTTP://LocalHost:4096/", "http://localhost:4096"),
        ("https://code.example.org/one/", "https://code.example.org/one"),
        ("http://[::1]:4096", "http://[::1]:4096"),
    ],
)
def test_an_address_is_kept_in_one_form(entered: str, canonical: str) -> None:
    assert check_urls([entered]) == (canonical,)
    assert check_urls([canonical]) == (canonical,)


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ("", "1 to 1000 printable ASCII characters"),
        ("http://127.0.0.1:4096 ", "without spaces"),
        ("http://m\N{LATIN SMALL LETTER U WITH DIAERESIS}ll:4096", "printable ASCII"),
        ("127.0.0.1:4096", "must begin with http:// or https://"),
        ("ftp://127.0.0.1", "must begin with http:// or https://"),
        ("http://", "names no host"),
        ("http://127.0.0.1:0", "port 0"),
        ("http://0:4096", "nor an IP address"),
        ("http://0x7f.1", "nor an IP address"),
        ("http://a..b", "neither a name"),
        ("http://a%20b", "neither a name"),
        ("http://127.0.0.1:70000", "cannot be read"),
        ("http://[::1", "cannot be read"),
        ("http://me:planted-word@127.0.0.1:4096", "OPENCODE_SERVER_PASSWORD"),
        ("http://planted-word@127.0.0.1:4096", "OPENCODE_SERVER_PASSWORD"),
        ("http://127.0.0.1:4096/?a=planted-word", "neither a query"),
        ("http://127.0.0.1:4096/#planted-word", "nor a fragment"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_and_not_repeated(entered: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_urls(["http://127.0.0.1:1", entered])

    assert (caught.value.code, caught.value.field) == ("source.bad_setting", "opencode_urls")
    assert "address 2" in caught.value.message
    assert words in caught.value.message
    assert "planted-word" not in caught.value.message


def test_an_address_that_is_there_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="address 2 is there twice"):
        check_urls(["http://localhost:4096", "http://LOCALHOST:4096/"])


def accepted(url: str) -> str | None:
    """The address in canonical form, None where it is refused."""
    try:
        return check_urls([url])[0]
    except BadInput:
        return None


@settings(max_examples=60)
@given(url=st.from_regex(r"https?://[a-z0-9.:%/_\[\]-]{0,20}", fullmatch=True))
async def test_what_is_accepted_can_be_asked(url: str) -> None:
    canonical = accepted(url)
    assume(canonical is not None)
    assert canonical is not None

    # Nothing is dialled: neither is there time, nor may it be anywhere near.
    with pytest.raises(ExchangeFailed) as caught:
        async with HttpClient(allow_private=False).stream(StreamRequest(url=canonical, connect_deadline_s=0.0)):
            pass

    assert caught.value.code != "bad_url"


@pytest.mark.parametrize(
    ("url", "machine"),
    [
        ("http://127.0.0.1:4096", ""),
        ("http://127.9.9.9:4096", ""),
        ("http://[::1]:4096", ""),
        ("http://localhost:4096", ""),
        ("http://one.localhost:4096", ""),
        ("http://192.168.1.7:4096", "192.168.1.7"),
        ("https://Code.example.org/one", "code.example.org"),
    ],
)
def test_agents_of_a_server_elsewhere_run_on_its_host(url: str, machine: str) -> None:
    assert machine_of(url) == machine
