"""Steps of a rule, as the kernel will read them."""

from chaos_ext.network import expressions, netlink


def names(steps):
    """What each of *steps* is called."""
    found = [netlink.attributes(netlink.attributes(step)[1])[1] for step in steps]
    return [name.rstrip(b"\0").decode() for name in found]


def test_chance_is_thrown_only_for_a_share():
    some, all_ = expressions.by_chance(0.1), expressions.by_chance(1.0)

    assert names(some) == ["numgen", "byteorder", "cmp"]
    assert all_ == []


def test_share_is_told_in_millionths():
    compared = expressions.by_chance(0.0001)[2]

    step = netlink.attributes(netlink.attributes(compared)[1])
    limit = netlink.attributes(netlink.attributes(step[2])[3])[1]
    assert int.from_bytes(limit, "big") == 100


def test_verdict_is_to_drop_or_to_let_pass():
    codes = []
    for drop in (True, False):
        step = netlink.attributes(netlink.attributes(expressions.verdict(drop=drop))[1])
        value = netlink.attributes(netlink.attributes(step[2])[2])[2]
        codes.append(int.from_bytes(netlink.attributes(value)[1], "big"))

    assert codes == [0, 1]


def test_element_is_read_with_the_packets_that_met_it():
    counter = netlink.nested(2, netlink.attribute(2, (7).to_bytes(8, "big")))
    counted = netlink.nested(7, netlink.text(1, "counter"), counter)
    key = netlink.nested(1, netlink.attribute(1, b"\x7f\0\0\1"))

    assert expressions.element_read(key + counted) == (b"\x7f\0\0\1", 7)


def test_rule_is_read_with_what_its_counter_shows():
    counter = netlink.nested(2, netlink.attribute(2, (3).to_bytes(8, "big")))
    steps = [
        expressions.load(expressions.SOURCE, 0),
        netlink.nested(1, netlink.text(1, "counter"), counter),
    ]

    assert expressions.counted(b"".join(steps)) == 3
    assert expressions.counted(steps[0]) == 0
