"""The flags of `toxiproxy-server` are taken as Go takes them."""

from pathlib import Path

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.proxy import __main__ as server


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], {}),
        (["-host", "h", "--port", "1"], {"host": "h", "port": "1"}),
        (["-host=h=i", "--config=c.json"], {"host": "h=i", "config": "c.json"}),
        (["-host="], {"host": ""}),
        (["-seed", "-5"], {"seed": "-5"}),
        (["-proxy-metrics", "-runtime-metrics=false"], {"proxy-metrics": True, "runtime-metrics": False}),
        (["--proxy-metrics=T", "-version"], {"proxy-metrics": True, "version": True}),
        (["-proxy-metrics", "false", "-port", "1"], {"proxy-metrics": True}),
        (["rest", "-port", "1"], {}),
        (["--", "-port", "1"], {}),
        (["-", "-port", "1"], {}),
    ],
)  # fmt: skip
def test_flags_are_read_up_to_the_first_word_that_is_none(argv, said):
    assert server.flags(argv) == said


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["-bogus"], "flag provided but not defined: -bogus"),
        (["--bogus=1"], "flag provided but not defined: -bogus"),
        (["-port"], "flag needs an argument: -port"),
        (
            ["-proxy-metrics=maybe"],
            'invalid boolean value "maybe" for -proxy-metrics: parse error',
        ),
        (["-h"], ""),
        (["--help"], ""),
    ],
)
def test_wrong_flags_are_told_as_go_tells_them(argv, told):
    with pytest.raises(server.Misused) as refused:
        server.flags(argv)

    assert str(refused.value) == told


def test_settings_come_from_flags_and_the_level_from_the_environment(monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "debug")

    made = server.settings(
        {"port": "0", "seed": "7", "config": "c.json", "proxy-metrics": True}
    )

    assert (made.host, made.port, made.seed, made.config) == ("localhost", 0, 7, Path("c.json"))
    assert (made.proxy_metrics, made.runtime_metrics, made.log_level) == (True, False, "debug")


@pytest.mark.parametrize("said", [{"port": "x"}, {"port": "65536"}, {"seed": "1.5"}])
def test_number_that_is_none_is_refused(said):
    with pytest.raises(BadArgument):
        server.settings(said)


@pytest.mark.parametrize(
    ("argv", "code", "out", "err"),
    [
        (["-version"], 0, "toxiproxy-server version 2.12.0\n", ""),
        (["-h"], 0, "", "Usage:"),
        (["-nope"], 2, "", "flag provided but not defined: -nope\nUsage:"),
        (["-port", "x"], 1, "", "BadArgument: -port must be a whole number: 'x'\n"),
    ],
)
def test_main_ends_with_the_codes_of_go(capsys, argv, code, out, err):
    ended = server.main(argv)

    told = capsys.readouterr()
    assert ended == code
    assert told.out == out
    assert told.err.startswith(err)
    assert bool(told.err) == bool(err)
