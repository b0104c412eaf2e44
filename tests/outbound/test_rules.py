"""Which addresses may be called: public ones, and what an operator allows."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.outbound.rules import Allowed, is_public

NOTHING = Allowed()

REFUSED = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.2.1", "198.18.0.1"),
    *("192.0.0.8", "192.88.99.1", "203.0.113.7", "224.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%lo", "fc00::1", "fd12::1", "fec0::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "2001:db8::1"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::1"),
    *("2002:808:808::1", "2001::1", "2001:0:808:808::1"),
]


@pytest.mark.parametrize("text", REFUSED)
def test_an_address_of_no_public_network_is_refused(text: str) -> None:
    address = ip_address(text)

    assert not is_public(address)
    refusal = NOTHING.refusal("a.example", address, is_tls=True)
    assert refusal is not None
    assert "DAYBOOK_WEBHOOKS_ALLOW" in refusal
    assert text not in refusal


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "100.128.0.1", "2606:4700::1"])
def test_a_public_address_is_called_over_tls(text: str) -> None:
    address = ip_address(text)

    assert NOTHING.refusal("a.example", address, is_tls=True) is None
    assert NOTHING.refusal("a.example", address, is_tls=False) is not None


@given(st.integers(0, 2**32 - 1))
def test_no_ipv6_address_disguises_an_ipv4_address(number: int) -> None:
    low = number.to_bytes(4, "big")
    for head, tail in (
        (bytes(10) + b"\xff\xff", b""),
        (bytes(12), b""),
        (bytes.fromhex("0064ff9b0000000000000000"), b""),
        (bytes.fromhex("2002"), bytes(10)),
    ):
        assert not is_public(IPv6Address(head + low + tail))


@given(st.ip_addresses())
def test_what_is_allowed_is_called_whatever_it_is(
    address: IPv4Address | IPv6Address,
) -> None:
    by_name = Allowed.of(["Inside.example"])
    by_address = Allowed.of([str(address)])

    assert by_name.refusal("inside.EXAMPLE", address, is_tls=False) is None
    assert by_address.refusal("a.example", address, is_tls=False) is None


def test_an_allowed_name_or_network_allows_no_other() -> None:
    allowed = Allowed.of(["inside.example", "10.1.0.0/16", "[::1]"])

    for host, text in (
        ("outside.example", "127.0.0.1"),
        ("a.inside.example", "127.0.0.1"),
        ("a.example", "10.2.0.1"),
        ("a.example", "::2"),
    ):
        assert allowed.refusal(host, ip_address(text), is_tls=True) is not None
    assert allowed.refusal("a.example", ip_address("10.1.255.1"), is_tls=True) is None
    assert allowed.refusal("::1", ip_address("::1"), is_tls=False) is None
