"""The judgement over addresses."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.system.addresses import AddressClass, class_of_host, classify_address, is_dialable, is_local_address


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", AddressClass.PUBLIC),
        ("2606:4700::1111", AddressClass.PUBLIC),
        ("::ffff:8.8.8.8", AddressClass.PUBLIC),
        ("64:ff9b::808:808", AddressClass.PUBLIC),
        ("127.0.0.1", AddressClass.LOOPBACK),
        ("127.255.255.254", AddressClass.LOOPBACK),
        ("::1", AddressClass.LOOPBACK),
        ("::ffff:127.0.0.1", AddressClass.LOOPBACK),
        ("2002:7f00:1::", AddressClass.LOOPBACK),
        ("10.0.0.1", AddressClass.PRIVATE),
        ("172.16.0.1", AddressClass.PRIVATE),
        ("192.168.1.1", AddressClass.PRIVATE),
        ("100.64.0.1", AddressClass.PRIVATE),
        ("fd12:3456::1", AddressClass.PRIVATE),
        ("64:ff9b::a00:1", AddressClass.PRIVATE),
        ("64:ff9b:1::a00:1", AddressClass.PRIVATE),
        ("169.254.169.254", AddressClass.FORBIDDEN),
        ("169.254.0.1", AddressClass.FORBIDDEN),
        ("::ffff:169.254.169.254", AddressClass.FORBIDDEN),
        ("64:ff9b::a9fe:a9fe", AddressClass.FORBIDDEN),
        ("2002:a9fe:a9fe::1", AddressClass.FORBIDDEN),
        ("fd00:ec2::254", AddressClass.FORBIDDEN),
        ("100.100.100.200", AddressClass.FORBIDDEN),
        ("fe80::1", AddressClass.FORBIDDEN),
        ("fe80::1%eth0", AddressClass.FORBIDDEN),
        ("0.0.0.0", AddressClass.FORBIDDEN),
        ("0.1.2.3", AddressClass.FORBIDDEN),
        ("::", AddressClass.FORBIDDEN),
        ("::7f00:1", AddressClass.FORBIDDEN),
        ("224.0.0.1", AddressClass.FORBIDDEN),
        ("ff02::1", AddressClass.FORBIDDEN),
        ("240.0.0.1", AddressClass.FORBIDDEN),
        ("255.255.255.255", AddressClass.FORBIDDEN),
        ("2001:0:7f00:1::", AddressClass.FORBIDDEN),
        ("localhost", AddressClass.FORBIDDEN),
        ("", AddressClass.FORBIDDEN),
        ("127.1", AddressClass.FORBIDDEN),
    ],
)
def test_every_kind_of_address_has_its_class(address: str, expected: AddressClass) -> None:
    assert classify_address(address) is expected


@pytest.mark.parametrize(
    ("address", "locally", "on_a_hub"),
    [
        ("8.8.8.8", True, True),
        ("10.0.0.1", True, False),
        ("127.0.0.1", True, False),
        ("169.254.169.254", False, False),
    ],
)
def test_policy_decides_over_private_addresses_only(address: str, locally: bool, on_a_hub: bool) -> None:
    assert is_dialable(address, allow_private=True) is locally
    assert is_dialable(address, allow_private=False) is on_a_hub


@given(st.ip_addresses(v=4))
def test_ipv4_address_keeps_its_class_in_every_ipv6_form(address: IPv4Address) -> None:
    number = int(address)
    forms = (
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
        IPv6Address(int(IPv6Address("64:ff9b::")) | number),
    )

    assert {classify_address(str(form)) for form in forms} == {classify_address(str(address))}


@given(st.ip_addresses())
def test_what_a_hub_may_dial_may_be_dialled_locally(address: IPv4Address | IPv6Address) -> None:
    if is_dialable(str(address), allow_private=False):
        assert is_dialable(str(address), allow_private=True)


@given(st.text(max_size=40))
def test_no_text_makes_the_judge_fail(text: str) -> None:
    assert classify_address(text) in AddressClass
    assert is_local_address(text) in {True, False}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert is_local_address(host)


@pytest.mark.parametrize("host", ["", "example.org", "localhost.example.org", "notlocalhost", "10.0.0.1", "8.8.8.8"])
def test_other_machines_are_not_taken_for_this_one(host: str) -> None:
    assert not is_local_address(host)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", AddressClass.LOOPBACK),
        ("a.localhost", AddressClass.LOOPBACK),
        ("127.0.0.1", AddressClass.LOOPBACK),
        ("[::1]", AddressClass.LOOPBACK),
        ("10.0.0.5", AddressClass.PRIVATE),
        ("fd12:3456::1", AddressClass.PRIVATE),
        ("nas", AddressClass.PRIVATE),
        ("NAS.local.", AddressClass.PRIVATE),
        ("printer.home.arpa", AddressClass.PRIVATE),
        ("n8n.internal", AddressClass.PRIVATE),
        ("8.8.8.8", AddressClass.PUBLIC),
        ("2606:4700::1111", AddressClass.PUBLIC),
        ("hooks.example.com", AddressClass.PUBLIC),
        ("local.example.com", AddressClass.PUBLIC),
        ("notlocal", AddressClass.PRIVATE),
    ],
)
def test_hosts_are_placed_by_their_text_alone(host: str, expected: AddressClass) -> None:
    assert class_of_host(host) is expected


@given(st.text(max_size=40))
def test_every_host_has_a_place(host: str) -> None:
    assert class_of_host(host) in AddressClass
