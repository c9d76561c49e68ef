"""A quota has a short period, unless its share is too small for the kernel."""

import pytest

from chaos_ext.resource.cpu_quota import CpuQuota, quota


@pytest.mark.parametrize(
    ("percent", "wanted"),
    [
        (20, (4000, 20000)),
        (80, (16000, 20000)),
        (150, (30000, 20000)),
        (5, (1000, 20000)),
        (1, (1000, 100000)),
    ],
)
def test_quota_is_the_share_of_its_period(percent, wanted):
    assert quota(percent) == wanted


@pytest.mark.parametrize(
    ("version", "limits"),
    [
        (1, {"cpu.cfs_period_us": 20000, "cpu.cfs_quota_us": 4000}),
        (2, {"cpu.max": "4000 20000"}),
    ],
)
def test_quota_is_written_as_the_version_has_it(target, version, limits):
    group = type("Group", (), {"version": version})

    assert CpuQuota(target, 20)._limits(group) == limits
