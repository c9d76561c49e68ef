"""No secret reaches a file of a run, the host's log or the terminal."""

from urllib.parse import quote

import pytest
import yaml

from .hosting import WELL, Place, action, call, experiment, guarded, probe

LITERAL, FROM_ENV, NUMBER = "lit3ral/secr et", "fr0m:the@environment", 4711008
TOLD = {"literal": LITERAL, "password": {"type": "env", "key": "PASSWORD"}, "pin": NUMBER}
SECRETS = {"ours": TOLD}
HIDDEN = [LITERAL, FROM_ENV, str(NUMBER), quote(LITERAL), quote(FROM_ENV, safe="")]
LEAKS = {
    "a process says it": {
        **probe("-"),
        "provider": {"type": "process", "path": "echo", "arguments": ["${literal}", "${pin}"]},
    },
    "a process says it as an error": {
        **probe("-"),
        "provider": {"type": "process", "path": "sh", "arguments": "-c 'echo ${pin} >&2'"},
    },
    "a URL has it": {
        **probe("-"),
        "provider": {"type": "http", "url": "http://me:${password}@127.0.0.1:9/?key=${pin}"},
    },
    "a URL that is none has it": {
        **probe("-"),
        "provider": {"type": "http", "url": "http://${literal}:${password}"},
    },
    "a probe answers it": probe("says", what=["${literal}", {"${password}": "${pin}"}]),
    "a probe is given it": {
        **probe("-"),
        "provider": {**call("tells_secrets"), "secrets": ["ours"]},
    },
    "a probe answers it in bytes": probe("in_bytes", text="me=${password};${literal}"),
    "an action raises it": action("fails", text="login ${literal} with ${password} failed"),
    "a claim of the steady state has it": None,
}


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path, PASSWORD=FROM_ENV)


def leaking(how):
    if LEAKS[how] is None:
        wrong = {**probe("says", what="${password}"), "tolerance": "${literal}"}
        return experiment([], [wrong], secrets=SECRETS)
    return experiment([{**LEAKS[how], "name": "leaks"}], [WELL], secrets=SECRETS)


def found_in(ended):
    """Where a secret can be read: file names; the experiment itself is the user's own."""
    own = ended.folder / "experiment.yaml"
    files = [path for path in ended.folder.rglob("*") if path.is_file() and path != own]
    assert {"stdout", "stderr", "chaostoolkit.log"} <= {path.name for path in files}
    return {
        path.name for path in files for secret in HIDDEN if secret.encode() in path.read_bytes()
    }


@pytest.mark.parametrize("how", LEAKS)
def test_no_secret_is_told_when_it_leaks(place, how):
    plain = leaking(how)

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert "chaostoolkit.log" in found_in(alone)  # else this leak would test nothing
    assert found_in(ours) == set()
    assert next(e["met"] for e in ours.events("steady_state")) is (LEAKS[how] is not None)
    assert {"events.jsonl", "verdict.json", "report.html"} <= {
        path.name for path in ours.run.iterdir()
    }


def test_no_secret_is_told_when_everything_is_asked_for(place):
    going = place.begin(
        "--verbose",
        "run",
        "experiment.yaml",
        files={
            "experiment.yaml": yaml.safe_dump(guarded(leaking("a URL that is none has it")))
        },
    )

    ended = going.ended()

    assert "Traceback" in ended.err
    assert found_in(ended) == set()


def test_no_secret_is_told_when_the_run_is_refused(place):
    plain = experiment([action("note", txt="${password}")], secrets=SECRETS)

    ended = place.run(guarded(plain))

    assert ended.reason.startswith("refused: ")
    assert found_in(ended) == set()
