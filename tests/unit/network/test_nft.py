"""Why packets can or cannot be dropped here, in words, and whose tables are ours."""

import errno

import pytest

from chaos_ext.network import netlink, nft


class Scripted:
    """A netlink socket of a kernel that refuses, or knows some tables."""

    refuses, tables = 0, ()
    made = ()

    def __init__(self, netns=""):
        self.closed, self.committed = False, []
        type(self).made = (*self.made, self)

    def commit(self, messages):
        self.committed = list(messages)
        if self.refuses:
            raise OSError(self.refuses, "no")

    def dump(self, _message):
        if self.refuses:
            raise OSError(self.refuses, "no")
        return [
            {1: name.encode() + b"\0", 7: port.to_bytes(4, "big")} for name, port in self.tables
        ]

    def close(self):
        self.closed = True


@pytest.fixture
def kernel(monkeypatch):
    class Kernel(Scripted):
        """That of one test."""

    monkeypatch.setattr(nft, "Netlink", Kernel)
    return Kernel


@pytest.mark.parametrize(
    ("refuses", "said"),
    [
        (0, ""),
        (errno.EPERM, "not permitted: needs root (CAP_NET_ADMIN)"),
        (errno.EPROTONOSUPPORT, "this kernel has no nf_tables"),
        (
            errno.EOPNOTSUPP,
            "this kernel's nf_tables is too old: tables with an owner need Linux 5.12",
        ),
        (errno.ENOMEM, "[Errno 12] no"),
    ],
)
def test_possible_says_why_packets_cannot_be_dropped(kernel, refuses, said):
    kernel.refuses = refuses

    why = nft.possible()

    assert why == said
    assert all(each.closed for each in kernel.made)


def test_table_is_asked_for_as_one_that_goes_with_its_owner(kernel):
    nft.Table("abc", [nft.Rule((("127.0.0.8", "127.0.0.9"),))])

    table, chain, *rest = kernel.made[0].committed
    assert netlink.attributes(table.body) == {1: b"chaos_ext_abc\0", 2: b"\0\0\0\x02"}
    assert netlink.attributes(chain.body)[7] == b"filter\0"
    assert [each.kind for each in rest] == [9, 12, 6]


def test_tables_are_those_that_bear_our_mark(kernel):
    kernel.tables = [("chaos_ext_a", 7), ("filter", 8), ("chaos_ext_b", 9)]

    found = nft.tables()

    assert found == {"chaos_ext_a": 7, "chaos_ext_b": 9}


@pytest.mark.parametrize("refuses", [errno.EPERM, errno.EPROTONOSUPPORT])
def test_there_are_no_tables_where_nobody_may_have_one(kernel, refuses):
    kernel.refuses = refuses

    assert nft.tables() == {}


def test_tables_are_not_said_to_be_none_when_the_kernel_failed(kernel):
    kernel.refuses = errno.ENOBUFS

    with pytest.raises(OSError, match="no"):
        nft.tables()


def test_nobody_holds_a_port_that_no_socket_has():
    assert nft.holder(0xFFFFFFFE) == 0
