"""Calls as values: every section in order, references followed as the host follows them."""

from chaos_ext.experiment.activities import calls, faults


def test_calls_lists_hypothesis_method_and_rollbacks_in_order(experiment):
    experiment["rollbacks"] = [{"ref": "serves"}]

    found = [(call.where, call.name, call.kind, call.func) for call in calls(experiment)]

    assert found == [
        ("steady-state-hypothesis.probes[0]", "serves", "probe", "serves"),
        ("method[0]", "kill", "action", "kill"),
        ("rollbacks[0]", "serves", "probe", "serves"),
    ]


def test_calls_takes_background_from_the_entry_when_it_is_a_reference(experiment):
    experiment["method"].append({"ref": "kill", "background": True})

    call = calls(experiment)[-1]

    assert (call.ref, call.background, call.fault) == ("kill", True, "process.kill")
    assert call.arguments == {"target": "${target}", "for_s": 15}


def test_calls_leaves_out_what_cannot_be_read(experiment):
    experiment["method"] += [5, {"ref": "nobody"}, {"name": "empty"}]
    experiment["rollbacks"] = "none"

    names = [call.name for call in calls(experiment)]

    assert names == ["serves", "kill", "empty"]


def test_calls_refers_to_nothing_of_the_rollbacks(experiment):
    experiment["rollbacks"] = [experiment["method"].pop() | {"name": "late"}]
    experiment["method"] = [{"ref": "late"}]

    assert [call.section for call in calls(experiment)] == [
        "steady-state-hypothesis",
        "rollbacks",
    ]


def test_faults_are_the_harmful_calls_of_the_method_only(experiment):
    probe = {"provider": {"type": "python", "module": "chaos_ext.process.probes", "func": "x"}}
    experiment["method"].append(probe)
    experiment["rollbacks"] = [experiment["method"][0]]

    assert [(call.where, call.fault) for call in faults(experiment)] == [
        ("method[0]", "process.kill")
    ]
