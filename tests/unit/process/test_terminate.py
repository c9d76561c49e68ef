"""To terminate is to kill, asking first."""

from chaos_ext.process.kill import Kill
from chaos_ext.process.terminate import FAULT


def test_terminate_asks_with_sigterm(target):
    fault = FAULT(target)

    fault.inject()

    assert isinstance(fault, Kill)
    assert target.done == ["SIGTERM"]
    assert fault.landed() == {"ended": True}
