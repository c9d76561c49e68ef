"""The fault `dns`: the name of one server fails, is late or wrong, and is right again."""

import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument, FaultDidNotLand
from chaos_ext.network.client import Server
from chaos_ext.network.dns import Dns

from .fronted import serving
from .packets import Asked, address, heals, lands, way

HERE, PORT = address(12), 5353
RIGHT, WRONG = address(6), address(7)


@pytest.fixture
def paths(tmp_path):
    records = {"toy-1.toy.chaos.test": RIGHT, "toy-2.toy.chaos.test": WRONG}
    resolver = {"name": "lab", "listen": f"{HERE}:{PORT}", "records": records}
    with serving({"resolvers": [resolver]}, tmp_path) as url:
        yield {"toy-1": known(url)}


@pytest.fixture
def misled(paths):
    """Makes faults; whatever is left of them is healed."""
    made = []

    def make(**settings):
        made.append(Dns(Asked("toy-1"), paths, **settings))
        return made[-1]

    yield make
    for each in made:
        heals(each)


def known(url, name="toy-1.toy.chaos.test"):
    """The way to a server whose name a resolver knows."""
    resolver = {"url": url, "address": [HERE, PORT], "name": name}
    return way("toy-1", 1, service=[RIGHT, 9], resolver=resolver)


@pytest.mark.parametrize(
    ("settings", "said", "addresses"),
    [
        ({"how": "fail"}, "SERVFAIL", []),
        ({"how": "wrong", "answer": "127.0.0.1"}, "NOERROR", ["127.0.0.1"]),
        ({"how": "delay", "delay_ms": 150}, "NOERROR", [RIGHT]),
    ],
)
def test_dns_lands_as_it_was_asked_for_and_ends(misled, paths, settings, said, addresses):
    fault = misled(**settings)
    server = Server(paths["toy-1"]["resolver"]["url"])

    fault.inject()
    landed = lands(fault, fault.lands_within_s)
    there, told = fault.landed(), server.ask("GET", "/chaos/resolvers")
    heals(fault)

    assert landed["said"] == said
    assert landed["addresses"] == addresses
    assert landed["name"] == "toy-1.toy.chaos.test"
    assert landed["answer_ms"] == pytest.approx(settings.get("delay_ms", 0), abs=100)
    assert there == landed
    assert told["lab"]["held_by"] == [fault.target.lease_id]
    assert server.ask("GET", "/chaos/resolvers")["lab"]["held_by"] == []


def test_dns_is_not_kept_waiting_by_a_late_answer(misled):
    fault = misled(how="delay", delay_ms=1000)
    fault.inject()

    began = world.monotonic_ns()
    landed = fault.landed()

    assert landed is None
    assert (world.monotonic_ns() - began) / 1e6 < 500


def test_dns_made_anew_after_a_crash_is_healed(misled, paths):
    fault = misled(how="fail")
    fault.inject()
    lands(fault)
    anew = Dns(fault.target, paths, how="fail")

    anew.heal()

    assert world.wait_until(anew.healed, 10)
    assert fault.landed() is None


def test_dns_is_healed_when_its_resolver_has_gone(tmp_path):
    records = {"toy-1.toy.chaos.test": RIGHT}
    resolver = {"name": "lab", "listen": f"{HERE}:{PORT}", "records": records}
    with serving({"resolvers": [resolver]}, tmp_path) as url:
        fault = Dns(Asked("toy-1"), {"toy-1": known(url)})
        fault.inject()
        lands(fault)

    lost = fault.landed()
    fault.heal()

    assert lost is None
    assert fault.healed()


def inject_and_land(fault):
    """Whichever of the two meets the answer first: it may be there at once."""
    fault.inject()
    lands(fault)


def test_dns_does_not_land_where_the_name_was_never_right(paths):
    url = paths["toy-1"]["resolver"]["url"]
    fault = Dns(Asked("toy-1"), {"toy-1": known(url, "toy-2.toy.chaos.test")})

    with pytest.raises(
        FaultDidNotLand, match=r"was answered by NOERROR .* before it was touched"
    ):
        inject_and_land(fault)

    heals(fault)
    assert Server(url).ask("GET", "/chaos/leases") == {}


@pytest.mark.parametrize(
    ("changed", "settings", "said"),
    [
        ({}, {"how": "fial"}, "network.dns: no way 'fial' (did you mean fail?)"),
        (
            {"resolver": None},
            {},
            (
                "network.dns: no resolver of ours knows toy-1; "
                "start the lab anew with the fault in its experiment"
            ),
        ),
        (
            {},
            {"how": "wrong", "answer": RIGHT},
            f"network.dns: {RIGHT} is the right answer; choose another",
        ),
    ],
    ids=["way", "resolver", "right"],
)
def test_dns_that_makes_no_sense_is_refused(changed, settings, said):
    with pytest.raises(BadArgument) as refused:
        Dns(Asked("toy-1"), {"toy-1": known("http://127.0.0.1:9") | changed}, **settings)

    assert str(refused.value) == said
