"""The host goes on after an activity went wrong: what it does alone, and what we make of it."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from .hosting import Place, action, experiment, guarded, probe

ROLLBACK = action("note", text="rolled back")
SECOND = action("note", text="second")
NO_HOST = {"type": "http", "url": "http://"}


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture
def endless_redirect():
    """The address of a page that sends to itself."""

    class ToItself(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", self.path)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), ToItself) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (action("fails", text="no fault today"), "RuntimeError: no fault today"),
        (action("interrupts"), "InterruptExecution: enough"),
    ],
    ids=["raises", "interrupts"],
)
def test_control_ends_the_run_when_an_action_raises(place, wrong, told):
    plain = experiment([wrong, SECOND], rollbacks=[ROLLBACK])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert (alone.code, alone.journal["status"]) == (0, "completed")
    assert alone.notes == ["second", "rolled back"]
    assert ours.judged == ("void", 1)
    assert ours.reason.startswith(f"aborted: the action {wrong['name']!r} failed:")
    assert told in ours.reason
    assert ours.notes == ["rolled back"]


def test_control_says_void_when_a_probe_of_the_method_raises(place):
    plain = experiment([probe("fails", text="nobody there")])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert alone.code == 0
    assert ours.judged == ("void", 1)
    assert "RuntimeError: nobody there" in ours.reason


@pytest.mark.parametrize("method", [[SECOND], [action("fails", text="no")]])
def test_control_says_dirty_when_a_rollback_raises(place, method):
    undo = action("fails", text="cannot undo")
    plain = experiment(method, rollbacks=[undo, ROLLBACK])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert (alone.code, alone.journal["status"]) == (0, "completed")
    assert ours.judged == ("dirty", 1)
    assert "the rollback 'fails' failed" in ours.reason
    assert "cannot undo" in ours.reason
    assert ours.notes[-1] == "rolled back"


@pytest.mark.parametrize("kind", ["probe", "action"])
def test_control_says_void_when_a_background_activity_crashes(place, kind):
    lost = {"type": kind, "name": "lost", "background": True, "provider": NO_HOST}
    plain = experiment([lost, action("waits", seconds=0.3)], rollbacks=[ROLLBACK])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert (alone.code, alone.journal["status"]) == (0, "completed")
    assert "status" not in alone.journal["run"][0]  # its exception is lost
    assert ours.judged == ("void", 1)
    assert "'lost'" in ours.reason
    assert ours.notes[-1] == "rolled back"


@pytest.mark.parametrize("address", ["loop", "nowhere"])
def test_control_says_void_in_one_line_when_an_http_probe_aborts_the_host(
    place, endless_redirect, address
):
    provider = {**NO_HOST, "url": endless_redirect} if address == "loop" else NO_HOST
    plain = experiment([{"type": "probe", "name": "get", "provider": provider}, SECOND])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert alone.journal["status"] == "aborted"
    assert alone.notes == []
    assert "Traceback" in alone.err
    assert ours.judged == ("void", 1)
    assert "'get' crashed" in ours.reason
    assert "Traceback" not in ours.said


def test_control_says_void_when_a_step_of_its_own_crashes(place):
    plain = experiment([action("breaks_our_control")], rollbacks=[ROLLBACK])

    ours = place.run(guarded(plain))

    assert ours.judged == ("void", 1)
    assert "after_method_control failed: ZeroDivisionError()" in ours.reason
    assert len(ours.events("control_failed")) == 1
    assert ours.notes == ["rolled back"]


def test_control_says_void_when_its_first_step_crashes(place):
    provider = {"type": "python", "module": "activities_control"}
    raising = {"name": "raising", "provider": provider}
    plain = experiment([SECOND], controls=[raising])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert (alone.code, alone.notes) == (0, ["second"])  # its control raised: swallowed
    assert ours.judged == ("void", 1)
    assert "before_experiment_control failed: ZeroDivisionError()" in ours.reason
    assert ours.notes == []


def test_control_ends_the_run_when_an_activity_swallows_the_signal(place):
    plain = experiment([action("swallows", signal_name="SIGTERM"), SECOND])

    ours = place.run(guarded(plain))

    assert ours.judged == ("void", 1)
    assert ours.reason == "aborted: SIGTERM received"
    assert ours.notes == ["swallowed"]
