"""The terminal tells the verdict, its reason, and what was measured."""

import io
import json

import pytest
from rich.console import Console

from chaos_ext.report import text


@pytest.mark.parametrize("which", ["held", "broke"])
def test_lines_tell_the_verdict_first_and_all_that_was_measured(
    run, broken, judged, snapshot, which
):
    if which == "held":
        broken.lost, broken.claims = frozenset(), type(run)().claims
    _, verdict = judged(broken)

    told = "\n".join(text.lines(verdict)) + "\n"

    assert told == snapshot(f"{which}.txt")


def test_lines_are_the_same_for_a_verdict_read_from_disk(run, judged):
    folder, verdict = judged(run)

    from_disk = text.lines(json.loads((folder / "verdict.json").read_text()))

    assert from_disk == text.lines(verdict)


def test_lines_give_the_staying_witness_a_line_that_says_what_it_means(staying, judged):
    staying.stays_down_s, staying.stays_lost = (0.0, 0.0), frozenset({900, 902})
    _, verdict = judged(staying)

    told = text.lines(verdict)

    (line,) = [each for each in told if each.startswith("redis@redis-primary: ")]
    assert "told of no change kept writing to redis-1" in line
    assert "for at least 14.7" in line
    assert line.endswith("writes were kept, and 2 of them are gone.")


def test_lines_say_what_is_missing_when_nothing_was_recorded(run, judged):
    run.has_canary = run.has_load = False
    run.events = [(0.0, "refused", {"reason": "no such target"})]
    _, verdict = judged(run)

    told = text.lines(verdict)

    assert told[0] == "VOID: refused: no such target"
    assert "outage: nobody watched" in told
    assert "writes: not read back" in told


def test_show_prints_plain_lines_when_nobody_looks(run, judged):
    folder, verdict = judged(run)
    out = io.StringIO()

    text.show(verdict, folder, Console(file=out, force_terminal=False))

    printed = out.getvalue().splitlines()
    assert printed == [*text.lines(verdict), f"report: {folder / 'report.html'}"]


def test_show_prints_colour_and_tables_to_a_person(broken, judged):
    folder, verdict = judged(broken)
    out = io.StringIO()

    text.show(
        verdict, folder, Console(file=out, force_terminal=True, width=110, no_color=False)
    )

    printed = out.getvalue()
    assert "\x1b[" in printed
    assert " BROKE " in printed
    assert "offered/s" in printed
    assert str(folder / "report.html") in printed


def test_show_prints_markup_in_a_title_as_it_is(run, judged):
    run.change("steady_state", {"when": "after"}, met=False, detail="[red]x[/red] [/]")
    folder, verdict = judged(run)
    out = io.StringIO()

    text.show(verdict, folder, Console(file=out, force_terminal=True, width=200))

    assert "[red]x[/red]" in out.getvalue()


def test_lines_tell_the_fullest_server_of_each_resource_and_what_leaks(looked, judged):
    looked.uses("redis-2", files=lambda at_s: 20 + at_s.astype(int) * 2)
    _, verdict = judged(looked)

    told = text.lines(verdict)

    (line,) = [each for each in told if each.startswith("resources at most: ")]
    assert "memory 10 % (redis-1)" in line
    assert "files 6.8 % (redis-2)" in line
    (leak,) = [each for each in told if each.startswith("files only ever grew: ")]
    assert "redis-2 grows by 120 files a minute" in leak
