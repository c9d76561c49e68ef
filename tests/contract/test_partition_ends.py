"""How a partition made by the kernel ends: in time, with its holder, and seen by whoever comes later."""

from dataclasses import replace

import pytest

from chaos_ext import world
from chaos_ext.errors import HealFailed
from chaos_ext.lease import sweep
from chaos_ext.lease.ledger import HEALED
from chaos_ext.network import nft

from .leasing import Rig
from .packets import NEEDS_ROOT, address, end, heals, holder, partitions, passes, way, ways

pytestmark = NEEDS_ROOT
ONE, TWO = address(1), address(2)


@pytest.fixture
def partition():
    with partitions() as make:
        yield make


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    yield made
    made.close()


def test_partition_made_anew_is_healed_when_its_holder_is_dead(partition):
    fault = partition()
    child = holder(fault.target.lease_id, [[ONE, TWO]])
    dropped = passes(ONE, TWO)

    end(child)
    heals(fault)

    assert dropped == 0
    assert passes(ONE, TWO) == 1


def test_partition_is_not_healed_while_somebody_else_holds_it(partition):
    fault = partition()
    name = nft.PREFIX + fault.target.lease_id
    child = holder(fault.target.lease_id, [[ONE, TWO]])

    with pytest.raises(HealFailed) as failed:
        fault.heal()
    still = fault.healed()
    end(child)

    assert str(failed.value) == f"pid {child.pid} still holds the table {name}; end it"
    assert not still


def test_partition_ends_with_the_guardian_that_held_it(rig):
    server, guarded = rig.server(), rig.guardian()
    settings = {"paths": ways() | {"one": way("one", 4)}}
    lease = replace(rig.lease(server, "pause"), fault="chaos_ext.network.partition")
    guarded.inject(replace(lease, settings=settings))
    held = [passes(address(4), ONE), passes(ONE, TWO)]

    rig.kill_guardian(guarded)

    assert held == [0, 1]
    assert world.wait_until(lambda: nft.PREFIX + lease.id not in nft.tables(), 5)
    assert passes(address(4), ONE) == 1
    assert sweep.sweep(rig.ledger).left == []
    assert rig.state(lease)[0] == HEALED


def test_guardian_heals_a_partition_when_its_time_is_over(rig):
    server, guarded = rig.server(), rig.guardian()
    lease = replace(rig.lease(server, "pause", for_s=0.3), fault="chaos_ext.network.partition")

    guarded.inject(replace(lease, settings={"paths": ways() | {"one": way("one", 4)}}))
    assert world.wait_until(lambda: rig.heard(lease), 10)

    assert rig.heard(lease)["detail"] == "deadline"
    assert rig.state(lease)[0] == HEALED
    assert passes(address(4), ONE) == 1
