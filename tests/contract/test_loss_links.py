"""Loss where no packet may be dropped: chunks wait at the proxy, and the same words ask for it."""

import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument
from chaos_ext.network.client import Server
from chaos_ext.network.loss import Loss

from .fronted import fronted
from .packets import Asked, heals, lands


@pytest.fixture
def paths(tmp_path):
    with fronted(tmp_path, count=2) as ways:
        yield ways


def toxics(paths, node):
    told = Server(paths[node]["proxy"]["url"]).ask("GET", "/chaos/proxies")[node]
    return sorted((each["type"], each["stream"], each["sources"]) for each in told["toxics"])


def test_loss_at_a_proxy_stalls_both_directions_and_ends(paths):
    fault = Loss(Asked("toy-1"), paths, percent=30, by="proxy")

    fault.inject()
    landed = lands(fault, fault.lands_within_s)
    during = toxics(paths, "toy-1")
    heals(fault)

    assert landed["asked_percent"] == 30
    assert landed["late_percent"] == pytest.approx(51, abs=20)  # either direction may be hit
    assert during == [("stall", "downstream", []), ("stall", "upstream", [])]
    assert toxics(paths, "toy-1") == []


def test_loss_made_anew_after_a_crash_is_healed(paths):
    fault = Loss(Asked("toy-1"), paths, percent=100, only_from="toy-2", by="proxy")
    fault.inject()
    during = toxics(paths, "toy-1")
    anew = Loss(fault.target, paths, percent=100, only_from="toy-2")

    anew.heal()

    source = paths["toy-2"]["bind"][0]
    assert during == [("stall", "downstream", [source]), ("stall", "upstream", [source])]
    assert world.wait_until(anew.healed, 10)
    assert toxics(paths, "toy-1") == []


@pytest.mark.parametrize(
    ("changed", "percent", "said"),
    [
        ({}, 2.5, "without root .nftables. percent must be a whole number, not 2.5"),
        ({"proxy": None}, 10, "no proxy is in front of toy-1"),
    ],
)
def test_loss_that_no_proxy_can_make_is_refused_and_leaves_nothing(
    paths, changed, percent, said
):
    ways = {**paths, "toy-1": paths["toy-1"] | changed}
    fault = Loss(Asked("toy-1"), ways, percent=percent, by="proxy")

    with pytest.raises(BadArgument, match=said):
        fault.inject()

    heals(fault)
    assert toxics(paths, "toy-1") == []
