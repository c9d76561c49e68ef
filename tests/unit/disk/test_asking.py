"""What the probes ask is asked in the folder itself, by a file that is removed again."""

import os

import pytest

from chaos_ext.disk import asking
from chaos_ext.errors import BadArgument, TargetUnreachable


def test_free_is_what_may_be_written(way, tmp_path):
    seen = os.statvfs(tmp_path)

    assert asking.free_mb(way, 5) == pytest.approx(
        seen.f_bavail * seen.f_frsize / 2**20, rel=0.1
    )


def test_write_takes_a_while_and_leaves_nothing(way, tmp_path):
    assert asking.write_ms(way, 5) > 0
    assert asking.writable(way, 5) is True
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_not_there_is_not_writable(way, tmp_path):
    gone = {**way, "folder": str(tmp_path / "gone")}

    assert asking.writable(gone, 5) is False
    with pytest.raises(TargetUnreachable, match=r"disk\.write_ms: the disk of redis-1"):
        asking.write_ms(gone, 5)


@pytest.mark.parametrize("probe", ["free_mb", "write_ms", "writable"])
def test_server_whose_folder_nobody_knows_is_refused(way, probe):
    with pytest.raises(BadArgument, match=f"disk.{probe}: nobody knows where redis-1 keeps"):
        getattr(asking, probe)({**way, "folder": ""}, 5)
