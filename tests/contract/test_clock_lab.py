"""Whose clock can be set, and whose cannot: sentinels can, servers that were started otherwise cannot."""

import sys
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.clock import asking
from chaos_ext.clock.jump import Jump
from chaos_ext.errors import NotAllowed
from chaos_ext.lab import binaries, clocks
from chaos_ext.lease import identity
from chaos_ext.redis.lab import BINARY
from chaos_ext.redis.plain import facts

from .labbed import PATIENCE_S, Labbed

FOR_EVER_MS = 99_999_999
JUST_NOW_MS = 5_000


@pytest.fixture
def watched(tmp_path):
    """A primary and a sentinel without protection from jumps."""
    made = Labbed(
        tmp_path, own_clock=True, sentinels=1, quorum=1,
        tilt_trigger_ms=FOR_EVER_MS, tilt_period_ms=1,
    )  # fmt: skip
    yield made
    made.close()


@pytest.fixture
def plain(tmp_path):
    made = Labbed(tmp_path)
    yield made
    made.close()


class Known:
    """A target of which only its process is known."""

    def __init__(self, node, who):
        self.name = self.node = node
        self.identity = who

    def states(self):
        return self.identity.states()


def refused(path, who):
    with pytest.raises(NotAllowed) as caught:
        Jump(Known("redis-1", who), paths={"redis-1": path}, by_s=60.0).look()
    return str(caught.value)


def test_sentinel_tells_its_time_and_it_can_be_set(watched):
    guarded = watched.guardian()

    landed = guarded.inject(watched.lease("clock.jump", "sentinel-1", by_s=-60.0))

    assert landed["ahead_s"] == pytest.approx(-60, abs=0.05 + landed["give_or_take_s"])
    assert asking.apart(watched.way("redis-1")).by(0, 0.05)
    assert guarded.heal("the run ended") == []
    assert asking.apart(watched.way("sentinel-1")).by(0, 0.05)


def test_sentinels_are_set_as_the_lab_wants_them(watched):
    told = facts(watched.ask("SENTINEL", "DEBUG", name="sentinel-1"))

    assert (told["TILT-TRIGGER"], told["TILT-PERIOD"]) == (str(FOR_EVER_MS), "1")


@pytest.mark.parametrize(
    ("settings", "tilts"),
    [({}, True), ({"tilt_trigger_ms": FOR_EVER_MS, "tilt_period_ms": 1}, False)],
)
def test_sentinel_whose_clock_jumps_goes_into_tilt_unless_it_is_told_otherwise(
    tmp_path, settings, tilts
):
    rig = Labbed(tmp_path, own_clock=True, sentinels=1, quorum=1, **settings)
    try:
        rig.guardian().inject(rig.lease("clock.jump", "sentinel-1", by_s=60.0))

        assert world.wait_until(lambda: silent_ms(rig) < JUST_NOW_MS, PATIENCE_S)
        said = (rig.lab.folder / "sentinel-1" / "server.log").read_text()
        assert ("+tilt" in said) is tilts
    finally:
        rig.close()


def silent_ms(rig):
    """How long, by the sentinel's clock, the primary is silent: it has looked at the clock since."""
    told = facts(rig.ask("SENTINEL", "MASTER", "chaos", name="sentinel-1"))
    return int(told["last-ok-ping-reply"])


def test_servers_of_a_lab_without_clocks_are_refused(plain):
    assert "own_clock: true" in refused(plain.way(), plain.server().identity)


def test_servers_of_somebody_else_are_refused_by_how_they_were_started(plain, watched):
    theirs = {"system": "redis", "owner": "attached", "clock": None}

    without = refused(theirs, plain.server().identity)
    under_it = refused(theirs, watched.server().identity)
    elsewhere = refused(theirs, identity.Identity(0, 0, ""))

    assert "was not started under libfaketime" in without
    assert "a file that we do not know" in under_it
    assert "not on this machine" in elsewhere


def test_program_that_is_linked_statically_is_told_from_one_that_is_not():
    static = [Path("/sbin/ldconfig"), Path("/bin/busybox")]  # Debian has the first so
    there = next((each for each in static if each.exists()), None)
    if there is None:
        pytest.skip("no program that is linked statically is on this machine")

    assert clocks.is_static(there)
    assert not clocks.is_static(Path(sys.executable))
    assert not clocks.is_static(Path(binaries.find(BINARY).path))
