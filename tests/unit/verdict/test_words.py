"""The order of the words, and the exit codes that carry them."""

from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.verdict.words import EXIT_CODES, HELD, MEANINGS, ORDER, worst

some = st.lists(st.sampled_from(ORDER))


def test_words_have_the_order_and_the_exit_codes_of_the_glossary():
    codes = [EXIT_CODES[word] for word in reversed(ORDER)]

    assert list(reversed(ORDER)) == ["dirty", "broke", "void", "rehearsed", "held"]
    assert codes == [4, 1, 3, 5, 0]
    assert set(MEANINGS) == set(ORDER)


@given(some, some, some)
def test_worst_is_associative(a, b, c):
    left = worst([worst([worst(a), worst(b)]), worst(c)])

    assert left == worst([worst(a), worst([worst(b), worst(c)])]) == worst(a + b + c)


@given(some)
def test_worst_does_not_mind_the_order(words):
    assert worst(words) == worst(reversed(words)) == worst(sorted(words))


@given(some)
def test_worst_has_held_as_its_neutral_element(words):
    assert worst([*words, HELD]) == worst(words)
    assert worst([]) == HELD
