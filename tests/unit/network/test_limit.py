"""A limit has landed when a connection ends after exactly so many bytes."""

import pytest

from chaos_ext.network.limit import Limit


@pytest.mark.parametrize("after_bytes", [0, 1, 15, 1_000_000])
def test_limit_sees_the_end_after_exactly_so_many_bytes(rig, after_bytes):
    fault = rig.made(Limit, after_bytes=after_bytes)

    fault.inject()

    assert rig.landed(fault) == {"ended_after_bytes": after_bytes, "how": "closed"}


@pytest.mark.parametrize("other", [99, 101])
def test_limit_has_not_landed_when_it_is_another(rig, other):
    rig.net.twist = {"bytes": other}
    fault = rig.made(Limit, after_bytes=100)

    fault.inject()

    assert rig.until(fault.landed, 0.5) is None
    fault.heal()
