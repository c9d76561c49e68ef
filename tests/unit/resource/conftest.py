"""A machine whose control groups are folders, in both versions, and a target that does as it is told."""

from types import SimpleNamespace

import pytest

V1 = "30 25 0:26 {root} {mount} rw - cgroup cgroup rw,{controllers}\n"
V2 = "31 25 0:27 {root} {mount} rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"
DEFAULTS = {
    "cpu.max": "max 100000", "cpu.weight": "100", "memory.max": "max", "memory.current": "0",
    "pids.max": "max", "pids.current": "0", "cgroup.procs": "", "cpu.cfs_quota_us": "-1",
    "cpu.cfs_period_us": "100000", "memory.swap.max": "max",
}  # fmt: skip


class Machine:
    """A /proc and a tree of groups; what is written there is only written."""

    def __init__(self, folder):
        self.proc, self.mount = folder / "proc", folder / "groups"
        (self.proc / "self").mkdir(parents=True)
        self.mount.mkdir()
        self.mounts = ""
        self._say()

    def _say(self):
        (self.proc / "self/mountinfo").write_text(
            f"22 1 0:20 / / rw - ext4 /dev/x rw\n{self.mounts}"
        )

    def version_1(self, *controllers, root="/"):
        self.mounts += V1.format(root=root, mount=self.mount, controllers=",".join(controllers))
        self._say()

    def version_2(self, *controllers, root="/"):
        self.mounts += V2.format(root=root, mount=self.mount)
        (self.mount / "cgroup.controllers").write_text(" ".join(controllers))
        (self.mount / "cgroup.subtree_control").write_text(" ".join(controllers))
        self._say()

    def group(self, name, **files):
        """A group with files as the kernel makes them."""
        folder = self.mount / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in {
            **DEFAULTS,
            **{k.replace("_", ".", 1): v for k, v in files.items()},
        }.items():
            (folder / file).write_text(f"{text}\n")
        return folder

    def process(self, pid, parent=1, start=100, groups=""):
        folder = self.proc / str(pid)
        folder.mkdir()
        fields = ["S", parent, *[0] * 17, start]
        (folder / "stat").write_text(f"{pid} (a (b) c) {' '.join(map(str, fields))} 0 0\n")
        (folder / "cgroup").write_text(groups)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


class Target:
    """A server in memory."""

    def __init__(self):
        self.identity = SimpleNamespace(pid=4_000_000)
        self.lease_id, self.name, self.node = "abc", "redis-primary", "redis-1"
        self.alive, self.other, self.told, self.started = True, False, True, 0

    def ended(self):
        return not self.alive

    def replaced(self):
        return self.other

    def can_start(self):
        return self.told

    def start_again(self):
        self.started += 1

    def settled(self):
        return self.started > 0

    def refuse_beside(self, fault, *kinds):
        """Nobody else is at it."""


@pytest.fixture
def target():
    return Target()
