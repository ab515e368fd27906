"""Which addresses are one host on the public internet, and which are ours or in disguise."""

from ipaddress import IPv4Address, IPv6Address, ip_network

_PUBLIC_V6 = ip_network("2000::/3")
# Addresses that are public by their number and not by what answers there: relays that carry an
# IPv4 address inside, and the one by which Azure machines reach their host.
_REFUSED = [
    ip_network(network)
    for network in ("2001::/32", "2002::/16", "192.88.99.0/24", "168.63.129.16", "192.0.0.0/24")
]
_ISATAP = {0x00005EFE, 0x02005EFE}


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one host on the public internet, and none in disguise."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address not in _PUBLIC_V6 or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
            return False
    if any(address.version == net.version and address in net for net in _REFUSED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_private(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is this machine or a private network; link-local never is."""
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or (
        mapped.is_private and not mapped.is_link_local and not mapped.is_unspecified
    )
