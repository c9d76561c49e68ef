"""A ledger, a lease of this very process, which nobody harms, and a keeper of a fake fault."""

import os
from dataclasses import replace

import pytest

from chaos_ext import world
from chaos_ext.errors import TargetGone
from chaos_ext.lease import fault as faults
from chaos_ext.lease import identity, keeper
from chaos_ext.lease.keeper import Keeper
from chaos_ext.lease.ledger import Lease, Ledger


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def lease():
    """Makes a lease: `lease("id", for_s=60, run="run")`."""

    def make(lease_id="one", *, for_s=60.0, run="run", fault="fake", server="lab/node"):
        who = identity.of(os.getpid())
        deadline_ns = world.boottime_ns() + int(for_s * 1e9)
        return Lease(lease_id, run, fault, "target", "node", server, who, {"a": 1}, deadline_ns)

    return make


class Fake:
    """A fault, and its target, that do as they are told and write down what was asked of them."""

    name, colour = "fake", "#000000"

    def __init__(self, ledger):
        self.ledger = ledger
        self.asked, self.states = [], []
        self.lands, self.heals, self.dead, self.momentary = True, True, False, False
        self.refuses = None

    def inject(self):
        self.asked.append("inject")
        self.states += [each.state for each in self.ledger.leases()]
        if self.refuses:
            raise self.refuses

    def landed(self):
        return {"seen": 1} if self.lands else None

    def heal(self):
        self.asked.append("heal")

    def healed(self):
        return self.heals

    def be(self, lease):
        self.lease = lease
        return self

    def put_off(self, lease, late_ns):
        return replace(lease, deadline_ns=lease.deadline_ns + late_ns)

    def ended(self):
        return self.dead

    def send(self, _signum):
        raise TargetGone("it is dead already")

    def close(self):
        self.asked.append("close")


class Desk:
    """A keeper with one fake fault, or some, and what it told."""

    def __init__(self, ledger, monkeypatch):
        self.fake, self.told, self.ledger = Fake(ledger), [], ledger
        self.others = {}  # by their lease
        self.urgent = ""
        monkeypatch.setattr(
            keeper,
            "Target",
            lambda _, asked, **__: self.others.get(asked.id, self.fake).be(asked),
        )
        monkeypatch.setattr(faults, "make", lambda _path, fake, _settings: fake)
        monkeypatch.setattr(faults, "LAND_S_MAX", 0.01)
        monkeypatch.setattr(faults, "HEAL_S_MAX", 0.01)
        self.keeper = Keeper(ledger, self.tell, lambda: self.urgent)

    def other(self, lease_id):
        """A fault of its own for that lease."""
        return self.others.setdefault(lease_id, Fake(self.ledger))

    def tell(self, lease, state, *, detail="", early=False):
        self.told.append((lease.id, state, detail, early))

    def state(self):
        (row,) = self.ledger.rows("select state, detail from leases")
        return tuple(row)


@pytest.fixture
def desk(ledger, monkeypatch):
    return Desk(ledger, monkeypatch)
