"""Lines show how full each server was, on the time axis of the run."""

import re

import numpy as np

from chaos_ext.report import html
from chaos_ext.report.lines import PANEL, lines
from chaos_ext.verdict.facts import load


def _heights(path, panel):
    points = [float(y) for y in re.findall(r"[ML]\S+ (\S+?)(?=[ML]|$)", path)]
    return [round((panel.bottom - y) / PANEL, 3) for y in points]


def test_lines_have_a_panel_for_each_resource_and_a_colour_for_each_server(looked):
    drawn = lines(looked.facts())

    assert [panel.title for panel in drawn.panels] == ["memory", "CPU", "open files"]
    assert drawn.legend == (("redis-1", 0), ("redis-2", 1))
    assert [span.name for span in drawn.phases] == ["baseline", "fault", "recovery"]
    assert len(drawn.faults) == 1


def test_lines_are_as_high_as_the_ratio_is_within_its_panel(looked):
    looked.uses("redis-2", files=lambda at_s: np.where(at_s < 10, 20, 150))

    panel = lines(looked.facts()).panels[2]

    assert panel.note == "up to 20% of what is allowed"
    assert set(_heights(panel.paths[0].path, panel)) == {0.1}
    assert max(_heights(panel.paths[1].path, panel)) == 0.75


def test_lines_are_interrupted_where_nobody_knows(looked):
    looked.dies("redis-1", (6.0, 12.0))

    first, second = lines(looked.facts()).panels[0].paths

    assert (first.path.count("M"), second.path.count("M")) == (2, 1)


def test_lines_of_what_has_no_limit_are_not_drawn(looked):
    looked.uses("redis-1", memory_server_limit_bytes=-1)
    looked.uses("redis-2", memory_server_limit_bytes=-1)

    panel = lines(looked.facts()).panels[0]

    assert (panel.paths, panel.note) == ((), "nobody knows its limit")


def test_lines_are_not_drawn_where_nobody_looked(run, looked):
    looked.without("phase")

    assert lines(run.facts()) is None
    assert lines(looked.facts()) is None


def test_page_has_a_row_for_each_server_and_the_lines(looked, judged):
    looked.uses("redis-2", memory_bytes=lambda at_s: (12 + at_s) * 2**20)
    folder, verdict = judged(looked)

    page = html.render(folder, verdict, load(folder))

    assert "<h2>Resources</h2>" in page
    assert page.count('<path class="line') == 6
    assert "memory only ever grew: redis-2 grows by 60 MB a minute" in page
