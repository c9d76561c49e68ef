"""Whatever is wrong with an experiment is refused in one line that names it, and nothing begins."""

import copy
import math

import pytest
import yaml

from .hosting import CONTROL, FREEZE, QUICK, Place, action, call, experiment, fault, guarded

GOOD = guarded(experiment([FREEZE], rollbacks=[action("note", text="undone")]))
PROBE = "steady-state-hypothesis.probes[0]"
WHERE = {"top": (), "ours": ("extensions", 0), "action": ("method", 0)}
WHERE |= {"arguments": ("method", 0, "provider", "arguments")}
WHERE |= {"provider": ("method", 0, "provider"), "hypothesis": ("steady-state-hypothesis",)}
WHERE |= {"probe": ("steady-state-hypothesis", "probes", 0)}
FOR_S = "method[0].provider.arguments.for_s must be above 0"

# where it stands, the key, the value, and what the refusal must say
WRONG = [
    ("top", "title", 5, "title must be text that is not empty, not 5"),
    ("top", "description", ["a"], "description must be text that is not empty, not a list"),
    ("top", "method", 5, "method must be a list, not 5"),
    ("top", "method", {"a": 1}, "method must be a list, not a mapping"),
    ("top", "method", ["kill"], "method[0] must be a mapping, not text"),
    ("top", "rollbacks", "none", "rollbacks must be a list, not 'none'"),
    ("top", "steady-state-hypothesis", [1], "steady-state-hypothesis must be a mapping"),
    ("top", "steady-state-hypothesis", None, "steady-state-hypothesis is missing"),
    ("top", "configuration", [1], "configuration must be a mapping, not a list"),
    ("top", "secrets", "hunter2", "secrets must be a mapping, not text"),
    ("top", "secrets", {"a": 5}, "secrets.a must be a group of secrets"),
    ("top", "extensions", 5, "extensions must be a list, not a whole number"),
    ("top", "extensions", [5], "extensions[0] must be a mapping with a name"),
    ("top", "controls", 5, "controls must be a list, not a whole number"),
    ("top", "controls", [CONTROL, 5], "controls[1] must be a mapping, not a whole number"),
    ("top", "tags", "redis", "tags must be a list, not 'redis'"),
    ("top", "tags", [1], "tags[0] must be text that is not empty, not 1"),
    ("top", "runtime", 5, "runtime must be a mapping, not a whole number"),
    ("top", "metod", [], "metod is not a known key (did you mean method?)"),
    (
        "ours",
        "claim",
        [],
        "extensions.chaos_ext.claim is not a known key (did you mean claims?)",
    ),
    ("ours", "baseline_s", "long", "extensions.chaos_ext.baseline_s must be a number"),
    ("ours", "baseline_s", math.nan, "extensions.chaos_ext.baseline_s must be a number"),
    ("ours", "baseline_s", -1, "extensions.chaos_ext.baseline_s must be a number from 0"),
    ("ours", "claims", "outage_s <= 8", "extensions.chaos_ext.claims must be a list"),
    ("ours", "claims", ["outage <= 8"], "no metric outage (did you mean outages?)"),
    ("ours", "claims", ["outage_s <= 8"], "needs `watch`: nothing measures it"),
    ("ours", "watch", [5], "extensions.chaos_ext.watch[0] must be"),
    ("ours", "watch", ["redsi"], "did you mean redis?"),
    (
        "ours",
        "watch",
        [{"system": "redis", "stays_with": "redis-primry"}],
        "watch.stays_with: native has no target 'redis-primry' (did you mean redis-primary?)",
    ),
    ("ours", "load", "fast", "extensions.chaos_ext.load must be a mapping"),
    ("ours", "environment", "natve", "no environment 'natve' (did you mean native?)"),
    ("action", "type", "acton", "method[0].type is 'acton' (did you mean action?)"),
    ("action", "name", 5, "method[0].name must be text that is not empty, not 5"),
    ("action", "pauses", "abc", "method[0].pauses must be a mapping, not text"),
    ("action", "pauses", {"after": "abc"}, "method[0].pauses.after must be a number"),
    ("action", "pauses", {"after": -1}, "method[0].pauses.after must be a number from 0"),
    ("action", "pauses", {"afer": 1}, "did you mean after?"),
    ("action", "background", "yes", "method[0].background must be true or false"),
    ("action", "backgroud", True, "method[0].backgroud is not a known key (did you mean"),
    ("action", "provider", [], "method[0].provider must be a mapping"),
    ("provider", "arguments", ["redis"], "method[0].provider.arguments must be a mapping"),
    ("provider", "module", "chaos_ext.proces.actions", "did you mean process?"),
    ("provider", "module", "no_such_module", "'no_such_module' does not exist"),
    ("provider", "module", "no_licence", "cannot be imported: OSError: no licence"),
    ("provider", "func", "puase", "has no function 'puase' (did you mean pause?)"),
    ("provider", "type", "pyton", "method[0].provider.type is 'pyton' (did you mean python?)"),
    ("arguments", "target", "redis-primry", "did you mean redis-primary?"),
    ("arguments", "target", 5, "method[0].provider.arguments.target must be text, not 5"),
    ("arguments", "taget", "redis-1", "is not an argument of pause (did you mean target?)"),
    *(("arguments", "for_s", each, FOR_S) for each in (-1, 0, math.nan, math.inf, "5", True)),
    ("arguments", "for_s", "${nope}", "for_s uses ${nope}, which is defined neither"),
    ("hypothesis", "title", "", "steady-state-hypothesis.title must be text"),
    ("hypothesis", "probes", {}, "steady-state-hypothesis.probes must be a list"),
    ("hypothesis", "probes", [], "steady-state-hypothesis.probes must hold at least one"),
    ("hypothesis", "probs", [], "probs is not a known key (did you mean probes?)"),
    ("probe", "tolerance", 0.5, f"{PROBE}.tolerance is 0.5, and the host takes no fraction"),
    ("probe", "tolerance", {"type": "regx"}, f"{PROBE}.tolerance.type is 'regx'"),
    ("probe", "provider", {"type": "process"}, f"{PROBE}.provider.path is missing"),
]


