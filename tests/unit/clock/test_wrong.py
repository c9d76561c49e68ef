"""What the two faults of clocks have in common, on a clock of paper."""

import pytest

from chaos_ext.clock import asking
from chaos_ext.clock.asking import Apart
from chaos_ext.clock.jump import Jump
from chaos_ext.clock.skew import Skew
from chaos_ext.errors import BinaryMissing, NotAllowed, TargetUnreachable
from chaos_ext.lab import clocks


class Who:
    pid = 1

    def same(self):
        return True


class Target:
    """A server that runs, or does not."""

    name, node, identity = "redis-primary", "redis-1", Who()
    letters = "SS"

    def states(self):
        return self.letters


class Paper:
    """A clock file, and a server that answers as it says."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.file.write_text(f"{clocks.RIGHT}\n")
        self.now_s, self.ahead_s, self.silent = 1e9, 0.0, False
        clock = {"file": str(self.file), "shared": "memory"}
        self.paths = {"redis-primary": {"system": "redis", "owner": "run", "clock": clock}}

    def apart(self, path):
        if self.silent:
            raise TargetUnreachable("nobody answers")
        return Apart(self.now_s, self.ahead_s, 0.001)

    def said(self):
        return self.file.read_text().strip()


@pytest.fixture
def paper(tmp_path, monkeypatch):
    made = Paper(tmp_path)
    monkeypatch.setattr(asking, "apart", made.apart)
    monkeypatch.setattr(asking, "now_s", lambda: made.now_s)
    monkeypatch.setattr(clocks, "began_s", lambda shared: made.now_s - 50)
    return made


@pytest.fixture
def jump(paper):
    return Jump(Target(), paths=paper.paths, by_s=-60.0)


def test_jump_lands_when_the_server_says_so_and_is_healed_when_it_says_that(paper, jump):
    jump.look()
    jump.inject()
    assert paper.said() == "-60.000000 x1"
    assert jump.landed() is None

    paper.ahead_s = -60.02

    assert jump.landed() == {"ahead_s": -60.02, "give_or_take_s": 0.001}
    jump.heal()
    assert not jump.healed()
    paper.ahead_s = 0.04
    assert jump.healed()
    assert paper.said() == clocks.RIGHT


def test_fault_healed_twice_is_healed_once(paper, jump):
    jump.inject()

    jump.heal()
    jump.heal()

    assert jump.healed()


def test_skew_takes_back_what_the_rate_would_have_gained_by_now(paper):
    skew = Skew(Target(), paths=paper.paths, ms_per_s=100.0)

    skew.inject()

    assert paper.said() == "-5.000000 x1.1"


def test_skew_lands_when_enough_is_gained(paper):
    skew = Skew(Target(), paths=paper.paths, ms_per_s=100.0)
    skew.inject()
    paper.now_s += 0.1
    paper.ahead_s = 0.01
    assert skew.landed() is None

    paper.now_s += 0.1
    paper.ahead_s = 0.02

    assert skew.landed() == {"ahead_s": 0.02, "give_or_take_s": 0.001}
    assert skew.lands_within_s == pytest.approx(2.2)


def test_fault_is_not_over_while_its_server_is_silent(paper, jump):
    jump.inject()
    paper.silent = True
    assert jump.landed() is None

    paper.silent, paper.ahead_s = False, -60.0
    landed = jump.landed()
    paper.silent = True

    assert jump.landed() == landed is not None


@pytest.mark.parametrize(
    ("letters", "healed"), [("SS", False), ("tt", True), ("T", True), ("", True)]
)
def test_silent_server_is_healed_only_when_it_cannot_answer(paper, jump, letters, healed):
    jump.inject()
    jump.heal()
    paper.silent, jump.target.letters = True, letters

    assert jump.healed() is healed


def test_fault_whose_lab_is_gone_is_healed(paper, jump):
    paper.file.unlink()
    paper.file.parent.rmdir()
    paper.silent, jump.target.letters = True, ""

    jump.heal()

    assert jump.healed()


def test_look_refuses_a_clock_that_is_wrong_already(paper, jump):
    paper.ahead_s = 3.0

    with pytest.raises(NotAllowed, match=r"3\.000 s ahead of ours before anything was done"):
        jump.look()


def test_look_refuses_a_lab_without_clocks(paper, jump):
    paper.paths["redis-primary"]["clock"] = None

    with pytest.raises(NotAllowed, match="redis-1 has no clock of its own; the lab needs"):
        jump.look()


def test_faults_need_a_lab_with_clocks_and_say_what_is_missing(monkeypatch):
    monkeypatch.setattr(clocks, "library", lambda: "libfaketimeMT.so.1")
    assert Jump.needs_lab() == Skew.needs_lab() == {"own_clock": True}

    def missing():
        raise BinaryMissing("not on this machine; apt-get install libfaketime")

    monkeypatch.setattr(clocks, "library", missing)
    with pytest.raises(BinaryMissing, match="apt-get install libfaketime"):
        Jump.needs_lab()
