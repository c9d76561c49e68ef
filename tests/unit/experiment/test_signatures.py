"""A call against its function: everything that would fail at run time is told before."""

import sys

import pytest

from chaos_ext.experiment.activities import Call
from chaos_ext.experiment.signatures import complete, find, load, problems
from chaos_ext.experiment.variables import LATER


def call(func="serves", module="shop.probes", **arguments):
    return Call("method[0]", "method", "n", "probe", "python", module, func, arguments)


def kill(**arguments):
    return call("kill", "chaos_ext.process.actions", **{"target": "a", **arguments})


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (call(), "provider.arguments.target is missing: serves needs it"),
        (
            call(target="a", time=1),
            "arguments.time is not an argument of serves (did you mean times?)",
        ),
        (call(target=5), "arguments.target must be text, not 5"),
        (call(target=None), "arguments.target must be text, not nothing"),
        (call(target=["a"]), "arguments.target must be text, not a list"),
        (call(target="a", times=1.5), "arguments.times must be a whole number, not 1.5"),
        (call(target="a", times=True), "arguments.times must be a whole number, not true"),
        (call(target="a", times="${s}"), "must be a whole number, not text (from '${s}')"),
        (
            call("servs", target="a"),
            "func: shop.probes has no function 'servs' (did you mean serves?)",
        ),
        (call(module="shop.prbes"), "provider.module 'shop.prbes' does not exist"),
        (call("later"), "func: later is a coroutine, which the host would never await"),
        (call("buy", token="t"), "provider.secrets is missing: buy needs secrets"),
        (kill(for_s=0), "arguments.for_s must be above 0 and at most 86400 seconds, not 0"),
        (kill(for_s=-1), "for_s must be above 0"),
        (kill(for_s=86_401), "for_s must be above 0"),
        (kill(for_s=float("nan")), "for_s must be above 0"),
        (kill(for_s=float("inf")), "for_s must be above 0"),
        (kill(for_s=True), "for_s must be above 0"),
        (kill(for_s="10"), "for_s must be above 0"),
        (kill(restart=0), "arguments.restart must be true or false, not 0"),
    ],
)
def test_problems_tells_what_would_fail(made, problem):
    found = problems(made, {"s": "secret-text"}, {})

    assert len(found) == 1, found
    assert problem in found[0]
    assert "secret-text" not in found[0]


def test_problems_are_none_when_a_value_is_known_only_later():
    assert problems(kill(for_s="${x}"), {"x": LATER}, {}) == []


def test_problems_refuses_what_the_host_fills_in_itself():
    found = problems(call("buy", token="t", secrets={}), {}, {"secrets": ["shop"]})

    assert len(found) == 1
    assert "arguments.secrets is not an argument of buy" in found[0]


def test_complete_fills_in_variables_and_defaults():
    assert complete(kill(target="${t}"), {"t": "redis-1"}) == {
        "target": "redis-1",
        "for_s": 10.0,
        "restart": True,
    }


def test_find_gives_the_function_when_it_is_there():
    function, why = find("shop.probes", "serves")

    assert function("a") is True
    assert why == ""


def test_find_hides_what_our_modules_do_not_publish(monkeypatch):
    module = sys.modules["chaos_ext.process.actions"]
    monkeypatch.setattr(module, "helper", lambda: None, raising=False)

    _, why = find("chaos_ext.process.actions", "helper")

    assert why.startswith("func: chaos_ext.process.actions has no function 'helper'")


def test_load_guesses_the_module_when_one_of_ours_is_misspelt():
    module, why = load("chaos_ext.experimnt.check")

    assert module is None
    assert why == "'chaos_ext.experimnt.check' does not exist (did you mean experiment?)"


def test_load_names_what_a_module_needs(tmp_path, monkeypatch):
    (tmp_path / "needy_module.py").write_text("import no_such_driver\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert (
        load("needy_module")[1] == "'needy_module' needs no_such_driver, which is not installed"
    )


def test_load_survives_a_module_that_breaks(tmp_path, monkeypatch):
    (tmp_path / "broken_module.py").write_text("raise RuntimeError('two\\nlines')\n")
    monkeypatch.syspath_prepend(tmp_path)

    _, why = load("broken_module")

    assert why == "'broken_module' cannot be imported: RuntimeError: two lines"
