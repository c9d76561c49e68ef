"""What is said to the kernel has the shape that the kernel reads."""

import os
import struct

from chaos_ext.passthrough import protocol
from chaos_ext.passthrough.protocol import Op, Request

# sizeof of the kernel's own structures (linux/fuse.h)
SIZES = {
    "IN_HEADER": 40, "OUT_HEADER": 16, "ATTR": 88, "ENTRY": 40, "ATTR_OUT": 16, "OPEN_OUT": 16,
    "WRITE_OUT": 8, "STATFS_OUT": 80, "DIRENT": 24, "INIT_OUT": 64, "SETATTR_IN": 88,
    "CREATE_IN": 16, "MKNOD_IN": 16, "READ_IN": 40, "WRITE_IN": 40, "FSYNC_IN": 16,
    "FALLOCATE_IN": 32, "RENAME2_IN": 16, "BATCH_FORGET_IN": 8, "FORGET_ONE": 16,
}  # fmt: skip


def message(opcode, body=b"", *, unique=7, nodeid=3):
    header = (protocol.IN_HEADER.size + len(body), opcode, unique, nodeid, 1000, 1001, 42, 0, 0)
    return memoryview(protocol.IN_HEADER.pack(*header) + body)


def hello(flags, more_flags=None):
    body = protocol.INIT_IN.pack(7, 45, 131_072, flags)
    body += struct.pack("<I44x", more_flags) if more_flags is not None else b""
    return protocol.INIT_OUT.unpack(protocol.initialised(body))


def test_structures_are_as_large_as_the_kernels():
    assert {name: getattr(protocol, name).size for name in SIZES} == SIZES


def test_request_says_what_who_and_about_which_file():
    request = Request(message(Op.LOOKUP, b"name\0"))

    assert (request.opcode, request.unique, request.nodeid) == (Op.LOOKUP, 7, 3)
    assert (request.uid, request.gid, request.pid) == (1000, 1001, 42)
    assert request.names() == [b"name"]


def test_request_that_is_kept_outlives_the_buffer():
    buffer = bytearray(message(Op.RENAME, b"12345678old\0new\0"))
    request = Request(memoryview(buffer)).kept()

    buffer[:] = bytes(len(buffer))

    assert request.names(8) == [b"old", b"new"]


def test_answer_is_as_long_as_it_says_and_has_its_error_below_zero():
    assert protocol.answer(9, 5) == struct.pack("<IiQ", 16, -5, 9)
    assert protocol.answer(9, 0, b"abc") == struct.pack("<IiQ", 19, 0, 9) + b"abc"


def test_hello_takes_what_is_offered_and_wanted():
    everything = (1 << 32) - 1

    major, minor, readahead, flags, _, _, writes, _, pages, _, more = hello(
        everything, everything
    )

    assert (major, minor, readahead) == (7, protocol.MINOR, 131_072)
    assert flags | more << 32 == protocol.WANTED
    assert (writes, pages) == (1 << 20, 256)


def test_hello_asks_for_nothing_that_is_not_offered():
    assert hello(protocol.BIG_WRITES)[3] == protocol.BIG_WRITES
    assert hello(protocol.INIT_EXT, 0)[10] == 0


def test_attributes_are_those_of_the_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    os.utime(path, ns=(-1_500_000_000, 1_234_567_891_000_000_002))
    stat = path.stat()

    found = protocol.ATTR.unpack(protocol.attributes(stat))

    assert found[:3] == (stat.st_ino, 5, stat.st_blocks)
    assert found[3] == (1 << 64) - 2  # before 1970
    assert (found[4], found[6], found[7]) == (1_234_567_891, 500_000_000, 2)
    assert found[9:13] == (stat.st_mode, 1, stat.st_uid, stat.st_gid)


def test_names_of_a_listing_are_padded_to_eight_bytes():
    for name in (b"a", b"12345678", b"123456789"):
        piece = protocol.dirent(5, 1, 8, name)

        assert len(piece) % 8 == 0
        assert protocol.DIRENT.unpack_from(piece) == (5, 1, len(name), 8)
        assert piece[24 : 24 + len(name)] == name
