"""What an experiment says of the watch over resources is read as strictly as the rest."""

import pytest

from chaos_ext.errors import BadExperiment
from chaos_ext.experiment import settings
from chaos_ext.experiment.resources import Resources


def _read(**entry):
    return settings.read({"extensions": [{"name": "chaos_ext", **entry}]})


def test_resources_are_as_usual_where_nothing_is_said():
    assert _read().resources == Resources(250, 0.8, 0.85, 0.9)


def test_resources_are_read():
    given = {"every_ms": 100, "warn_ratio": 0.5, "memory_ratio": 0.6, "cpu_ratio": 1}

    assert _read(resources=given).resources == Resources(100, 0.5, 0.6, 1)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"evry_ms": 100}, "evry_ms is not a known key (did you mean every_ms?)"),
        ({"every_ms": 10}, "resources.every_ms must be a number from 50 to 10000"),
        ({"warn_ratio": 0}, "resources.warn_ratio must be a number above 0"),
        ({"memory_ratio": 1.5}, "resources.memory_ratio must be a number above 0 and up to 1"),
        ({"cpu_ratio": "90 %"}, "resources.cpu_ratio must be a number"),
        ([0.8], "resources must be a mapping, not a list"),
    ],
)
def test_resources_that_make_no_sense_are_refused(given, problem):
    with pytest.raises(BadExperiment) as refused:
        _read(resources=given)

    assert problem in str(refused.value)


@pytest.mark.parametrize(
    "claim", ["memory_ratio_max <= 0.85", "files_leaks == 0", "cpu_ratio_max < 0.9"]
)
def test_claims_about_resources_need_no_watch(claim):
    assert len(_read(claims=[claim]).claims) == 1


@pytest.mark.parametrize("kind", ["write", "read"])
@pytest.mark.parametrize("when", ["fault", "recovered"])
def test_claims_about_errors_of_the_witness_need_one(kind, when):
    claim = f"{kind}_error_ratio_{when} <= 0.1"

    assert len(_read(claims=[claim], watch=["redis"]).claims) == 1
    with pytest.raises(BadExperiment, match="needs `watch`"):
        _read(claims=[claim])
