"""An error of the guardian is raised in the runner as what it was."""

import pytest

from chaos_ext.errors import ChaosExtError, LedgerUnwritable, TargetGone
from chaos_ext.lease.client import _as_raised


@pytest.mark.parametrize("kind", [TargetGone, LedgerUnwritable])
def test_error_is_of_the_same_kind_when_it_is_ours(kind):
    raised = _as_raised({"error": kind.__name__, "text": "why"})

    assert type(raised) is kind
    assert str(raised) == "why"


@pytest.mark.parametrize("name", ["TypeError", "Refusal", "__doc__", "annotations"])
def test_error_names_its_kind_when_it_is_not_ours(name):
    raised = _as_raised({"error": name, "text": "why"})

    assert type(raised) is ChaosExtError
    assert str(raised) == f"{name}: why"
