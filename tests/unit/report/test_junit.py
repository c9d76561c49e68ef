"""A CI server reads every claim as a test case."""

from xml.etree import ElementTree as ET

from chaos_ext.report import junit


def test_junit_has_a_testcase_for_each_claim(broken, judged, snapshot):
    _, verdict = judged(broken)

    told = junit.render(verdict)

    assert told == snapshot("broke.xml")
    suite = ET.fromstring(told.encode())
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("2", "1", "0")


def test_junit_has_nothing_but_passes_when_all_held(run, judged):
    _, verdict = judged(run)

    suite = ET.fromstring(junit.render(verdict).encode())

    assert suite.get("tests") == "5"
    assert [len(case) for case in suite.iter("testcase")] == [0] * 5


def test_junit_has_the_staying_witness_among_its_properties(staying, judged):
    _, verdict = judged(staying)

    suite = ET.fromstring(junit.render(verdict).encode())

    told = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert told["stayed.witness"] == "redis@redis-primary"
    assert told["stayed.lost"] == "0"
    assert "told of no change" in told["stayed.meaning"]


def test_junit_does_not_pass_a_dirty_run(run, judged):
    run.change("healed", {}, verified=False)
    _, verdict = judged(run)

    suite = ET.fromstring(junit.render(verdict).encode())

    errors = [error.get("message") for error in suite.iter("error")]
    assert len(errors) == 1
    assert errors[0].startswith("dirty: ")


def test_junit_skips_what_was_only_rehearsed(run, judged):
    run.change("environment_up", {}, stand_ins=["tempo"])
    _, verdict = judged(run)

    suite = ET.fromstring(junit.render(verdict).encode())

    assert suite.get("skipped") == "4"


def test_junit_stays_xml_whatever_a_message_holds(run, judged):
    run.change("steady_state", {"when": "after"}, met=False, detail="<a> & \x00 \x1b[31m ]]>")
    _, verdict = judged(run)

    suite = ET.fromstring(junit.render(verdict).encode())

    assert "<a> & " in next(suite.iter("failure")).text


def test_suite_has_the_fullest_server_of_each_resource_as_a_property(looked, judged):
    _, verdict = judged(looked)

    suite = ET.fromstring(junit.render(verdict).encode())

    found = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert found["resources.memory"] == "10 % (redis-1)"
