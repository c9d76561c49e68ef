"""A lab at rest, and the campaign's own eyes, for the tests that plant a residue and see it named."""

import importlib
import os
import sys
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.errors import BinaryMissing
from chaos_ext.lab import binaries
from chaos_ext.redis.lab import BINARY

PATIENCE_S = 15
ROOT = os.geteuid() == 0
NEEDS_ROOT = pytest.mark.skipif(not ROOT, reason="needs: root")


class Eyes:
    """The modules of the campaign, and the world as it was when the lab was new."""

    def __init__(self, campaign, before):
        self.campaign = campaign
        self.before = before

    def __getattr__(self, module):
        return importlib.import_module(module)

    def pid(self, node):
        """The process that serves as *node*."""
        (process,) = self.before.sorted()[node]
        return process.pid

    def bind(self, node):
        """Where *node* itself listens."""
        return next(each.bind for each in self.before.nodes if each.name == node)

    def clean(self):
        """Whether the world is, or soon becomes, as before."""
        return world.wait_until(
            lambda: (
                not self.checker.unsettled(self.before)
                and not self.checker.residues(self.before)
            ),
            PATIENCE_S,
        )


@pytest.fixture(scope="session")
def scripts():
    """The folder of the campaign can be imported from: its files are scripts, and no package."""
    sys.path.insert(0, str(Path(__file__).parent))
    yield
    sys.path.remove(str(Path(__file__).parent))


@pytest.fixture(scope="session")
def standing(scripts, state_of_nobody, tmp_path_factory):
    """A lab of the campaign's own, with whatever can be hurt in it."""
    try:
        binaries.find(BINARY)
    except BinaryMissing as error:
        pytest.skip(f"needs: {error}")
    camp = importlib.import_module("camp")
    campaign = camp.Campaign(tmp_path_factory.mktemp("campaign"))
    camp.settle_in(campaign)
    settings = {"proxied": True, **({"disk_mb": 32} if ROOT else {})}
    yield Eyes(campaign, camp.lab_up(campaign, settings))
    assert camp.leave(campaign) == []


@pytest.fixture
def eyes(standing):
    """The same, at rest before the test and after it."""
    assert standing.clean()
    yield standing
    assert standing.clean(), standing.checker.residues(standing.before)


@pytest.fixture
def catalogue(scripts):
    return importlib.import_module("catalogue")


@pytest.fixture
def plan(scripts):
    return importlib.import_module("plan")
