"""What is fetched from the web is bounded, and nothing private is reached."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import threading
import time
import zlib
from collections.abc import Iterator

import pytest

from newsletter.errors import Invalid, Refused, Unavailable
from newsletter.ingest.fetch import Limits, fetch
from newsletter.ingest.guard import may_reach, networks
from tests.delivery.resolver import know_no_name
from tests.ingest.street import House, house

HERE = networks(["127.0.0.1/32"])
OPEN = Limits(allowed=HERE, seconds=5)


@pytest.fixture
def there() -> Iterator[House]:
    with house() as own:
        yield own


def code(url: str, limits: Limits = OPEN) -> str:
    with pytest.raises((Refused, Unavailable)) as trouble:
        fetch(url, limits=limits)
    return trouble.value.code


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "172.16.9.9",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *(
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
        ),
        *("::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2001:db8::1"),
        *("100::1", "::127.0.0.1", "2001:0:7f00:1:0:0:80ff:fffe"),
    ],
)
def test_a_private_address_is_not_reached_in_whatever_form_it_is_written(address: str) -> None:
    assert not may_reach(ipaddress.ip_address(address), ())


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "2002:808:808::1"])
def test_a_public_address_is_reached(address: str) -> None:
    assert may_reach(ipaddress.ip_address(address), ())


def test_a_private_address_is_refused_before_anything_is_sent(there: House) -> None:
    assert code(there.serve("/"), Limits(allowed=networks(["10.9.9.9/32"]))) == "private_address"
    assert there.asked == []


SPELLED = ["localhost", "127.1", "0x7f000001", "0x7f.1", "2130706433", "017700000001", "0177.0.0.1", "[::1]", "0"]


@pytest.mark.parametrize("host", [*SPELLED, "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "①②⑦.⓪.⓪.①", "[64:ff9b::7f00:1]"])
def test_other_spellings_of_this_machine_are_refused_as_well(host: str) -> None:
    assert code(f"http://{host}:8080/", Limits()) in ("private_address", "unavailable")


def test_a_redirect_into_a_private_network_is_refused(there: House) -> None:
    url = there.serve("/", status=302, Location="http://169.254.169.254/latest/meta-data/")
    assert code(url) == "private_address"


@pytest.mark.parametrize("target", ["http://[::1", "http://x.example:99999/", "//:0", "http://a b/"])
def test_a_redirect_to_no_address_is_refused(there: House, target: str) -> None:
    with pytest.raises((Refused, Invalid)):
        fetch(there.serve("/", status=302, Location=target), limits=OPEN)


def test_a_redirect_is_read_as_utf_8(there: House) -> None:
    there.serve("/%D1%80", b"here")
    url = there.serve("/", status=302, Location="/р".encode().decode("latin-1"))
    assert fetch(url, limits=OPEN).content == b"here"


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
    assert code("http://two.example/", Limits()) == "private_address"


def test_a_name_is_resolved_once_so_that_a_second_answer_gains_nothing(
    there: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, answers = int(there.url.rpartition(":")[2]), iter(["127.0.0.1", "10.0.0.1"])
    there.serve("/", b"here")
    ask = lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]  # noqa: E731
    monkeypatch.setattr("newsletter.ingest.guard.socket.getaddrinfo", ask, raising=True)
    seen: list[str] = []
    connect = socket.create_connection

    def connected(address: tuple[str, int], *rest: object, **named: object) -> socket.socket:
        seen.append(address[0])
        monkeypatch.undo()
        return connect(address, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "create_connection", connected)
    assert fetch(f"http://rebinding.example:{port}/", limits=OPEN).content == b"here"
    assert seen == ["127.0.0.1"]


NO_ADDRESSES = ["ftp://x.example/", "file:///etc/passwd", "http://", "http:///x", "gopher://x", "x", "http://a b/"]


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises((Invalid, Refused)):
        fetch(url, limits=Limits())


def test_a_port_nobody_publishes_on_is_refused() -> None:
    assert code("http://news.example:22/", Limits()) == "port"


def test_another_port_is_open_in_allowed_networks_only(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 22))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
    assert code("http://news.example:22/", OPEN) == "port"


def test_a_second_address_serves_where_the_first_is_dead(there: House, monkeypatch: pytest.MonkeyPatch) -> None:
    there.serve("/", b"here")
    port = int(there.url.rpartition(":")[2])
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.1", "127.0.0.2")]
    monkeypatch.setattr("newsletter.ingest.guard._asked", lambda *_: entries[::-1])
    monkeypatch.setattr("newsletter.ingest.fetch.sorted", lambda found, **_: sorted(found, reverse=True), raising=False)
    assert fetch(f"http://two.example:{port}/", limits=Limits(allowed=networks(["127.0.0.0/8"]))).content == b"here"


def test_a_resolver_that_says_nothing_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: silent.wait(30) and [])
    try:
        assert code("http://tarpit.example/", Limits(seconds=0.2)) == "unavailable"
    finally:
        silent.set()


def test_a_head_without_end_is_refused(there: House) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (at, b"a" * 1000) for at in range(2000))
    there.answers["/"] = lambda request: request.wfile.write(head) and None
    assert code(there.url + "/") == "unavailable"


def test_a_body_that_is_too_long_is_refused(there: House) -> None:
    assert code(there.serve("/", b"x" * 5000), Limits(octets=4999, allowed=HERE)) == "too_large"


def test_a_small_answer_that_unpacks_to_a_huge_one_is_refused(there: House) -> None:
    bomb = gzip.compress(b"\0" * (64 << 20))
    assert len(bomb) < 100_000
    assert code(there.serve("/", bomb, Content_Encoding="gzip"), Limits(octets=1 << 20, allowed=HERE)) == "too_large"


def test_a_packed_answer_is_unpacked(there: House) -> None:
    url = there.serve("/", gzip.compress(b"packed"), Content_Encoding="gzip")
    assert fetch(url, limits=OPEN).content == b"packed"


def test_a_broken_packed_answer_is_told(there: House) -> None:
    assert code(there.serve("/", b"not gzip at all", Content_Encoding="gzip")) == "unavailable"


def test_a_packed_answer_that_was_cut_off_is_told(there: House) -> None:
    assert code(there.serve("/", gzip.compress(b"x" * 999)[:-9], Content_Encoding="gzip")) == "unavailable"


def test_what_stands_behind_the_end_of_a_packed_answer_is_not_read(there: House) -> None:
    url = there.serve("/", gzip.compress(b"packed") + b"x" * 500_000, Content_Encoding="gzip")
    assert fetch(url, limits=Limits(octets=600_000, allowed=HERE)).content == b"packed"


def test_octets_that_unpack_to_nothing_count_as_well(there: House) -> None:
    packer = zlib.compressobj(wbits=31)
    hollow = packer.compress(b"x") + b"".join(
        packer.flush(zlib.Z_SYNC_FLUSH) + b"\0\0\0\xff\xff" * 99 for _ in range(99)
    )
    assert code(there.serve("/", hollow, Content_Encoding="gzip"), Limits(octets=9999, allowed=HERE)) == "too_large"


@pytest.mark.parametrize("octets", [b"HTTP/1.1 200 OK\r\nX: " + b"a" * 500, b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 500])
def test_a_trickle_ends_at_the_deadline(there: House, octets: bytes) -> None:
    begun = time.monotonic()
    assert code(there.trickle("/", octets, every=0.05), Limits(seconds=0.5, allowed=HERE)) == "unavailable"
    assert time.monotonic() - begun < 5


def test_redirects_are_followed_up_to_a_number(there: House) -> None:
    for number in range(7):
        there.serve(f"/{number}", status=301, Location=f"/{number + 1}")
    there.serve("/7", b"at last")
    assert fetch(there.url + "/3", limits=OPEN).content == b"at last"
    assert code(there.url + "/0") == "redirects"


def test_a_redirect_in_a_circle_ends(there: House) -> None:
    assert code(there.serve("/", status=302, Location="/")) == "redirects"


def test_a_password_goes_to_its_own_host_only(there: House) -> None:
    with house() as other:
        there.serve("/", status=302, Location=other.serve("/", b"x"))
        fetch(there.url.replace("//", "//ada:secret@") + "/", limits=OPEN)
        assert (there.last("authorization"), other.last("authorization")) == ("Basic YWRhOnNlY3JldA==", "")


def test_trouble_does_not_tell_the_password() -> None:
    with pytest.raises((Refused, Unavailable)) as trouble:
        fetch("http://ada:secret@127.0.0.1:8080/x?token=1", limits=Limits())
    assert "secret" not in str(trouble.value.as_dict())


STATUSES = [(404, Refused), (410, Refused), (403, Refused), (500, Unavailable), (429, Unavailable)]


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_a_status_says_whether_trying_again_helps(there: House, status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        fetch(there.serve("/", status=status), limits=OPEN)


def test_a_host_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    know_no_name(monkeypatch)
    assert code("http://nowhere.invalid/", Limits()) == "unavailable"


def test_an_address_in_another_script_is_written_as_the_wire_wants_it(there: House) -> None:
    there.answers["/%D1%80%D0%B5%D0%BA%D0%B8"] = there.answers.get("/", lambda _: None)
    there.serve("/%D1%80%D0%B5%D0%BA%D0%B8", b"rivers")
    assert fetch(there.url + "/реки", limits=OPEN).content == b"rivers"
