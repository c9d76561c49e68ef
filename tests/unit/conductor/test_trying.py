"""A value that a fault would refuse is known before anything moves."""

import pytest

from chaos_ext.conductor import trying
from chaos_ext.experiment.activities import Call
from chaos_ext.lease import session


def asked(func, where="method[0]", module="chaos_ext.network.actions", **arguments):
    return Call(where, "method", "hurt", "action", "python", module, func, arguments)


@pytest.fixture
def conductor():
    """One that must never be asked: it has no method."""
    made = object()
    session.begin(made)
    yield made
    session.end()


@pytest.mark.parametrize(
    ("func", "said", "why"),
    [
        (
            "bandwidth",
            {"kb_per_s": 0},
            "kb_per_s must be at least 1 and at most 1,000,000, not 0",
        ),
        ("latency", {"ms": -5}, "ms must be at least 1"),
        ("latency", {"ms": 9, "only_from": "redis-1"}, "only_from is the target itself"),
        ("dns", {"how": "slow"}, "how: 'slow' is not known (known: fail, delay, wrong)"),
        ("partition", {"shape": "half"}, "shape: 'half' is not known (did you mean halves?)"),
    ],
)
def test_fault_is_refused_by_its_place_when_a_value_is_wrong(func, said, why):
    call = asked(func, "method[3]", target="redis-1", **said)

    refused = trying.refused([call], {})

    assert refused["method[3]"].startswith(f"method[3]: network.{func}: {why}")


def test_fault_is_not_refused_when_its_values_are_right(conductor):
    calls = [
        asked("bandwidth", target="redis-1", kb_per_s=50),
        asked("kill", module="chaos_ext.process.actions", target="redis-1"),
        asked("reachable", module="chaos_ext.network.probes", target="redis-1"),
    ]

    assert trying.refused(calls, {}) == {}

    assert session.current("network.bandwidth") is conductor


def test_fault_is_tried_with_the_values_of_its_variables():
    call = asked("bandwidth", target="redis-1", kb_per_s="${rate}")

    assert "not 0" in trying.refused([call], {"rate": 0})["method[0]"]
    assert trying.refused([call], {"rate": 50}) == {}


def test_fault_is_not_tried_when_a_value_is_known_only_later():
    call = asked("bandwidth", target="redis-1", kb_per_s="${rate}")

    assert trying.refused([call], {}) == {}
