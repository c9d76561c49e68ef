"""An experiment without a fault of its own, and the modules it names, for tests to spoil one thing each."""

import copy
import sys
import types

import pytest
import yaml

EXPERIMENT = """
title: Orders survive
description: The primary is lost; nothing acknowledged is.
tags: [redis]
controls: [{name: chaos_ext, provider: {type: python, module: chaos_ext.control}}]
extensions:
  - name: chaos_ext
    watch: [redis]
    load: {system: redis, rate_per_s: 300}
    claims: ["outage_s <= 8", "error_ratio_recovered <= 0.01"]
    proofs: [{name: slow, weaken: {redis: {down_after_ms: 30000}}, breaks: outage_s}]
configuration: {target: redis-primary, wait: 15}
secrets: {shop: {token: abcd}}
steady-state-hypothesis:
  title: It serves
  probes:
    - {type: probe, name: serves, tolerance: true,
       provider: {type: python, module: shop.probes, func: serves, arguments: {target: "${target}"}}}
method:
  - {type: action, name: kill, pauses: {after: "${wait}"},
     provider: {type: python, module: chaos_ext.process.actions, func: kill,
                arguments: {target: "${target}", for_s: 15}}}
rollbacks: []
"""
READ = yaml.safe_load(EXPERIMENT)


def _serves(target: str, times: int = 1) -> bool:
    return bool(target) and times > 0


def _kill(target: str, for_s: float = 10.0, restart: bool = True) -> dict:
    return {"target": target, "for_s": for_s, "restart": restart}


def _buy(token: str, secrets: dict, configuration: dict = None) -> bool:  # noqa: RUF013
    return bool(token and secrets and configuration)


def _within(value: float, most: float) -> bool:
    return value <= most


async def _later() -> None:
    pass


@pytest.fixture(autouse=True)
def modules(monkeypatch):
    functions = {
        "chaos_ext.control": {},
        "chaos_ext.process.actions": {"kill": _kill},
        "shop": {},
        "shop.probes": {"serves": _serves, "buy": _buy, "within": _within, "later": _later},
    }
    for name, members in functions.items():
        module = types.ModuleType(name)
        module.__dict__.update(members, __all__=list(members))
        monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def experiment():
    return copy.deepcopy(READ)


@pytest.fixture
def changed(experiment):
    """The experiment with the value at a path of keys replaced; `...` removes it."""

    def change(*steps):
        *path, value = steps
        inner = experiment
        for key in path[:-1]:
            inner = inner[key]
        if value is ...:
            del inner[path[-1]]
        elif path[-1] == "+":
            inner.append(value)
        else:
            inner[path[-1]] = value
        return experiment

    return change
