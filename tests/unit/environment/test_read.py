"""An environment file: what ships, what a user writes, and every way to be refused."""

import copy
from functools import cache

import pytest
import yaml

from chaos_ext.environment.model import Limits, Target
from chaos_ext.environment.read import examine, load
from chaos_ext.errors import BadEnvironment

STAGING = """
name: staging
kind: remote
allow: [network.cut, connections]
targets:
  redis-primary: {system: redis, url: "redis://:pa55@cache.example:6379"}
limits: {faults_at_once: 2, for_s_max: 30, never: [redis-primary]}
blackouts: ["Mon-Fri 08:00-18:00 Europe/Paris"]
"""
ATTACHED = """
name: mine
kind: native
targets:
  redis-primary: {system: redis, url: "redis://127.0.0.1:6379", attach: {port: 6379}, allow: [pause]}
"""


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
    monkeypatch.delenv("CHAOS_ENVIRONMENT", raising=False)


mapping = cache(yaml.safe_load)


def read(text, weaken=None, **changes):
    problems = []
    environment = examine(
        copy.deepcopy(mapping(text)) | changes, "x.yaml", {}, weaken or {}, problems
    )
    return environment, problems


def test_load_gives_the_native_environment_by_name():
    environment = load("native")

    assert (environment.kind, environment.allow, environment.blackouts) == ("native", None, ())
    assert environment.limits == Limits(faults_at_once=3, for_s_max=3600)
    assert environment.systems["redis"]["down_after_ms"] == 2000
    assert {"redis-3", "redis-primary", "redis-replica", "sentinel-3"} <= set(
        environment.targets
    )


def test_load_prefers_the_variable_to_the_name(monkeypatch, tmp_path):
    path = tmp_path / "staging.yaml"
    path.write_text(STAGING)
    monkeypatch.setenv("CHAOS_ENVIRONMENT", str(path))

    environment = load("native")

    assert (environment.name, environment.source) == ("staging", str(path))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("docker", "environment docker is not part of this version: use native"),
        ("natve", "no environment 'natve' (did you mean native?); a file needs a / or .yaml"),
        ("./missing.yaml", "environment './missing.yaml' cannot be read: No such file"),
        ("missing.yml", "environment 'missing.yml' cannot be read"),
    ],
)
def test_load_refuses_a_name_it_cannot_read(name, reason):
    with pytest.raises(BadEnvironment) as refusal:
        load(name)

    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a: [1", "is not YAML"),
        (b"\xff\xfe\xfa", "it is not text"),
        (b"- a", "the file must hold a mapping, not a list"),
        (b"", "the file must hold a mapping, not nothing"),
        (b"name: a\nkind: native\nkid: 1", "kid is not a known key (did you mean kind?)"),
        (b"kind: docker\nname: a", "docker is not part of this version"),
    ],
)
def test_load_refuses_a_file_it_cannot_use_in_one_line(tmp_path, content, reason):
    path = tmp_path / "here.yaml"
    path.write_bytes(content)

    with pytest.raises(BadEnvironment) as refusal:
        load(str(path))

    assert reason in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_examine_reads_a_remote_environment():
    environment, problems = read(STAGING)

    assert problems == []
    assert environment.allow == ("network.cut", "connections")
    assert environment.limits == Limits(2, 30.0, ("redis-primary",))
    assert environment.systems == {}
    assert environment.targets["redis-primary"] == Target(
        "redis-primary", "redis", "redis://:pa55@cache.example:6379"
    )


def test_examine_permits_nothing_on_a_remote_environment_unless_told():
    environment, problems = read("{name: far, kind: remote}")

    assert problems == []
    assert environment.allow == ()
    assert environment.limits == Limits(faults_at_once=1, for_s_max=60)


def test_examine_starts_no_lab_for_a_system_that_is_attached():
    environment, problems = read(ATTACHED)

    assert problems == []
    assert list(environment.systems) == ["host"]
    assert list(environment.targets) == ["host-1", "redis-primary"]


@pytest.mark.parametrize(
    ("text", "changes", "problem"),
    [
        (STAGING, {"name": ""}, "name must be text"),
        (STAGING, {"kind": "remot"}, "kind is 'remot' (did you mean remote?)"),
        (STAGING, {"alow": []}, "alow is not a known key (did you mean allow?)"),
        (STAGING, {"allow": ["kil"]}, "allow has 'kil', which is no fault"),
        (STAGING, {"allow": ["kill"]}, "process.kill, which cannot be done to a remote target"),
        (STAGING, {"allow": ["disk.full"]}, "disk.full, which cannot be done to a remote"),
        (
            STAGING,
            {"systems": {"redis": {}}},
            "systems are started by a native environment only",
        ),
        (STAGING, {"limits": {"for_s_mx": 1}}, "limits.for_s_mx is not a known key (did you"),
        (STAGING, {"limits": {"for_s_max": 0}}, "limits.for_s_max must be a number above 0"),
        (STAGING, {"limits": {"for_s_max": float("inf")}}, "limits.for_s_max must be a number"),
        (STAGING, {"limits": {"faults_at_once": 0}}, "limits.faults_at_once must be a whole"),
        (
            STAGING,
            {"limits": {"faults_at_once": True}},
            "limits.faults_at_once must be a whole",
        ),
        (
            STAGING,
            {"limits": {"never": ["redis-primry"]}},
            "never has 'redis-primry', which is no",
        ),
        (STAGING, {"blackouts": ["never"]}, "blackout 'never' cannot be evaluated"),
        (STAGING, {"blackouts": "Sun"}, "blackouts must be a list"),
        (ATTACHED, {"systems": {"redis": {}}}, "systems.redis is attached by targets too"),
    ],
)
def test_examine_tells_what_is_wrong_and_where(text, changes, problem):
    changes = changes if "limits" in changes or text is ATTACHED else {"limits": {}} | changes

    _, problems = read(text, **changes)

    assert len(problems) == 1, problems
    assert problem in problems[0]


def test_load_never_repeats_a_password(tmp_path):
    path = tmp_path / "staging.yaml"
    path.write_text(STAGING.replace("cache.example:6379", "cache.example:port/pa55"))

    with pytest.raises(BadEnvironment) as refusal:
        load(str(path))

    assert "targets.redis-primary.url must be an address" in str(refusal.value)
    assert "pa55" not in str(refusal.value)


ODD = [None, True, -1, float("nan"), "", [], [1], [None], {}, {1: 2}, {None: 1}, [{}], b"x"]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("text", [STAGING, ATTACHED])
def test_examine_survives_any_value_in_any_place(text, odd):
    for key in ("name", "kind", "allow", "targets", "limits", "blackouts", "systems"):
        read(text, **{key: odd})
    for key in ("system", "url", "attach", "allow", "start", "stand_in"):
        own = mapping(text)["targets"]["redis-primary"] | {key: odd}

        _, problems = read(text, targets={"redis-primary": own})

        assert not any("\n" in each for each in problems)
