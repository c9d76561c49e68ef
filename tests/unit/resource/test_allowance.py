"""The files of control groups of both versions say the same, wherever the limit is in the tree."""

import pytest

from chaos_ext.resource.allowance import Allowed, Groups

GB = 1 << 30
NO_LIMIT = str((1 << 63) - 4096)


@pytest.fixture
def tree(tmp_path):
    """Writes the files of a group: `tree("memory/box", {"memory.usage_in_bytes": 5})`."""

    def write(folder, files):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (tmp_path / folder / name).write_text(f"{content}\n")

    return write


@pytest.fixture
def groups(tmp_path):
    """The groups of one version, as if they were mounted in the test's folder."""

    def make(version, root="/"):
        kinds = {
            1: [(name, f"cgroup cgroup rw,{name}") for name in ("memory", "cpu")],
            2: [("", "cgroup2 cgroup2 rw")],
        }[version]
        lines = [f"31 2 0:27 {root} {tmp_path / name} rw - {about}" for name, about in kinds]
        mounts = tmp_path / "mountinfo"
        mounts.write_text("\n".join(["1 0 8:1 / / rw - ext4 /dev/vda rw", *lines]) + "\n")
        return Groups(mounts)

    return make


V1 = b"4:memory:/box\n1:cpu,cpuacct:/box\n0::/\n"
V2 = b"0::/box\n"


def test_version_1_tells_limits_use_and_throttling(tree, groups):
    tree("memory/box", {"memory.limit_in_bytes": GB, "memory.usage_in_bytes": GB // 2})
    tree("memory/box", {"memory.stat": f"cache 7\ntotal_inactive_file {GB // 4}"})
    tree("cpu/box", {"cpu.cfs_quota_us": 50_000, "cpu.cfs_period_us": 100_000})
    tree("cpu/box", {"cpu.stat": "nr_periods 20\nnr_throttled 5\nthrottled_time 123"})

    assert groups(1).allowed(V1) == Allowed(GB // 4, GB, 0.5, 20, 5, 123)


def test_version_2_tells_the_same(tree, groups):
    tree("box", {"memory.max": GB, "memory.current": GB // 2, "cpu.max": "50000 100000"})
    tree("box", {"memory.stat": f"anon 7\ninactive_file {GB // 4}"})
    tree("box", {"cpu.stat": "usage_usec 9\nnr_periods 20\nnr_throttled 5\nthrottled_usec 3"})

    assert groups(2).allowed(V2) == Allowed(GB // 4, GB, 0.5, 20, 5, 3000)


def test_groups_without_limits_allow_everything_and_make_nobody_wait(tree, groups):
    tree("memory/box", {"memory.limit_in_bytes": NO_LIMIT, "memory.usage_in_bytes": 5})
    tree("cpu/box", {"cpu.cfs_quota_us": -1, "cpu.cfs_period_us": 100_000})
    first = groups(1).allowed(V1)
    tree("box", {"memory.max": "max", "memory.current": 5, "cpu.max": "max 100000"})
    second = groups(2).allowed(V2)

    assert first == second == Allowed(-1, -1, 0.0, 0, 0, 0)


def test_tightest_level_of_the_tree_counts(tree, groups):
    tree("pod", {"memory.max": GB, "memory.current": 9, "cpu.max": "200000 100000"})
    tree("pod/box", {"memory.max": 2 * GB, "memory.current": 5, "cpu.max": "max 100000"})

    allowed = groups(2).allowed(b"0::/pod/box\n")

    assert (allowed.memory_bytes, allowed.memory_limit_bytes) == (9, GB)
    assert allowed.cores == 2.0


def test_group_is_found_where_only_a_part_of_the_tree_is_mounted(tree, groups):
    tree("box", {"memory.max": GB, "memory.current": 5})

    allowed = groups(2, root="/docker/abc").allowed(b"0::/docker/abc/box\n")

    assert allowed.memory_limit_bytes == GB


def test_group_that_is_gone_allows_nothing_known(groups):
    assert groups(2).allowed(b"0::/gone\n").memory_limit_bytes == -1
    assert groups(1).allowed(b"").memory_limit_bytes == -1


def test_machine_without_groups_tells_nothing(tmp_path):
    (tmp_path / "mountinfo").write_text("1 0 8:1 / / rw - ext4 /dev/vda rw\n")

    assert Groups(tmp_path / "mountinfo").allowed(V2) == Allowed()


def test_group_is_read_once_a_round(tree, groups):
    tree("box", {"memory.max": GB, "memory.current": 5})
    made = groups(2)
    seen = [made.allowed(V2).memory_bytes]
    tree("box", {"memory.current": 6})

    seen.append(made.allowed(V2).memory_bytes)
    made.begin(anew=False)
    seen.append(made.allowed(V2).memory_bytes)

    assert seen == [5, 5, 6]


def test_limit_that_is_set_later_is_seen_when_groups_are_looked_for_anew(tree, groups):
    tree("box", {"memory.max": "max", "memory.current": 5})
    made = groups(2)
    before = made.allowed(V2).memory_limit_bytes
    tree("box", {"memory.max": GB})

    made.begin(anew=True)

    assert (before, made.allowed(V2).memory_limit_bytes) == (-1, GB)
    made.close()
