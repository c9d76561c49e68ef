"""A wrong word must lead to the right one, and a message must neither sprawl nor tell secrets."""

import pytest

from chaos_ext.words import joined, nearest, shown, without_passwords


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("rate_per", ["rate_per_s", "system"], " (did you mean rate_per_s?)"),
        ("Redis-Primry", ["redis-primary"], " (did you mean redis-primary?)"),
        ("zzz", ["a", "b", "c"], " (known: a, b, c)"),
        ("zzz", [], ""),
        (7, ["pause"], " (known: pause)"),
        ("a", [None, 1], " (known: None, 1)"),
    ],
)
def test_nearest_names_the_word_or_all_words(word, known, said):
    assert nearest(word, known) == said


def test_nearest_stops_listing_when_there_are_many_words():
    many = [f"name{number}" for number in range(40)]

    said = nearest("-", many)

    assert said.endswith("name11, ...)")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("redis://user:pa55@host:1/0", "redis://***@host:1/0"),
        ("redis://:pa55@host and amqp://u:p@b", "redis://***@host and amqp://***@b"),
        ("redis://host:6379", "redis://host:6379"),
        ("redis://:p@ss@host", "redis://***@host"),
    ],
)
def test_without_passwords_hides_users_and_passwords_of_urls(text, safe):
    assert without_passwords(text) == safe


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (None, "nothing"), (1, "1"), (0, "0"), ("a\nb", r"'a\nb'")],
)
def test_shown_writes_values_as_yaml_has_them(value, text):
    assert shown(value) == text


def test_shown_cuts_what_is_long():
    long = "x" * 500

    text = shown(long)

    assert len(text) == 60
    assert text.endswith("...")


def test_joined_tells_five_problems_and_counts_the_others():
    five, seven = list("abcde"), list("abcdefg")

    lines = joined(five), joined(seven)

    assert lines == ("a; b; c; d; e", "a; b; c; d; e; and 2 more")


def test_joined_is_one_line_when_a_problem_is_not():
    assert joined(["first\n  second"]) == "first second"