@pytest.fixture
def place(tmp_path):
    (tmp_path / "no_licence.py").write_text("raise OSError('no licence')\n")
    return Place(tmp_path)


def refused(ended, why):
    """Whether it was refused, in one line, for that reason, and nothing had begun."""
    assert "Traceback" not in ended.said
    assert ended.judged == ("void", 1)
    assert ended.reason.startswith("refused: ")
    assert "\n" not in ended.reason
    assert why in ended.reason
    assert ended.reason in " ".join(ended.said.split())
    assert ended.notes == []
    return not ended.events("environment_up") and not ended.events("fault")


@pytest.mark.parametrize(("where", "key", "value", "why"), WRONG)
def test_run_refuses_in_one_line_when(place, where, key, value, why):
    content = copy.deepcopy(GOOD)
    part = content
    for step in WHERE[where]:
        part = part[step]
    part[key] = value

    ended = place.run(content)

    assert refused(ended, why)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (yaml.safe_dump(GOOD) + "\n - : [", "Failed parsing YAML experiment: mapping values"),
        (
            "\t# chaos_ext",
            "Failed parsing YAML experiment: while scanning for the next token found character '\\t' that cannot start any token",
        ),
        ("[1, chaos_ext]", "an experiment must be a mapping, not a list"),
        ("chaos_ext", "an experiment must be a mapping, not text"),
        (yaml.safe_dump(GOOD) + "\nmethod: []\n", "keys are there twice, keep one: line"),
    ],
    ids=["malformed", "tab", "a list", "text", "a key twice"],
)
def test_run_refuses_in_one_line_when_the_file_is(place, text, why):
    assert refused(place.run(text), f"experiment.yaml: {why}")


@pytest.mark.parametrize("text", ["5", "", "null", "[" * 3000, "\x00"])
def test_run_refuses_without_a_folder_when_the_file_is_no_experiment_at_all(place, text):
    ended = place.run(text)

    assert ended.code == 1
    (line,) = ended.err.strip().splitlines()
    assert line.startswith("BadExperiment: experiment.yaml: ")
    assert not ended.reports.exists()


def test_run_refuses_in_one_line_when_there_is_no_file(place):
    ended = place.call("run", "redis_failovr.yaml")

    assert ended.code == 1
    (line,) = ended.err.strip().splitlines()
    assert line.startswith('BadExperiment: redis_failovr.yaml: Path "redis_failovr.yaml" does')


@pytest.mark.parametrize("value", ["-1", "0", "nan", "inf", "soon", "true"])
def test_run_refuses_when_a_variable_makes_no_time(place, value):
    kind = ":float" if value in ("-1", "0", "nan", "inf") else ""
    for_s = fault("pause", "redis-primary", for_s="${seconds}")
    content = guarded(experiment([for_s], configuration={"seconds": 5}))

    ended = place.run(content, "--var", f"seconds{kind}={value}")

    assert refused(ended, f"{FOR_S} and at most 86400 seconds, not '${{seconds}}'")


@pytest.mark.parametrize("section", ["hypothesis", "rollbacks"])
def test_run_refuses_when_a_fault_stands_outside_the_method(place, section):
    probe = {"type": "probe", "name": "p", "tolerance": True, "provider": FREEZE["provider"]}
    parts = {"probes": [probe]} if section == "hypothesis" else {"rollbacks": [FREEZE]}

    ended = place.run(guarded(experiment(**parts)))

    assert refused(ended, "is the fault process.pause: faults belong into the method")


def test_run_refuses_when_the_environment_is_not_set(place):
    unset = {"type": "env", "key": "NOBODY_SETS_THIS"}
    content = guarded(experiment(configuration={"host": unset}))

    ended = place.run(content)

    assert refused(ended, "configuration.host needs $NOBODY_SETS_THIS, which is not set")


@pytest.mark.parametrize(("where", "key", "value", "why"), WRONG[::6])
def test_check_says_the_same_when(place, where, key, value, why):
    content = copy.deepcopy(GOOD)
    part = content
    for step in WHERE[where]:
        part = part[step]
    part[key] = value

    going = place.begin("check", "a.yaml", files={"a.yaml": yaml.safe_dump(content)})

    ended = going.ended()
    assert ended.code == 1
    assert why in ended.err
    assert "Traceback" not in ended.said


def test_experiment_that_is_made_wrong_here_is_right(place):
    going = place.begin("check", "a.yaml", files={"a.yaml": yaml.safe_dump(GOOD)})

    ended = going.ended()

    assert (ended.code, ended.err) == (0, "")
    assert QUICK["name"] in str(GOOD)
    assert call("pause")["func"] == GOOD["method"][0]["provider"]["func"]
