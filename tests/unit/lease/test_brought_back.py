"""What healing has started again is looked at once more when the run ends."""

from dataclasses import replace

import pytest

from chaos_ext.lease import brought_back as brought
from chaos_ext.lease import servers
from chaos_ext.lease.ledger import HEALED, UNHEALED, Server


@pytest.fixture
def brought_back(desk, lease, monkeypatch):
    """A lease whose server healing has started again, and which serves no more since."""
    asked = lease()
    other = replace(asked.identity, start=1)
    desk.ledger.put_server(Server("lab/node", "lab", "node", {}, other))
    desk.keeper.inject(asked, held_server=False)
    monkeypatch.setattr(brought, "LAST_LOOK_S", 0)
    monkeypatch.setattr(servers, "serving", lambda _server: True)
    assert desk.keeper.heal_all("the method is over") == []
    monkeypatch.setattr(servers, "serving", lambda _server: False)
    return asked


def test_keeper_looks_again_at_the_end_at_what_it_has_brought_back(desk, brought_back):
    left = desk.keeper.heal_all("the end")

    assert left == ["fake on node: node was brought back, and serves no more"]
    assert desk.state() == (UNHEALED, "node was brought back, and serves no more")
    assert [told[1] for told in desk.told] == [HEALED, UNHEALED]


def test_keeper_does_not_look_again_at_what_ends_with_its_lab(desk, brought_back):
    left = desk.keeper.heal_all("the end", gone_with=frozenset({"lab/node"}))

    assert left == []
    assert desk.state()[0] == HEALED
