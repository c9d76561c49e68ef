"""The seal names every file that was changed, added or removed after it was made."""

import pytest

from chaos_ext.errors import SealBroken
from chaos_ext.evidence import events, manifest
from chaos_ext.evidence.files import read_json, sha256


@pytest.fixture
def sealed(tmp_path):
    (tmp_path / "events.jsonl").write_text("{}\n")
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "redis.parquet").write_bytes(b"rows")
    (tmp_path / "report.html").write_text("derived")
    manifest.seal(tmp_path)
    return tmp_path


def test_seal_covers_evidence_and_not_what_is_derived(sealed):
    files = read_json(sealed / "manifest.json")["files"]

    assert list(files) == ["events.jsonl", "operations/redis.parquet"]
    assert files["events.jsonl"] == {"sha256": sha256(sealed / "events.jsonl"), "bytes": 3}


def test_verify_finds_nothing_when_only_a_report_changed(sealed):
    (sealed / "report.html").write_text("made again")

    assert manifest.verify(sealed) == []


def test_verify_names_what_was_changed_added_or_removed(sealed):
    (sealed / "events.jsonl").write_text("[]\n")
    (sealed / "operations" / "redis.parquet").unlink()
    (sealed / "verdict.json").write_text("{}")

    problems = manifest.verify(sealed)

    assert problems == [
        "operations/redis.parquet is missing",
        "events.jsonl was changed after sealing",
        "verdict.json was added after sealing",
    ]


def test_check_raises_one_line_when_the_seal_is_broken(sealed):
    (sealed / "events.jsonl").write_text("[]\n")

    with pytest.raises(SealBroken, match=r"events\.jsonl was changed after sealing"):
        manifest.check(sealed)


def test_seal_covers_the_rows_of_both_witnesses_raw_or_compacted(tmp_path):
    names = [f"canary{stays}.{kind}" for stays in ("", "-stays") for kind in ("bin", "parquet")]
    for name in names:
        (tmp_path / name).write_bytes(b"rows")

    manifest.seal(tmp_path)

    assert sorted(read_json(tmp_path / "manifest.json")["files"]) == sorted(names)


@pytest.mark.parametrize(
    ("told", "sealed", "unfinished"),
    [
        (["run_started"], False, True),
        (["run_started", "run_ended"], False, False),
        (["run_started"], True, False),
    ],
)
def test_unfinished_is_a_run_that_was_never_sealed_and_never_ended(
    tmp_path, told, sealed, unfinished
):
    log = events.EventLog(tmp_path / "events.jsonl")
    for name in told:
        log.add(name)
    log.close()
    if sealed:
        manifest.seal(tmp_path)

    assert manifest.unfinished(tmp_path) is unfinished


@pytest.mark.parametrize("content", [None, "{}", "no json", '{"files": []}'])
def test_verify_tells_when_there_is_no_manifest(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)

    problems = manifest.verify(tmp_path)

    assert len(problems) == 1
