"""The page tells the whole run in one file, and nothing in it can run as code."""

import re
from html.parser import HTMLParser

import pytest

from chaos_ext.report import html
from chaos_ext.verdict.facts import load


class _Page(HTMLParser):
    """Collects the text, the tags, and the nesting errors of a page."""

    void = ("meta",)

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.text, self.wrong = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def _page(folder, verdict):
    return html.render(folder, verdict, load(folder))


def test_html_needs_no_network_and_no_script(broken, judged):
    page = _page(*judged(broken))

    parsed = _Page(page)
    assert not re.search(r"(src|href|url)\s*[=(]|@import|https?://", page)
    assert "script" not in {tag for tag, _ in parsed.tags}


def test_html_is_well_formed_and_tells_the_verdict_before_all_else(broken, judged):
    page = _page(*judged(broken))

    parsed = _Page(page)
    assert (parsed.wrong, parsed.open) == ([], [])
    parts = ("✗ broke", "Claims", "Over time", "Faults", "Data safety", "What was not tested")
    assert sorted(parts, key=page.index) == list(parts)
    for told in ("2.295 to 2.34", "200, 202, 404", "after 3.2 ms, dead", "292.3 /s", "redis-1"):
        assert told in page


def test_html_draws_the_fault_over_the_canary_and_the_load(run, judged):
    page = _page(*judged(run))

    parsed = _Page(page)
    bands = [attrs for tag, attrs in parsed.tags if attrs.get("class") == "band"]
    kinds = {attrs.get("class") for tag, attrs in parsed.tags if tag == "path"}
    assert len(bands) == 1
    assert float(bands[0]["x"]) == pytest.approx((5.52 - 0.5) / 24 * 1000, abs=1)
    assert kinds == {"bar-ok", "bar-failed", "bar-unknown", "bar-dropped"}


def test_html_gives_the_staying_witness_a_part_and_a_lane_of_its_own(staying, run, judged):
    plain = _page(*judged(run))

    page = _page(*judged(staying))

    parsed = _Page(page)
    assert (parsed.wrong, parsed.open) == ([], [])
    assert "told of no change" not in plain
    assert "The client that was told of no change" in page
    assert "2.960 s to 3.033 s" in page
    names = re.findall(r'<tspan class="name">(.*?)</tspan>', page)
    assert names == ["canary", "redis@redis-primary", "load"]


def test_html_tells_a_latency_without_an_end_as_one(run, judged):
    page = _page(*judged(run))

    assert '<td class="n">&gt;= 2,000 ms</td>' in page
    assert '<td class="n">1.548 ms</td>' in page


def test_html_escapes_whatever_a_run_may_hold(run, judged):
    evil = "<script>alert(1)</script>"
    run.claims.append(f"outage_s <= {evil}")
    run.change("run_started", {}, title=evil)
    run.change("fault", {}, detail=evil, landed={evil: evil})

    page = _page(*judged(run))

    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 4


def test_html_can_be_made_when_nothing_was_recorded(run, judged):
    run.has_canary = run.has_load = False
    run.events = [(0.0, "refused", {"reason": "no such target"})]
    folder, verdict = judged(run)
    (folder / "environment.json").unlink()

    page = _page(folder, verdict)

    assert "refused: no such target" in page
    assert "No load was offered." in page
    assert "<svg" not in page


def test_html_tells_when_the_seal_does_not_hold(run, judged):
    folder, verdict = judged(run)
    (folder / "environment.json").write_text("{}")

    page = _page(folder, verdict)

    assert "environment.json was changed after sealing" in page
