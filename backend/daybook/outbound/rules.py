"""Which addresses a call may connect to. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

ALLOW = "DAYBOOK_WEBHOOKS_ALLOW"
"""The operator's setting that allows what is refused, for messages."""

_DISGUISED = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocols' own
        "192.88.99.0/24",  # relays of 6to4
        "fec0::/10",  # site-local
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64 of one's own
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "5f00::/16",  # segment routing
    )
)
"""Networks that lead on to other addresses, and special ones that count as global."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an operator allows besides public addresses and https."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> "Allowed":
        """What a list of host names, addresses and networks allows."""
        names, networks = set(), []
        for entry in filter(None, entries):
            network = network_of(entry)
            if network is None:
                names.add(entry.lower())
            else:
                networks.append(network)
        return cls(frozenset(names), tuple(networks))

    def allows(self, host: str, address: Address | None) -> bool:
        """Whether a host, or the address that it has, is on the list."""
        if host.lower() in self.names:
            return True
        return address is not None and any(address in each for each in self.networks)

    def refusal(self, host: str, address: Address, *, is_tls: bool) -> str | None:
        """Why an address of a host must not be connected to; None if it may be."""
        if self.allows(host, address):
            return None
        if not is_public(address):
            # Not the address: who names hosts may not know the operator's network.
            return (
                f"{host} is not on the public internet: an operator can allow it in"
                f" {ALLOW}"
            )
        if not is_tls:
            return (
                f"{host} is called without TLS: use https, or an operator can allow it"
                f" in {ALLOW}"
            )
        return None


def network_of(text: str) -> Network | None:
    """The network, or the single address, that a text names; None for a host name."""
    try:
        return ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def address_of(host: str) -> Address | None:
    """The address that a host of a URL is; None if it is a name."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, and leads to no other.

    Loopback, private, shared (CGNAT), link-local, reserved, multicast and mapped
    addresses aren't.
    """
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address in network for network in _DISGUISED)
