"""As many hogs, and so nice, as leave a share to one thread beside them."""

import pytest

from chaos_ext.resource.cpu_hogs import CpuHogs, niceness

WEIGHT = 1.25  # the kernel's, for each step


@pytest.mark.parametrize("percent", [1, 5, 10, 20, 25, 40, 50, 65, 80])
def test_hogs_leave_what_was_asked_for(percent):
    heavy = sum(WEIGHT**-nice for nice in niceness(percent))

    assert 100 / (1 + heavy) == pytest.approx(percent, abs=3)


@pytest.mark.parametrize(("percent", "hogs"), [(50, [0]), (25, [0, 0, 0]), (80, [6])])
def test_hogs_are_as_nice_as_they_must_be(percent, hogs):
    assert niceness(percent) == hogs


def test_hogs_that_were_never_there_are_healed(target):
    never = CpuHogs(target, 20)

    never.heal({})
    never.heal({})

    assert never.healed({})
    assert never.landed({"cpus": [0]}) is None
