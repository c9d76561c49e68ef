"""A cut has landed when nobody gets in, and who was in is out; or, silent, when nobody is answered."""

from chaos_ext.network.cut import Cut
from chaos_ext.network.line import CLOSED


def test_cut_sees_the_end_of_a_connection_that_was_there_before(rig):
    fault = rig.made(Cut)

    fault.inject()

    assert rig.landed(fault) == {"refused": True, "established": CLOSED}
    assert rig.net.lines[0].to == ("127.70.1.101", 17379)


def test_cut_harms_nobody_before_it_has_a_connection_to_judge_by(rig):
    rig.net.base_ms = 50
    fault = rig.made(Cut)

    fault.inject()

    assert rig.lease is None
    assert rig.landed(fault)


def test_cut_has_not_landed_while_the_old_connection_lives(rig):
    fault = rig.made(Cut)
    rig.net.end_all = lambda _how: 0

    fault.inject()

    assert rig.until(fault.landed, 1) is None
    fault.heal()


def test_silent_cut_waits_for_an_answer_that_does_not_come(rig):
    fault = rig.made(Cut, silent=True)

    fault.inject()

    assert rig.landed(fault) == {"silent_ms": 300, "established": "silent"}
    assert rig.lease["faults"][0]["stream"] == "both"
