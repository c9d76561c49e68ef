"""The kernel's packet filter as we speak to it: rules, counters, owners, other namespaces."""

import errno
import os
import shutil
import subprocess
import sys
from contextlib import closing

import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument
from chaos_ext.network import nft
from chaos_ext.network.datagrams import Datagrams
from chaos_ext.network.partition import Partition

from .packets import NEEDS_ROOT, Asked, address, heals, lands, passes, ways

ONE, TWO, THREE = (address(n) for n in (1, 2, 3))
AS_NOBODY = """
import os
from chaos_ext.network import nft
os.setuid(65534)
print(nft.possible(), nft.tables())
"""


@pytest.fixture
def table():
    """Puts rules in place, until the test is over."""
    made = []

    def put(*rules):
        made.append(nft.Table(world.token(), rules))
        return made[-1]

    yield put
    for each in made:
        each.close()


@pytest.fixture
def elsewhere():
    """The pid of a process in a network namespace of its own."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("needs: unshare and ip")
    script = "ip link set lo up && echo up && exec cat"
    child = world.start_process(["unshare", "--net", "sh", "-c", script], pipes=True)
    assert child.stdout.readline() == b"up\n"
    yield child.pid
    child.communicate()


@NEEDS_ROOT
def test_table_counts_what_met_each_pair(table):
    rules = table(nft.Rule(((ONE, TWO), (TWO, ONE))))

    arrived = [passes(ONE, TWO, times=3), passes(ONE, THREE, times=3)]

    assert arrived == [0, 3]
    assert rules.met() == {(ONE, TWO): 3, (TWO, ONE): 0}
    assert rules.dropped() == 3


@NEEDS_ROOT
def test_table_drops_from_and_to_an_address_whoever_is_at_the_other_end(table):
    rules = table(nft.Rule(((ONE, ""),)), nft.Rule((("", TWO),)))

    arrived = [passes(ONE, THREE), passes(THREE, TWO), passes(TWO, THREE), passes(THREE, ONE)]

    assert arrived == [0, 0, 1, 1]
    assert rules.met() == {(ONE, ""): 1, ("", TWO): 1}


@NEEDS_ROOT
def test_table_lets_pass_what_an_earlier_rule_excepts(table):
    rules = table(nft.Rule(((ONE, TWO),), drop=False), nft.Rule((("", TWO),)))

    arrived = [passes(ONE, TWO), passes(THREE, TWO)]

    assert arrived == [1, 0]
    assert rules.dropped() == 1


@NEEDS_ROOT
def test_table_drops_a_share_by_chance(table):
    rules = table(nft.Rule(((ONE, TWO),), share=0.25))

    arrived = passes(ONE, TWO, times=2000)

    assert rules.met() == {(ONE, TWO): 2000}
    assert rules.dropped() == 2000 - arrived
    assert 400 < 2000 - arrived < 600  # five standard deviations to each side


@NEEDS_ROOT
def test_table_holds_thousands_of_pairs(table):
    many = [(ONE, f"127.85.{n >> 8}.{n & 255}") for n in range(1, 2000)]

    rules = table(nft.Rule((*many, (ONE, TWO))))

    assert passes(ONE, TWO) == 0
    assert len(rules.met()) == 2000


@NEEDS_ROOT
def test_table_is_nobody_elses_to_remove(table):
    rules = table(nft.Rule(((ONE, TWO),)))
    delete = nft.Message(2, nft.text(1, rules.name))

    with closing(nft.Netlink()) as another, pytest.raises(PermissionError):
        another.commit([delete])

    assert nft.tables()[rules.name]
    assert nft.holder(nft.tables()[rules.name]) == os.getpid()


@NEEDS_ROOT
def test_nothing_is_left_of_a_batch_of_which_one_part_is_refused():
    lease = world.token()
    unlike = nft.Rule(((ONE, TWO), (ONE, "")))  # pairs of two shapes

    with pytest.raises(OSError, match="Invalid argument") as refused:
        nft.Table(lease, [nft.Rule(((ONE, TWO),)), unlike])

    assert refused.value.errno == errno.EINVAL
    assert nft.PREFIX + lease not in nft.tables()
    assert passes(ONE, TWO) == 1


@NEEDS_ROOT
def test_nft_program_reads_our_rules_as_they_are_meant(table):
    program = shutil.which("nft")
    if program is None:
        pytest.skip("the nft program is not here; our own reading is tested above")
    rules = table(nft.Rule(((ONE, TWO),)), nft.Rule((("", THREE),), share=0.1))

    told = subprocess.run(
        [program, "list", "table", "ip", rules.name], capture_output=True, check=True, text=True
    ).stdout

    assert "flags owner" in told
    assert "type filter hook input priority filter; policy accept;" in told
    assert "ip saddr . ip daddr @pairs_0 counter packets 0 bytes 0 drop" in told
    assert "ip daddr @pairs_1 numgen random mod 1000000 < 100000 counter" in told
    assert f"{ONE} . {TWO} counter" in told


@NEEDS_ROOT
def test_partition_is_made_in_another_namespace_alone(elsewhere):
    fault = Partition(Asked("toy-1"), ways(2), netns=str(elsewhere))

    fault.inject()
    landed = lands(fault)
    here, there = passes(ONE, TWO), nft.tables(str(elsewhere))
    heals(fault)

    assert landed["dropped"] == {"toy-1 > toy-2": 1, "toy-2 > toy-1": 1}
    assert here == 1
    assert list(there) == [nft.PREFIX + fault.target.lease_id]
    assert nft.tables(str(elsewhere)) == {}


def test_namespace_that_is_none_is_refused():
    with pytest.raises(BadArgument, match="no network namespace: No such file or directory"):
        Datagrams([ONE], netns="/nowhere/net")


@NEEDS_ROOT
def test_packets_are_told_not_to_be_ours_without_root():
    child = subprocess.run(
        [sys.executable, "-c", AS_NOBODY], capture_output=True, check=False, text=True
    )

    assert child.stdout == "not permitted: needs root (CAP_NET_ADMIN) {}\n", child.stderr


def test_datagrams_are_counted_where_they_arrive():
    with closing(Datagrams([ONE, TWO])) as datagrams:
        datagrams.send([(ONE, TWO)], times=3)

        assert world.wait_until(lambda: datagrams.look() or datagrams.arrived[ONE, TWO] == 3, 5)
        assert datagrams.passing([(ONE, TWO), (TWO, ONE)], 1000) == {(ONE, TWO), (TWO, ONE)}
        assert datagrams.arrived == {(ONE, TWO): 1, (TWO, ONE): 1}


def test_datagrams_of_an_earlier_round_do_not_count():
    with closing(Datagrams([ONE, TWO])) as datagrams:
        datagrams.send([(ONE, TWO)])
        datagrams.forget()
        datagrams.send([(TWO, ONE)])

        assert world.wait_until(lambda: datagrams.look() or datagrams.arrived[TWO, ONE] == 1, 5)
        assert datagrams.arrived[ONE, TWO] == 0
