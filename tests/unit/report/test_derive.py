"""Reports are made from the evidence, and can be made again."""

from chaos_ext.evidence import manifest
from chaos_ext.report.derive import derive


def test_derive_makes_the_same_reports_again_and_leaves_the_seal_alone(run, judged):
    folder, _ = judged(run)

    first = {path.name: path.read_bytes() for path in derive(folder)}
    second = {path.name: path.read_bytes() for path in derive(folder)}

    assert list(first) == ["report.html", "report.txt", "junit.xml"]
    assert first == second
    assert manifest.verify(folder) == []
