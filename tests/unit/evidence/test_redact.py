"""Secrets never reach a file, however they are wrapped."""

import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.evidence.redact import HIDDEN, RedactingFilter, Redactor

SECRETS = {"redis": {"password": "s3cr3t/word", "pin": 42, "many": ["alpha-beta", b"bytes!"]}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("AUTH s3cr3t/word now", "AUTH *** now"),
        ("quoted s3cr3t%2Fword", "quoted ***"),
        ("alpha-beta, bytes!", "***, ***"),
        ("42", "***"),
        ("142 keys", "142 keys"),
        ("redis://user:hunter2@host:6379/0", "redis://user:***@host:6379/0"),
        ("redis://:p@ss@host", "redis://:***@host"),
        (
            "postgresql+asyncpg://u:p%40x@h/db and more",
            "postgresql+asyncpg://u:***@h/db and more",
        ),
        ("http://host:8080/a?mail=a@b.c", "http://host:8080/a?mail=a@b.c"),
        ("http://host:8080", "http://host:8080"),
        ("nothing here", "nothing here"),
    ],
)
def test_text_loses_secrets_and_url_passwords(text, told):
    redactor = Redactor(SECRETS)

    assert redactor.text(text) == told


def test_data_is_a_new_object_without_secrets_at_any_depth():
    redactor = Redactor(SECRETS)
    data = {"a": ["s3cr3t/word", {"s3cr3t/word": (42, True)}], "raw": b"x bytes! \xff", "n": 7}

    told = redactor.data(data)

    assert told == {"a": [HIDDEN, {HIDDEN: (HIDDEN, True)}], "raw": b"x *** \xff", "n": 7}
    assert data["a"][0] == "s3cr3t/word"


def test_data_survives_what_contains_itself():
    loop = ["s3cr3t/word"]
    loop.append(loop)

    told = Redactor(SECRETS).data(loop)

    assert told == [HIDDEN, "(contains itself)"]


@given(secret=st.text(min_size=4), before=st.text(), after=st.text())
def test_text_never_keeps_a_secret(secret, before, after):
    redactor = Redactor({"key": secret})

    told = redactor.text(f"{before}{secret}{after}")

    assert secret not in told.replace(HIDDEN, "\0") or set(secret) <= {"*"}


def _record(message, *args, exc_info=None):
    return logging.LogRecord("n", logging.INFO, "f", 1, message, args, exc_info)


def test_filter_redacts_message_arguments_and_traceback():
    redacting = RedactingFilter(Redactor(SECRETS))
    try:
        int("s3cr3t/word")
    except ValueError:
        record = _record("AUTH %s", "s3cr3t/word", exc_info=sys.exc_info())

    assert redacting.filter(record) is True

    told = logging.Formatter().format(record)
    assert "s3cr3t" not in told
    assert "AUTH ***" in told
    assert "int() with base 10: '***'" in told


def test_filter_redacts_when_the_arguments_do_not_fit():
    record = _record("%d keys", "s3cr3t/word")

    RedactingFilter(Redactor(SECRETS)).filter(record)

    assert "s3cr3t" not in record.getMessage()
