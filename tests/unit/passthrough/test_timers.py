"""What is to be done later is done in order, and not at all when it was called off."""

from chaos_ext.passthrough.timers import Timers


def test_timers_go_off_in_the_order_of_their_time():
    timers, done = Timers(), []
    for at_ns in (30, 10, 20, 40):
        timers.at(at_ns, lambda at_ns=at_ns: done.append(at_ns))

    timers.run(30)

    assert done == [10, 20, 30]
    assert timers.next_ns() == 40


def test_timers_that_are_due_together_go_off_as_they_were_set():
    timers, done = Timers(), []
    for name in "abc":
        timers.at(5, lambda name=name: done.append(name))

    timers.run(5)

    assert done == ["a", "b", "c"]


def test_timer_that_was_called_off_does_nothing_and_is_not_waited_for():
    timers, done = Timers(), []
    timer = timers.at(5, lambda: done.append("called off"))

    timer.call_off()

    assert timers.next_ns() == 0
    timers.run(5)
    assert done == []


def test_timers_may_set_others_when_they_go_off():
    timers, done = Timers(), []
    timers.at(1, lambda: timers.at(2, lambda: done.append("second")))

    timers.run(2)

    assert done == ["second"]
