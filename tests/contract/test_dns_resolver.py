"""The resolver of a lab as clients meet it: dnspython's, and the C library's own."""

import os
import shutil
import socket
import struct
import sys

import dns.message
import dns.rcode
import pytest

from chaos_ext import world
from chaos_ext.network.client import Server

from .fronted import serving
from .named import ELSEWHERE, HERE, NAME, PORT, RIGHT, WRONG, asked, held, lab

# In a mount namespace of its own: /etc/resolv.conf names the resolver, then it asks the C library.
ASKS_THE_C_LIBRARY = """
import socket, sys
for line in sys.stdin:
    try:
        found = socket.getaddrinfo(line.strip(), 80, socket.AF_INET, socket.SOCK_STREAM)
        print(found[0][4][0], flush=True)
    except socket.gaierror as error:
        print(error, flush=True)
"""


@pytest.fixture
def server(tmp_path):
    with serving({"proxies": [], "resolvers": [lab()]}, tmp_path) as url:
        yield Server(url)


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_resolver_knows_its_table_and_nothing_else(server, tcp):
    found = [asked(NAME, tcp=tcp), asked(NAME.upper(), tcp=tcp), asked(NAME, "AAAA", tcp=tcp)]

    assert found == [("NOERROR", [RIGHT]), ("NOERROR", [RIGHT]), ("NOERROR", [])]
    assert asked("example.com", tcp=tcp) == ("NXDOMAIN", [])


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"how": "fail"}, ("SERVFAIL", [])),
        ({"how": "wrong", "answer": WRONG}, ("NOERROR", [WRONG])),
        ({"how": "wrong", "answer": WRONG, "names": [NAME]}, ("NOERROR", [WRONG])),
        ({"how": "fail", "names": ["redis-2.redis.chaos.test"]}, ("NOERROR", [RIGHT])),
    ],
)
def test_resolver_is_misled_for_as_long_as_a_lease_lasts(server, fault, said, tcp):
    held(server, **fault)
    during = asked(tcp=tcp)

    server.ask("DELETE", "/chaos/leases/one")

    assert during == said
    assert asked(tcp=tcp) == ("NOERROR", [RIGHT])


def test_resolver_is_late_and_answers_others_meanwhile(server):
    held(server, how="delay", delay_ms=400, names=[NAME])

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        began = world.monotonic_ns()
        door.sendto(dns.message.make_query(NAME, "A").to_wire(), (HERE, PORT))
        other = asked("other.chaos.test")
        other_ms = (world.monotonic_ns() - began) / 1e6
        door.settimeout(5)
        answer = dns.message.from_wire(door.recv(999))
        late_ms = (world.monotonic_ns() - began) / 1e6

    assert other == ("NXDOMAIN", [])
    assert other_ms < 300
    assert 395 <= late_ms < 1400
    assert str(answer.answer[0][0]) == RIGHT


def test_resolver_is_right_again_when_the_lease_ends_by_itself(server):
    held(server, for_s=0.3, how="fail")

    during = asked()

    assert during == ("SERVFAIL", [])
    assert world.wait_until(lambda: asked() == ("NOERROR", [RIGHT]), 5)


def test_two_leases_at_a_resolver_end_one_by_one(server):
    held(server, "one", how="wrong", answer=WRONG)
    held(server, "two", how="fail")

    both, told = asked(), server.ask("GET", "/chaos/resolvers")
    server.ask("DELETE", "/chaos/leases/two")
    one = asked()

    assert both == ("SERVFAIL", [])
    assert told["lab"]["held_by"] == ["one", "two"]
    assert one == ("NOERROR", [WRONG])


def test_resolver_asks_somebody_else_only_when_it_was_told_to(tmp_path):
    other = lab(f"{ELSEWHERE}:{PORT}", "other", records={"far.test": WRONG})
    here = lab(upstream=f"{ELSEWHERE}:{PORT}")

    with serving({"resolvers": [here, other]}, tmp_path):
        found = [asked(), asked("far.test"), asked("far.test", tcp=True), asked("none.test")]
        back = asked(host=ELSEWHERE)

    assert found == [
        ("NOERROR", [RIGHT]), ("NOERROR", [WRONG]), ("NOERROR", [WRONG]), ("NXDOMAIN", []),
    ]  # fmt: skip
    assert back == ("NXDOMAIN", [])


def test_resolver_says_that_it_failed_when_nobody_else_answers(tmp_path):
    here = lab(upstream=f"{ELSEWHERE}:9")

    with serving({"resolvers": [here]}, tmp_path):
        found = asked("far.test")

    assert found == ("SERVFAIL", [])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xff", "FORMERR"),
        (b"\x12\x34\x28\x00" + bytes(8), "NOTIMP"),
        (b"\x12\x34\x01\x00" + bytes(8), "FORMERR"),
    ],
    ids=["torn", "update", "no question"],
)
def test_resolver_says_what_it_cannot_read(server, data, code):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.settimeout(5)
        door.sendto(data, (HERE, PORT))
        answer = dns.message.from_wire(door.recv(999))

    assert answer.id == 0x1234
    assert dns.rcode.to_text(answer.rcode()) == code


def test_resolver_never_answers_an_answer(server):
    answer = dns.message.make_response(dns.message.make_query(NAME, "A")).to_wire()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.settimeout(0.2)
        for data in (answer, b"", b"short"):
            door.sendto(data, (HERE, PORT))
        with pytest.raises(TimeoutError):
            door.recv(999)

    assert asked() == ("NOERROR", [RIGHT])


def test_resolver_answers_several_questions_of_one_connection(server):
    questions = [dns.message.make_query(name, "A") for name in (NAME, "none.test", NAME)]
    sent = [(len(each.to_wire()), each.to_wire()) for each in questions]

    with socket.create_connection((HERE, PORT), 5) as door:
        door.sendall(b"".join(struct.pack("!H", size) + data for size, data in sent))
        with door.makefile("rb") as file:
            answers = [file.read(int.from_bytes(file.read(2), "big")) for _ in questions]

    told = {dns.message.from_wire(each).id: dns.message.from_wire(each) for each in answers}
    words = [dns.rcode.to_text(told[each.id].rcode()) for each in questions]
    assert words == ["NOERROR", "NXDOMAIN", "NOERROR"]


def test_c_library_finds_the_name_misses_it_and_is_misled(tmp_path):
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("needs: root and unshare, to have an /etc/resolv.conf of its own")
    (tmp_path / "resolv.conf").write_text(f"nameserver {HERE}\noptions timeout:1 attempts:1\n")
    mount = f"mount --bind {tmp_path}/resolv.conf /etc/resolv.conf"
    script = f'{mount} && exec "$0" -c "$1"'
    argv = ["unshare", "--mount", "sh", "-c", script, sys.executable, ASKS_THE_C_LIBRARY]

    with serving({"resolvers": [lab(f"{HERE}:53")]}, tmp_path) as url:
        child = world.start_process(argv, pipes=True)

        def found():
            child.stdin.write(f"{NAME}\n".encode())
            child.stdin.flush()
            return child.stdout.readline().decode().strip()

        right = found()
        held(Server(url), how="fail")
        missed = found()
        Server(url).ask("DELETE", "/chaos/leases/one")
        held(Server(url), how="wrong", answer=WRONG)
        wrong = found()
        child.communicate()

    assert [right, wrong] == [RIGHT, WRONG]
    assert "Temporary failure in name resolution" in missed
