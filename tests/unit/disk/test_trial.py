"""A look that may take long keeps nobody; what went wrong in it is raised where it is asked for."""

import threading

import pytest

from chaos_ext.disk.trial import Trial


def test_trial_tells_what_it_found_once_it_is_over():
    over = threading.Event()
    trial = Trial(lambda: over.wait(10) and "found")

    assert trial.found() is None
    over.set()

    assert trial.found(10) == "found"
    assert trial.found() == "found"


def test_trial_raises_what_went_wrong():
    def look():
        raise OSError(5, "broken")

    trial = Trial(look)

    with pytest.raises(OSError, match="broken"):
        trial.found(10)
