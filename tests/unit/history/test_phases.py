"""Phases are told by their marks, and rows belong to the phase of their intended time."""

import numpy as np

from chaos_ext.history.phases import clip, duration_s, during, label, phases


def _marks(*names_and_times):
    return [{"event": "phase", "name": n, "mono_ns": t} for n, t in names_and_times]


def test_phases_reach_from_one_mark_to_the_next():
    events = [
        *_marks(("baseline", 5), ("fault", 10), ("end", 20)),
        {"event": "x", "mono_ns": 99},
    ]

    assert phases(events) == [("baseline", 5, 10), ("fault", 10, 20)]


def test_phases_end_with_the_last_event_when_the_runner_died():
    events = [*_marks(("baseline", 5)), {"event": "fault", "mono_ns": 8}]

    assert phases(events) == [("baseline", 5, 8)]
    assert phases([]) == []


def test_label_gives_a_moment_to_the_phase_that_begins_with_it():
    spans = [("baseline", 5, 10), ("fault", 10, 20), ("baseline", 30, 31)]

    labels = label(spans, np.array([4, 5, 10, 19, 20, 30]))

    assert labels.tolist() == ["", "baseline", "fault", "fault", "", "baseline"]


def test_during_and_duration_join_the_parts_of_a_phase():
    spans = [("baseline", 0, 10), ("baseline", 30, 35)]

    assert during(spans, "baseline", np.array([3, 20, 31])).tolist() == [True, False, True]
    assert duration_s(spans, "baseline") == 15e-9


def test_clip_drops_what_lies_outside():
    spans = [("baseline", 0, 10), ("fault", 10, 20), ("recovery", 20, 30)]

    assert clip(spans, 5, 20) == [("baseline", 5, 10), ("fault", 10, 20)]
