"""The names that YAML may use and their signatures: a change here is a breaking change."""

import inspect

import pytest

from chaos_ext import control

JSON_TYPES = (str, int, float, bool, dict, list)
ACTIVITIES = {
    "chaos_ext.process.actions": {
        "kill": "(target: str, for_s: float = 10.0, restart: bool = True) -> dict",
        "pause": "(target: str, for_s: float = 10.0) -> dict",
        "restart": "(target: str, for_s: float = 10.0) -> dict",
        "terminate": "(target: str, for_s: float = 10.0, restart: bool = True) -> dict",
    },
    "chaos_ext.process.probes": {
        "is_frozen": "(target: str) -> bool",
        "is_running": "(target: str) -> bool",
    },
    "chaos_ext.redis.probes": {
        "answers": "(target: str = 'redis-primary', timeout_s: float = 1.0) -> bool",
        "is_primary": "(target: str) -> bool",
        "replicas_online": "(target: str = 'redis-primary') -> int",
        "replication_lag_s": "(target: str = 'redis-primary') -> float",
        "sentinels_agree": "() -> bool",
        "serves": "(target: str = 'redis-primary', timeout_s: float = 1.0) -> bool",
    },
}
HOOKS = [
    "after_activity_control",
    "after_experiment_control",
    "after_hypothesis_control",
    "after_method_control",
    "before_activity_control",
    "before_experiment_control",
    "before_hypothesis_control",
    "before_method_control",
    "before_rollback_control",
    "cleanup_control",
    "configure_control",
]
EVERY = [(module, name) for module, names in ACTIVITIES.items() for name in names]


def test_public_modules_offer_exactly_these_activities(public_modules):
    found = {
        name: {each: str(inspect.signature(getattr(module, each))) for each in module.__all__}
        for name, module in public_modules.items()
    }

    assert found == ACTIVITIES


def test_control_offers_exactly_these_hooks():
    offered = sorted(control.__all__)

    assert offered == HOOKS


def test_public_modules_say_what_is_public(public_modules):
    silent = [name for name, module in public_modules.items() if not module.__all__]

    assert silent == [], "an empty __all__ makes the host export every function it finds"


@pytest.mark.parametrize(("module", "name"), EVERY)
def test_activities_take_what_the_host_can_list(public_modules, module, name):
    parameters = inspect.signature(getattr(public_modules[module], name)).parameters.values()

    for each in parameters:
        assert each.kind is each.POSITIONAL_OR_KEYWORD, "keyword-only arguments are not listed"
        assert each.annotation in JSON_TYPES, "the host would list it as object"
        assert each.name not in ("configuration", "secrets"), "the host fills these by name"


@pytest.mark.parametrize(("module", "name"), EVERY)
def test_activities_return_what_a_journal_can_hold(public_modules, module, name):
    returned = inspect.signature(getattr(public_modules[module], name)).return_annotation

    assert returned in JSON_TYPES


@pytest.mark.parametrize(("module", "name"), EVERY)
def test_activities_promise_one_sentence_first(public_modules, module, name):
    first = inspect.getdoc(getattr(public_modules[module], name)).splitlines()[0]

    assert first.endswith("."), "the host lists the first line alone"


def test_activities_belong_to_the_module_that_offers_them(public_modules):
    borrowed = [
        f"{name}.{each}"
        for name, module in public_modules.items()
        for each in module.__all__
        if getattr(module, each).__module__ != name
    ]

    assert borrowed == []
