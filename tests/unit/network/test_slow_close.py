"""A slow close has landed when the end of a connection comes as late as was asked for."""

from chaos_ext.network.slow_close import SlowClose


def test_slow_close_tells_how_late_the_end_was(rig):
    fault = rig.made(SlowClose, delay_ms=200)

    fault.inject()

    landed = rig.landed(fault)
    assert 200 <= landed["closed_after_ms"] <= 202
    assert landed["asked_ms"] == 200


def test_slow_close_of_next_to_nothing_has_not_landed_when_the_end_comes_at_once(rig):
    rig.net.lies = True
    fault = rig.made(SlowClose, delay_ms=3)

    fault.inject()

    assert rig.until(fault.landed, 2) is None
    fault.heal()


def test_slow_close_has_not_landed_when_the_end_comes_earlier(rig):
    rig.net.twist = {"delay": 100}
    fault = rig.made(SlowClose, delay_ms=200)

    fault.inject()

    assert rig.until(fault.landed, 2) is None
    fault.heal()
