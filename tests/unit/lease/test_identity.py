"""Who this very process is, read from the kernel."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from chaos_ext.errors import TargetGone
from chaos_ext.lease import identity

NOBODY = 2**22 + 1  # above the highest number that the kernel gives


@pytest.fixture
def named():
    """Gives this process another name, for a moment."""
    name = Path("/proc/self/comm")
    before = name.read_text()
    yield name.write_text
    name.write_text(before)


def test_identity_of_this_process_is_the_same():
    who = identity.of(os.getpid())

    assert who.same()
    assert who.states()
    assert not replace(who, start=who.start + 1).same()
    assert not replace(who, boot="another").same()


@pytest.mark.parametrize("name", [") S 1 2 (", "a b", "(((", ")))"])
def test_identity_is_not_misled_by_the_name_of_a_process(named, name):
    before = identity.of(os.getpid())

    named(name)

    assert identity.of(os.getpid()) == before


def test_identity_says_gone_when_there_is_no_such_process():
    with pytest.raises(TargetGone, match=f"process {NOBODY} is not running"):
        identity.of(NOBODY)

    nobody = identity.Identity(NOBODY, 1, "boot")
    assert not nobody.same()
    assert nobody.states() == ""
    assert nobody.wait(0)
