"""Every sentence of the rules is told to a person in their own language."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.couchjs import engine
from app.web import i18n, reasons, rule_words
from tests.couch.cases import table

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}
SENTENCES = sorted({case.refused for case in table() if case.refused is not None})


@pytest.fixture(scope="module")
def flask() -> Flask:
    app = Flask(__name__)
    i18n.init_app(app)
    return app


def test_there_is_a_sentence_of_each_kind_in_the_table() -> None:
    told = {pattern for pattern, _ in rule_words._SAID for text in SENTENCES if re.fullmatch(pattern, text)}
    by_the_engine = {pattern for pattern, _ in rule_words._SAID[-3:]}
    assert told | by_the_engine == {pattern for pattern, _ in rule_words._SAID}


def test_every_sentence_stands_in_english_as_it_was_said(flask: Flask) -> None:
    with flask.test_request_context():
        for text in SENTENCES:
            told = rule_words.told(text)
            assert told is not None and told.endswith("."), text
            assert set(re.findall("“(.*?)”", told)) <= set(re.findall("“(.*?)”", text)), (text, told)


def test_every_sentence_is_told_in_chinese(flask: Flask) -> None:
    with flask.test_request_context(headers=CHINESE):
        for text in [*SENTENCES, engine.TIMED_OUT, engine.ENDED, "The functions of this database are busy."]:
            told = reasons.plain(text)
            assert told.endswith("。") and re.sub("“.*?”", "", told).isascii() is False, (text, told)
            assert not re.search("[a-z]{4}", re.sub("“.*?”|null|UTC", "", told)), (text, told)


def test_what_the_rules_never_say_is_left_as_it_is(flask: Flask) -> None:
    with flask.test_request_context(headers=CHINESE):
        assert reasons.plain("No sales on Sundays.") == "No sales on Sundays."
