"""The sync light's words, and the catalogues behind them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from flask import Flask

import app as package
from app.web import i18n, words

ROOT = Path(package.__file__).parent


@pytest.fixture
def english() -> Iterator[None]:
    application = Flask(__name__)
    i18n.init_app(application)
    with application.test_request_context("/"):
        yield


def status(state: str, unsent: int = 0, minutes: float = 0, refused: int = 0) -> dict[str, Any]:
    since = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "state": state,
        "unsent": unsent,
        "oldest_unsent": since if unsent else None,
        "refused": [{"id": str(n), "reason": "no"} for n in range(refused)],
        "links": [],
    }


@pytest.mark.parametrize(
    ("given", "level", "text"),
    [
        (dict(state="off"), "none", "Not linked"),
        (dict(state="idle"), "ok", "All sent"),
        (dict(state="active"), "ok", "All sent"),
        (dict(state="starting"), "busy", "Connecting…"),
        (dict(state="active", unsent=3), "busy", "3 unsent"),
        (dict(state="idle", unsent=3, minutes=4), "busy", "3 unsent, 4 min"),
        (dict(state="waiting"), "cut", "Line cut: selling goes on"),
        (dict(state="waiting", unsent=3, minutes=4), "cut", "Line cut: 3 unsent, 4 min"),
        (dict(state="waiting", unsent=12, minutes=200), "cut", "Line cut: 12 unsent, 3 h"),
        (dict(state="denied", unsent=1), "bad", "The central refuses this node"),
        (dict(state="stopped"), "bad", "Sync stopped: look here"),
        (dict(state="idle", refused=2), "bad", "2 refused: look here"),
    ],
)
@pytest.mark.usefixtures("english")
def test_the_light_says_what_is(given: dict[str, Any], level: str, text: str) -> None:
    light = words.light(status(**given))

    assert (light["level"], light["text"]) == (level, text)
    assert light["more"]


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("state", ["off", "idle", "active", "starting", "waiting", "denied", "stopped", "resting"])
@pytest.mark.parametrize("unsent", [0, 3])
def test_nothing_is_sold_at_head_office_and_its_light_says_nothing_of_it(state: str, unsent: int) -> None:
    till, office = (words.light({**status(state=state, unsent=unsent), "sells": sells}) for sells in (True, False))

    assert office["level"] == till["level"] and office["text"] and office["more"]
    assert not {"sell", "sold", "till"} & set((office["text"] + " " + office["more"]).lower().replace(".", "").split())
    assert "selling" not in (office["text"] + office["more"]).lower()


@pytest.mark.parametrize(
    ("minutes", "unsent", "level", "text"),
    [
        (0, 0, "ok", "nothing unsent"),
        (4, 2, "busy", "2 unsent, as of 4 min ago"),
        (90, 0, "cut", "nothing unsent, as of 1 h ago"),
    ],
)
@pytest.mark.usefixtures("english")
def test_a_tills_report_is_only_known_as_of_its_time(minutes: int, unsent: int, level: str, text: str) -> None:
    time = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()

    told = words.report({"node": "s1-t1", "store": "s1", "time": time, "unsent": unsent})

    assert (told["terminal"], told["level"], told["text"]) == ("s1-t1", level, text)


def test_every_text_of_python_templates_and_modules_is_in_every_catalogue() -> None:
    config = (files("app") / "translations" / "babel.cfg").read_text("utf-8")
    method_map, options_map = parse_mapping_cfg(io.StringIO(config))
    keywords = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "t": None, "tn": (1, 2), "_n": (1, 2)}
    method_map = [(pattern.removeprefix("app/"), method) for pattern, method in method_map]
    options_map = {pattern.removeprefix("app/"): options for pattern, options in options_map.items()}
    found = extract_from_dir(str(ROOT), method_map, options_map, keywords=keywords)
    wanted = {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}

    assert len(wanted) > 200
    for tag, _ in i18n.locales()[1:]:
        catalogue = i18n.texts(tag)
        translated = {
            message.id[0] if isinstance(message.id, tuple) else message.id
            for message in catalogue
            if message.id and message.string and not message.fuzzy
        }
        assert wanted - translated == set()
        assert [message.id for message, errors in catalogue.check() if errors] == []
