"""Without a conductor no fault function does anything."""

import pytest

from chaos_ext.errors import NoConductor
from chaos_ext.lease import session


@pytest.fixture(autouse=True)
def nobody():
    session.end()
    yield
    session.end()


def test_session_is_refused_when_no_conductor_lives():
    with pytest.raises(NoConductor, match=r"^process.kill: no conductor guards this run"):
        session.current("process.kill")


def test_session_is_the_one_that_began():
    conductor = object()

    session.begin(conductor)

    assert session.current("process.kill") is conductor


def test_session_is_refused_when_it_has_ended():
    session.begin(object())
    session.end()

    with pytest.raises(NoConductor):
        session.current("process.kill")


def test_session_is_another_within_instead_and_the_same_after_it():
    conductor, other = object(), object()
    session.begin(conductor)

    with session.instead(other):
        within = session.current("process.kill")

    assert (within, session.current("process.kill")) == (other, conductor)


def test_session_is_the_same_when_what_was_within_instead_failed():
    conductor = object()
    session.begin(conductor)

    with pytest.raises(ZeroDivisionError), session.instead(object()):
        _ = 1 / 0

    assert session.current("process.kill") is conductor
