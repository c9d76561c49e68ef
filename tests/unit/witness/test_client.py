"""Settings nobody could keep are refused, and a password is not shown."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.witness.client import WitnessSettings

TARGET = {"primary": ["127.0.0.1", 6379], "password": "hush"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pace_ms": 1}, "pace_ms is 1"),
        ({"pace_ms": 60_000}, "pace_ms is 60000"),
        ({"deadline_ms": 0}, "deadline_ms is 0"),
    ],
)
def test_settings_refuse_when_a_number_makes_no_sense(wrong, message):
    with pytest.raises(BadArgument, match=message):
        WitnessSettings("redis", "r1", TARGET, **wrong)


def test_settings_keep_two_witnesses_of_one_system_apart():
    plain = WitnessSettings("redis", "r1", TARGET)
    staying = WitnessSettings("redis", "r1", {**TARGET, "node": "redis-1"}, stays_with="role")

    both = [(each.name, each.keys_of, each.rows, each.log) for each in (plain, staying)]

    assert both[0] == ("redis", "r1", "canary.bin", "canary.log")
    assert both[1] == ("redis@role", "r1-stays", "canary-stays.bin", "canary-stays.log")
    assert plain.told() == {"system": "redis"}
    assert staying.told() == {"system": "redis", "stays_with": "role", "node": "redis-1"}


def test_settings_hide_the_password_when_shown():
    settings = WitnessSettings("redis", "r1", TARGET)

    shown = repr(settings)

    assert "hush" not in shown
