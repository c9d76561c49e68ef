"""A ledger, and a lease of this very process, which nobody harms."""

import os

import pytest

from chaos_ext import world
from chaos_ext.lease import identity
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
