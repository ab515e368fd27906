"""Where outbound requests will not go. No server stands behind these tests."""

import socket
from ipaddress import ip_address

import pytest

from community.kernel import outbound
from community.kernel.internet import is_public
from community.kernel.outbound import OutboundError, OutboundFailed, OutboundRefused

pytestmark = pytest.mark.once

PUBLIC = "93.184.215.14"


def known(**hosts):
    """A resolver that knows these names, one list of addresses each."""
    by_name = {name.replace("_", "."): addresses for name, addresses in hosts.items()}
    return lambda host, _port: by_name[host]


WRITTEN = """
http://127.0.0.1/ http://127.0.0.1:80/ http://localhost/ http://LOCALHOST./ http://a.localhost/
http://0/ http://0.0.0.0/ http://2130706433/ http://0x7f.1/ http://0x7f000001/ http://017700000001/
http://127.1/ http://127.0.1/ http://0177.0.0.1/ http://127.0.0.1./ http://127.0.0.01/
http://[::1]/ http://[::]/ http://[0:0:0:0:0:0:0:1]/ http://[::ffff:127.0.0.1]/
http://[::ffff:7f00:1]/ http://[::127.0.0.1]/ http://[64:ff9b::7f00:1]/ http://[64:ff9b:1::a00:1]/
http://[2002:7f00:1::]/ http://[2001:0:7f00:1::]/ http://[2001:db8::1]/ http://[fd00::1]/
http://[fe80::1]/ http://[fe80::1%25eth0]/ http://[fec0::1]/ http://[ff02::1]/ http://[100::1]/
http://[2a00:1450::5efe:7f00:1]/ http://[fd00:ec2::254]/ http://169.254.169.254/latest/meta-data/
http://169.254.170.2/ http://168.63.129.16/ http://100.100.100.200/ http://192.0.0.192/
http://10.0.0.1/ http://10.255.255.255/ http://172.16.0.1/ http://172.31.255.254/
http://192.168.1.1/ http://100.64.0.1/ http://192.0.2.1/ http://198.18.0.1/ http://198.51.100.1/
http://203.0.113.1/ http://192.88.99.1/ http://224.0.0.1/ http://240.0.0.1/ http://255.255.255.255/
http://①②⑦.0.0.1/ http://127。0。0。1/ http://１２７.0.0.1/ http://%31%32%37.0.0.1/ http://127.0.0.1%00/
http://me@93.184.215.14/ http://me:pw@93.184.215.14/ http://93.184.215.14@127.0.0.1/
http://93.184.215.14:80@127.0.0.1/ http://127.0.0.1#@93.184.215.14/ http://93.184.215.14:22/
http://93.184.215.14:6379/ https://93.184.215.14:8443/ http://93.184.215.14:0/
file:///etc/passwd gopher://93.184.215.14/ ftp://93.184.215.14/ dict://93.184.215.14/ data:,x
javascript:alert(1) //93.184.215.14/ http: http:/// http://:80/ https:93.184.215.14 93.184.215.14
http://[/ http://[::1/ http://]/ http://[zz]/ http://a:b:c/ http://93.184.215.14:99999/
http://93.184.215.14:-1/ http://93.184.215.14:x/ http://93.184.215.14\\@127.0.0.1/
http://a..b/ http://.a/ http://-/../ http://a/%zz\\ http://[::ffff:0:0]/
"""
HOSTILE = [
    *WRITTEN.split(),
    "", " ", "http://93.184.215.14/ x", "http://93.184.215.14/\r\nHost: a", "http://a\x00b/",
    "http://93.184.215.14/" + "a" * 4000, "http://" + "a" * 254 + "/", "http://exa\tmple.fr/",
]  # fmt: skip


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_before_anything_is_sent(url):
    with pytest.raises(OutboundError) as refusal:
        outbound.request("GET", url, resolver=_here_only, timeout=2)
    assert isinstance(refusal.value, OutboundRefused) or "not known" in str(refusal.value)
    with pytest.raises(OutboundError):
        outbound.check(url, resolver=_here_only)


def _here_only(host, port):
    """What the system knows of this machine; no other name."""
    if host.rstrip(".").endswith("localhost"):
        return outbound.system_addresses("localhost", port)
    raise socket.gaierror(f"no such host: {host}")


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::1", PUBLIC], ["fe80::1%eth0"], ["169.254.169.254"]],
)
def test_a_name_with_any_private_address_is_refused(addresses):
    with pytest.raises(OutboundRefused, match="public internet"):
        outbound.request("GET", "http://rebind.test/", resolver=known(rebind_test=addresses))


def test_a_name_that_changes_its_mind_is_held_to_its_first_answer(monkeypatch):
    """The connection goes to the address that was checked: no second look-up exists."""
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    reached = []

    def connect(address, *_args, **_options):
        reached.append(address[0])
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(OutboundFailed):
        outbound.request("GET", "http://rebind.test/", resolver=lambda *_: next(answers))
    assert reached == [PUBLIC]
    with pytest.raises(OutboundRefused):
        outbound.request("GET", "http://rebind.test/", resolver=lambda *_: next(answers))
    assert reached == [PUBLIC]


def test_public_addresses_pass_the_check():
    for url in ("http://shop.test/", "https://shop.test/a?b", "https://shop.test:443/"):
        outbound.check(url, resolver=known(shop_test=[PUBLIC, "2a00:1450:4007:80e::200e"]))
    outbound.check("https://bücher.test/", resolver=known(**{"xn--bcher-kva_test": [PUBLIC]}))
    assert is_public(ip_address("2606:4700::1111"))


def test_a_local_stand_in_may_not_be_a_metadata_service():
    for url in ("http://169.254.169.254/", "http://[fe80::1]/", "http://0.0.0.0/"):
        with pytest.raises(OutboundRefused):
            outbound.request("GET", url, allow_private=True)
    with pytest.raises(OutboundRefused):
        outbound.request("GET", "http://93.184.215.14:22/", allow_private=True)


def test_a_name_nobody_knows_is_a_failure_not_a_refusal():
    with pytest.raises(OutboundFailed, match="not known"):
        outbound.check("http://nobody.test/", resolver=_here_only)
    with pytest.raises(OutboundFailed, match="not known"):
        outbound.request("GET", "http://nobody.test/", resolver=known(nobody_test=[]))
