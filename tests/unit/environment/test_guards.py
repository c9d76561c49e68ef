"""Guards refuse in so many words, and refuse as well when they cannot tell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.environment.guards import FaultRequest, at_once, check, hurts_everyone, requests
from chaos_ext.environment.model import Environment, Limits, Target
from chaos_ext.environment.names import native_targets
from chaos_ext.experiment.activities import Call

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)  # a Monday
TARGETS = native_targets({"redis": {"replicas": 2, "sentinels": 3}})
HERE = Environment(
    "here", "native", "x", targets=TARGETS, limits=Limits(faults_at_once=2, for_s_max=60)
)
KILL = FaultRequest("process.kill", "redis-primary", 15)


def test_check_has_nothing_to_say_when_all_is_allowed():
    assert check(HERE, [KILL], NOW, NOW + timedelta(minutes=5)) == []


def test_check_has_nothing_to_say_when_there_is_no_fault():
    asleep = replace(HERE, allow=(), blackouts=("Mon-Sun 00:00-24:00 UTC",))

    assert check(asleep, [], NOW) == []


@pytest.mark.parametrize(
    ("environment", "fault", "reason"),
    [
        (
            replace(HERE, allow=()),
            KILL,
            "process.kill on redis-primary is not allowed: environment here allows none",
        ),
        (
            replace(HERE, allow=("pause", "network.cut")),
            KILL,
            "process.kill on redis-primary is not allowed: environment here allows pause, network.cut",
        ),
        (
            replace(
                HERE, targets={"redis-primary": Target("redis-primary", "redis", allow=())}
            ),
            KILL,
            "process.kill on redis-primary is not allowed: the target allows none",
        ),
        (
            replace(HERE, limits=Limits(never=("redis-primary",))),
            KILL,
            "process.kill on redis-primary is not allowed: limits.never of environment here names the target",
        ),
        (
            replace(HERE, limits=Limits(never=("redis-1",))),
            KILL,
            "process.kill on redis-primary is not allowed: it may be redis-1, which limits.never names",
        ),
        (
            HERE,
            replace(KILL, for_s=61),
            "process.kill on redis-primary for 61 s is not allowed: for_s_max of environment here is 60 s",
        ),
        (HERE, replace(KILL, target="redis-9"), "here has no target 'redis-9'"),
        (HERE, replace(KILL, peers=("redis-9",)), "here has no target 'redis-9'"),
        (
            replace(HERE, limits=Limits(never=("sentinel-1",))),
            replace(KILL, peers=("sentinel-1",)),
            "never",
        ),
    ],
)
def test_check_gives_the_reason_when_it_refuses(environment, fault, reason):
    reasons = check(environment, [fault], NOW)

    assert len(reasons) == 1, reasons
    assert reason in reasons[0]


@pytest.mark.parametrize("for_s", [0.0, -1.0, float("nan"), float("inf")])
def test_check_refuses_a_time_that_cannot_be_judged(for_s):
    reasons = check(HERE, [replace(KILL, for_s=for_s)], NOW)

    assert len(reasons) == 1
    assert "for_s_max" in reasons[0]


@pytest.mark.parametrize("allow", [("kill",), ("process.kill",), None])
def test_check_allows_a_fault_by_either_of_its_names(allow):
    target = Target("redis-primary", "redis", allow=allow)

    assert check(replace(HERE, allow=allow, targets={target.name: target}), [KILL], NOW) == []


def test_check_refuses_more_faults_at_once_than_allowed():
    reasons = check(HERE, [KILL] * 3, NOW)

    where = "3 faults may be in place at once, and environment here allows 2"
    assert reasons == [f"{where}: shorten for_s, or pause longer in between"]


@pytest.mark.parametrize(
    ("faults", "count"),
    [
        ([], 0),
        ([KILL], 1),
        ([KILL, KILL], 2),
        ([KILL, replace(KILL, waits_s=15)], 2),  # the healing takes a while
        ([KILL, replace(KILL, waits_s=20)], 1),
        ([KILL, replace(KILL, waits_s=10), replace(KILL, waits_s=10)], 2),
        ([replace(KILL, background=True), replace(KILL, waits_s=999)], 2),
        ([replace(KILL, lasts=True), replace(KILL, waits_s=999)], 2),
    ],
)
def test_at_once_counts_what_may_overlap(faults, count):
    assert at_once(faults) == count


@given(st.lists(st.tuples(st.floats(0.1, 60), st.floats(0, 60)), max_size=8))
def test_at_once_is_never_less_than_what_a_schedule_shows(plan):
    faults = [FaultRequest("process.kill", "a", for_s, waits_s=waits) for for_s, waits in plan]
    starts = [sum(waits for _, waits in plan[: index + 1]) for index in range(len(plan))]

    together = max(
        (
            sum(begin <= moment < begin + fault.for_s for begin, fault in zip(starts, faults))  # noqa: B905
            for moment in starts
        ),
        default=0,
    )

    assert together <= at_once(faults) <= len(faults)


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        (
            "Mon-Fri 08:00-18:00 UTC",
            "blackout 'Mon-Fri 08:00-18:00 UTC': the run would be within it",
        ),
        ("Mon 12:04-12:05 UTC", "the run would be within it"),
        ("Mon 08:00-18:00 Mars/Base", "cannot be evaluated: no time zone 'Mars/Base' here"),
        ("whenever", "cannot be evaluated"),
    ],
)
def test_check_refuses_in_a_blackout_and_when_it_cannot_tell(window, reason):
    blacked = replace(HERE, blackouts=(window,))

    reasons = check(blacked, [KILL], NOW, NOW + timedelta(minutes=5))

    assert len(reasons) == 1
    assert reason in reasons[0]


@pytest.mark.parametrize(
    ("now", "until"),
    [(NOW.replace(tzinfo=None), None), (NOW, NOW - timedelta(1)), (NOW, datetime(2026, 1, 5))],  # noqa: DTZ001
)
def test_check_refuses_when_the_time_of_the_run_is_not_known(now, until):
    assert check(HERE, [KILL], now, until) == [
        "blackouts cannot be evaluated: the time of the run is not known"
    ]


def call(func="kill", section="method", pauses=None, background=False, **arguments):
    module = "chaos_ext.process.actions" if func == "kill" else "json"
    where = f"{section}[0]"
    made = Call(where, section, "n", "action", "python", module, func, arguments)
    return replace(made, pauses=pauses or {}, background=background)


def test_requests_adds_up_the_pauses_between_faults():
    made = [
        call(target="${who}", for_s=15, pauses={"after": "${wait}"}),
        call("dumps", pauses={"before": 1, "after": 2}),
        call("dumps", pauses={"after": 100}, background=True),
        call(target="redis-2", for_s=5, restart=False, pauses={"before": 4}),
        call(section="rollbacks", target="redis-3"),
    ]

    found = requests(made, {"who": "redis-1", "wait": 10})

    assert found == [
        FaultRequest("process.kill", "redis-1", 15),
        FaultRequest("process.kill", "redis-2", 5, waits_s=17.0, lasts=True),
    ]


def test_requests_takes_the_faults_own_default_when_no_time_is_written():
    assert requests([call(target="a")], {})[0].for_s == 10.0


def test_requests_names_both_ends_of_a_fault_between_two():
    found = requests([call(between=["redis-1", "redis-2"], for_s=5)], {})

    assert (found[0].target, found[0].peers) == ("redis-1", ("redis-2",))


def test_check_refuses_a_shape_that_hurts_one_which_is_never_to_be_hurt():
    here = replace(HERE, limits=Limits(never=("redis-2",), for_s_max=60))
    isolate = FaultRequest("network.partition", "redis-1", 5)

    shaped = check(here, [replace(isolate, everyone=True)], NOW)

    assert check(here, [isolate], NOW) == []
    assert any(
        "hurts every node of redis" in reason and "redis-2" in reason for reason in shaped
    )


@pytest.mark.parametrize(
    ("arguments", "everyone"),
    [
        ({"target": "redis-1"}, False),
        ({"target": "redis-1", "shape": "isolate"}, False),
        ({"target": "redis-1", "shape": "ring"}, True),
        ({"between": [["redis-1"], ["redis-2"]], "shape": "halves"}, False),
    ],
)
def test_hurts_everyone_is_said_of_shapes_of_all_nodes(arguments, everyone):
    assert hurts_everyone(arguments) is everyone
