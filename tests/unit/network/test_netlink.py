"""The wire format of netlink, and what is made of the kernel's answers."""

import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.network import namespaces, netlink
from chaos_ext.network.netlink import Message, Netlink

pieces = st.lists(st.tuples(st.integers(1, 0x3FFF), st.binary(max_size=50)), max_size=10)


class Kernel:
    """Answers each batch or question with what it was told to."""

    def __init__(self):
        self.sent, self.answers, self.closed = [], [], False

    def getsockname(self):
        return 4711, 0

    def send(self, data):
        self.sent.append(data)

    def recv(self, _size):
        if not self.answers:
            raise BlockingIOError
        return self.answers.pop(0)

    def close(self):
        self.closed = True


@pytest.fixture
def kernel(monkeypatch):
    made = Kernel()
    monkeypatch.setattr(namespaces, "made_in", lambda _netns, _make: made)
    return made


def answer(kind, sequence, body):
    return struct.pack("=IHHII", 16 + len(body), kind, 0, sequence, 0) + body


def verdict(sequence, number=0):
    """The kernel's word on one message."""
    return answer(2, sequence, struct.pack("=i", -number) + bytes(16))


@given(pieces)
def test_attributes_are_read_as_they_were_written(pairs):
    data = b"".join(netlink.attribute(kind, value) for kind, value in pairs)

    read = list(netlink.each_attribute(data))

    assert read == pairs
    assert len(data) % 4 == 0


@given(pieces)
def test_nested_attributes_are_read_as_one_that_holds_them(pairs):
    inner = [netlink.attribute(kind, value) for kind, value in pairs]

    read = netlink.attributes(netlink.nested(7, *inner))

    assert list(read) == [7]
    assert list(netlink.each_attribute(read[7])) == pairs


def test_batch_is_sent_in_one_piece_between_its_begin_and_end(kernel):
    kernel.answers = [verdict(2) + verdict(3)]

    Netlink().commit([Message(0, b"abcd"), Message(3, b"efgh", netlink.CREATE)])

    assert len(kernel.sent) == 1
    kinds = []
    data = kernel.sent[0]
    while data:
        length, kind = struct.unpack_from("=IH", data)
        kinds.append(kind)
        data = data[length:]
    assert kinds == [16, 10 << 8, 10 << 8 | 3, 17]


def test_batch_raises_what_the_kernel_refused(kernel):
    kernel.answers = [verdict(2) + verdict(3, errno.EEXIST)]

    with pytest.raises(FileExistsError):
        Netlink().commit([Message(0, b""), Message(3, b"")])


def test_batch_raises_when_the_kernel_refused_it_as_a_whole(kernel):
    kernel.answers = [verdict(1, errno.EPERM)]

    with pytest.raises(PermissionError):
        Netlink().commit([Message(0, b"")])


def test_batch_raises_when_the_kernel_did_not_answer_every_message(kernel):
    kernel.answers = [verdict(2)]

    with pytest.raises(OSError, match="did not answer every request"):
        Netlink().commit([Message(0, b""), Message(3, b"")])


def test_dump_tells_the_attributes_of_every_answer_to_its_question(kernel):
    fields = [netlink.text(1, name) for name in ("one", "two")]
    old = answer(10 << 8, 99, bytes(4) + netlink.text(1, "old"))
    kernel.answers = [
        old + answer(10 << 8, 1, bytes(4) + fields[0]),
        answer(10 << 8, 1, bytes(4) + fields[1]) + answer(3, 1, bytes(4)),
    ]

    told = Netlink().dump(Message(1, b""))

    assert told == [{1: b"one\0"}, {1: b"two\0"}]


def test_dump_raises_what_the_kernel_refused(kernel):
    kernel.answers = [verdict(1, errno.ENOENT)]

    with pytest.raises(FileNotFoundError):
        Netlink().dump(Message(1, b""))
