"""The soft limit is lowered to what is open and what is left; the hard one stays."""

import pytest

from chaos_ext.errors import TargetGone
from chaos_ext.resource import limits
from chaos_ext.resource.files import Files

PATHS = {"redis-primary": {"service": ["127.0.0.1", 1], "alive": None}}


class Process:
    """The limits and the files of one process."""

    def __init__(self):
        self.now, self.files, self.gone = (1024, 4096), {0, 1, 2, 5}, False

    def put(self, _pid, wanted=None):
        if self.gone:
            raise TargetGone("gone")
        before, self.now = self.now, wanted or self.now
        return before

    def open_files(self, _pid):
        return self.files


@pytest.fixture
def process(monkeypatch):
    made = Process()
    monkeypatch.setattr(limits, "of", made.put)
    monkeypatch.setattr(limits, "put", made.put)
    monkeypatch.setattr(limits, "open_files", made.open_files)
    return made


@pytest.fixture
def fault(target, process):
    return Files(target, PATHS, left=1)


def test_soft_limit_is_lowered_and_the_hard_one_stays(fault, process):
    assert fault.look() == {"soft": 1024, "hard": 4096}

    fault.inject()

    assert process.now == (4, 4096)
    assert fault.landed() == {"limit": 4, "open": 4, "unserved": 0}


def test_limit_is_never_raised(fault, process):
    process.now, process.files = (4, 4096), set(range(10))
    fault.look()

    fault.inject()

    assert process.now == (4, 4096)


def test_fault_is_in_place_no_more_when_the_limit_is_another(fault, process):
    fault.look()
    fault.inject()
    process.now = (2000, 4096)

    assert fault.landed() is None


def test_limit_is_put_back_and_twice_does_no_harm(fault, process):
    fault.look()
    fault.inject()

    fault.heal()
    fault.heal()

    assert process.now == (1024, 4096)
    assert fault.healed()


def test_whoever_has_the_lease_puts_it_back(target, process):
    process.now = (4, 4096)
    fault = Files(target, PATHS, before={"soft": 1024, "hard": 4096})
    assert not fault.healed()

    fault.heal()

    assert fault.healed()


def test_process_that_is_gone_needs_no_healing(fault, process, target):
    fault.look()
    process.gone = True

    fault.heal()
    assert fault.healed()

    target.alive = False
    assert fault.healed()
    assert fault.landed() is None
