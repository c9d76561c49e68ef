"""The names that YAML may use and their signatures: a change here is a breaking change."""

import inspect

import pytest

from chaos_ext import control

JSON_TYPES = (str, int, float, bool, dict, list)
ACTIVITIES = {
    "chaos_ext.host.probes": {
        "answers": "(target: str = 'host-1', timeout_s: float = 1.0) -> bool",
        "work_ms": "(target: str = 'host-1', cpu_ms: int = 20, timeout_s: float = 5.0) -> float",
    },
    "chaos_ext.clock.actions": {
        "jump": "(target: str, by_s: float = 60.0, for_s: float = 10.0) -> dict",
        "skew": "(target: str, ms_per_s: float = 100.0, for_s: float = 10.0) -> dict",
    },
    "chaos_ext.clock.probes": {
        "ahead_s": "(target: str) -> float",
        "is_right": "(target: str, within_ms: float = 50.0) -> bool",
    },
    "chaos_ext.data.actions": {
        "corrupt": "(target: str, what: str = 'append_only', how: str = 'flip', at: str = 'middle', bytes: int = 16, file: str = '', restore: bool = True, for_s: float = 10.0) -> dict",
        "delete_keys": "(target: str, match: str, count_max: int = 100, for_s: float = 10.0) -> dict",
        "repair": "(target: str, what: str = 'append_only', for_s: float = 10.0) -> dict",
        "stale_replica": "(target: str, for_s: float = 10.0) -> dict",
    },
    "chaos_ext.data.probes": {
        "examined": "(target: str, what: str = 'append_only') -> dict",
        "intact": "(target: str, what: str = 'append_only') -> bool",
    },
    "chaos_ext.disk.actions": {
        "errors": "(target: str, errno: str = 'EIO', ops: list = ['write', 'fsync'], percent: float = 100.0, for_s: float = 10.0) -> dict",
        "full": "(target: str, leave_mb: int = 0, for_s: float = 10.0) -> dict",
        "read_only": "(target: str, for_s: float = 10.0) -> dict",
        "slow": "(target: str, ms: float = 100.0, ops: list = ['fsync'], jitter_ms: float = 0.0, for_s: float = 10.0) -> dict",
    },
    "chaos_ext.disk.probes": {
        "free_mb": "(target: str, timeout_s: float = 5.0) -> float",
        "writable": "(target: str, timeout_s: float = 10.0) -> bool",
        "write_ms": "(target: str, timeout_s: float = 10.0) -> float",
    },
    "chaos_ext.network.actions": {
        "bandwidth": "(target: str, kb_per_s: int, stream: str = 'downstream', only_from: str = '', for_s: float = 10.0) -> dict",
        "cut": "(target: str, silent: bool = False, for_s: float = 10.0) -> dict",
        "dns": "(target: str, how: str = 'fail', delay_ms: int = 2000, answer: str = '127.0.0.1', for_s: float = 10.0) -> dict",
        "flap": "(target: str, up_s: float = 1.0, down_s: float = 1.0, for_s: float = 10.0) -> dict",
        "latency": "(target: str, ms: int = 100, jitter_ms: int = 0, distribution: str = 'uniform', stream: str = 'downstream', only_from: str = '', for_s: float = 10.0) -> dict",
        "limit": "(target: str, after_bytes: int, for_s: float = 10.0) -> dict",
        "loss": "(target: str, percent: float = 10.0, only_from: str = '', for_s: float = 10.0) -> dict",
        "partition": "(target: str = '', between: list = [], shape: str = 'isolate', one_way: bool = False, for_s: float = 10.0) -> dict",
        "reset": "(target: str, every_new: bool = False, after_ms: int = 0, for_s: float = 10.0) -> dict",
        "slice": "(target: str, average_bytes: int = 64, variation_bytes: int = 0, delay_us: int = 1000, for_s: float = 10.0) -> dict",
        "slow_close": "(target: str, delay_ms: int = 1000, for_s: float = 10.0) -> dict",
    },
    "chaos_ext.network.probes": {
        "proxied": "(target: str) -> dict",
        "reachable": "(target: str, timeout_s: float = 1.0) -> bool",
        "rtt_ms": "(target: str, timeout_s: float = 5.0) -> float",
    },
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
    "chaos_ext.resource.probes": {
        "connections_ratio": "(target: str) -> float",
        "cpu_ratio": "(target: str, over_s: float = 1.0) -> float",
        "disk_ratio": "(target: str) -> float",
        "files_ratio": "(target: str) -> float",
        "memory_ratio": "(target: str) -> float",
        "throttled_ratio": "(target: str, over_s: float = 1.0) -> float",
    },
    "chaos_ext.resource.actions": {
        "connections": "(target: str, left: int = 0, for_s: float = 10.0) -> dict",
        "cpu": "(target: str, percent: float = 20.0, by: str = '', for_s: float = 10.0) -> dict",
        "files": "(target: str, left: int = 0, by: str = '', for_s: float = 10.0) -> dict",
        "memory": "(target: str, mb: int = 0, headroom_mb: int = 0, by: str = '', for_s: float = 10.0) -> dict",
        "processes": "(target: str, left: int = 0, for_s: float = 10.0) -> dict",
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
