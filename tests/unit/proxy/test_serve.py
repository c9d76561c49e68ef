"""What makes no sense to serve with is refused before anything starts."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.proxy.serve import LEVELS, Settings


@pytest.mark.parametrize("port", [-1, 65_536])
def test_port_that_cannot_be_is_refused(port):
    with pytest.raises(BadArgument, match="choose 0 to 65535"):
        Settings(port=port)


def test_level_that_nobody_knows_is_refused_with_a_guess():
    with pytest.raises(BadArgument, match="did you mean error"):
        Settings(log_level="eror")


def test_defaults_are_those_of_toxiproxy():
    settings = Settings()

    assert (settings.host, settings.port) == ("localhost", 8474)
    assert not settings.proxy_metrics
    assert not settings.runtime_metrics
    assert settings.log_level in LEVELS
