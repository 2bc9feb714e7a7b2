"""What the engine promises: what a function says arrives unchanged, and one that goes wrong harms nobody else."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.couchjs import engine as engines
from app.couchjs import pool as pools
from app.couchjs.engine import Candidate, Engine, Program, Refusal, Stopped

USER = b'{"db":"d","name":"u","roles":[]}'
SECURITY = b'{"admins":{},"members":{}}'
MEGA = 1 << 20


@pytest.fixture(scope="module")
def shared() -> Iterator[Engine]:
    """An engine whose functions get little time, so that the tests are quick."""
    running = Engine(seconds=0.2, memory=16 * MEGA)
    yield running
    running.close()


@pytest.fixture
def engine() -> Iterator[Engine]:
    """One of the test's own."""
    running = Engine(seconds=0.2, memory=16 * MEGA)
    yield running
    running.close()


def program(validate: Any = None, database: str = "d", **members: Any) -> Program:
    doc = {"_id": "_design/rules", "_rev": "1-a", **members}
    if validate is not None:
        doc["validate_doc_update"] = validate
    return Program.of(database, "_design/rules", json.dumps(doc).encode())


def say(engine: Engine, function: Program | str, *docs: Any, old: Any = None) -> list[Refusal | None]:
    """What a function says of documents, each given as it is, or as the tuple of the new and the old one."""
    rules = program(function) if isinstance(function, str) else function
    before = None if old is None else json.dumps(old).encode()
    found = [Candidate(f"doc{at}", doc, before) for at, doc in enumerate(docs)]
    return engine.validate(rules, USER, SECURITY, found)


def forbidden(reason: Any) -> Refusal:
    return Refusal("forbidden", reason)


# ---------------------------------------------------------------- what is said


@pytest.mark.parametrize(
    "thrown, told",
    [
        ("{forbidden: 'no'}", forbidden("no")),
        ("{unauthorized: 'who?'}", Refusal("unauthorized", "who?")),
        ("{forbidden: {field: 'x'}}", forbidden({"field": "x"})),
        ("{forbidden: 5}", forbidden(5)),
        ("{other: 'text'}", Refusal("unknown_error", "text")),
        ("'text'", Refusal("unknown_error", "text")),
        ("5", Refusal("unknown_error", "5")),
        ("null", Refusal("TypeError", "null was thrown")),
        ("['error', 'name', 'reason']", Refusal("name", "reason")),
        ("new Error('boom')", Refusal("Error", "boom")),
        ("new TypeError('boom')", Refusal("TypeError", "boom")),
        ("{forbidden: 'x', unauthorized: 'y'}", Refusal("unknown_error", '{"forbidden":"x","unauthorized":"y"}')),
        ("1", None),
        ("true", None),
    ],
)
def test_what_a_function_throws_is_told_as_couchdb_tells_it(shared: Engine, thrown: str, told: Refusal | None) -> None:
    assert say(shared, f"function (n, o, u, s) {{ throw ({thrown}); }}", {}) == [told]


def test_a_function_that_returns_lets_pass_whatever_it_returns(shared: Engine) -> None:
    for value in ("", "false", "0", "{forbidden: 'x'}"):
        assert say(shared, f"function () {{ return {value}; }}", {}) == [None]


def test_it_gets_both_documents_the_user_and_the_security(shared: Engine) -> None:
    told = say(shared, "function (n, o, u, s) { throw({forbidden: [n, o, u, s, this._id]}); }", {"a": 1}, old={"b": 2})
    security = json.loads(SECURITY)
    assert told == [forbidden([{"a": 1}, {"b": 2}, json.loads(USER), security, "_design/rules"])]


@pytest.mark.parametrize(
    "source, error, words",
    [
        ("function (n) { this is not }", "compilation_error", "SyntaxError"),
        ("5", "compilation_error", "Expression does not eval to a function. (5)"),
        ("({})", "compilation_error", "Expression does not eval to a function."),
        ("", "not_found", "missing validate_doc_update function validate_doc_update on design doc _design/rules"),
        ("function (n) { nix(); }", "ReferenceError", "nix is not defined"),
        ("function (n) { n.x.y; }", "TypeError", "undefined"),
        (7, "compilation_error", "Expression does not eval to a function. (7)"),
    ],
)
def test_a_broken_function_refuses_each_document_with_its_fault(
    shared: Engine, source: Any, error: str, words: str
) -> None:
    for told in say(shared, program(source), {}, {}):
        assert told is not None and told.error == error and words in told.reason


def test_comments_and_semicolons_around_a_function_are_fine(shared: Engine) -> None:
    assert say(shared, "// a comment\nfunction (n) { throw({forbidden: 'x'}) };  // another\n;", {}) == [forbidden("x")]


def test_couchdbs_names_are_there_and_no_door_to_the_machine(shared: Engine) -> None:
    there = "[typeof log, typeof sum, typeof isArray, typeof toJSON, typeof emit, typeof require].join()"
    not_there = "[typeof print, typeof std, typeof os, typeof process, typeof setTimeout, typeof load].join()"
    source = (
        f"function () {{ throw({{forbidden: [{there}, {not_there}, sum([1, 2]), isArray([]), toJSON({{a: 1}})]}}); }}"
    )
    (told,) = say(shared, source, {})
    assert told == forbidden([",".join(["function"] * 6), ",".join(["undefined"] * 6), 3, True, '{"a":1}'])


def test_modules_of_the_design_document_are_required_by_path(shared: Engine) -> None:
    rules = program(
        "function (n) { throw({forbidden: require('lib/words').hello + require('lib/deep/more').again}); }",
        lib={"words": "exports.hello = 'hello';", "deep": {"more": "exports.again = require('../words').hello + '!';"}},
    )
    assert say(shared, rules, {}) == [forbidden("hellohello!")]
    (told,) = say(shared, program("function () { require('lib/nix'); }"), {})
    assert told is not None and told.error == "invalid_require_path"


def test_what_a_function_changes_is_gone_with_its_call(shared: Engine) -> None:
    source = """function (n, o, u, s) {
      if (u.seen || s.seen || u.roles.length || n.seen) throw({forbidden: 'seen'});
      u.seen = s.seen = n.seen = true; u.roles.push('_admin'); s.admins.names = ['u'];
    }"""
    assert say(shared, source, *[{}] * 20) == [None] * 20
    assert say(shared, source, {}) == [None]


def test_an_object_with_awkward_keys_is_what_it_is(shared: Engine) -> None:
    rules = program("function (n, o, u, s) { throw({forbidden: [Object.keys(n), Object.keys(u), u.name]}); }")
    user = b'{"__proto__":{"name":"other"},"name":null,"constructor":1}'
    doc = b'{"__proto__":1,"toString":2,"10":3,"":4}'
    told = shared.validate(rules, user, SECURITY, [Candidate("a", json.loads(doc))] * 5)
    assert told == [forbidden([["10", "__proto__", "toString", ""], ["__proto__", "name", "constructor"], None])] * 5


KEY = st.text('aé"\\\0\u2028😀z', max_size=4)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEY, inner, max_size=5),
    max_leaves=20,
)


@given(docs=st.lists(st.dictionaries(KEY, JSON, max_size=6), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_whole_numbers_and_texts_go_in_and_out_unchanged(shared: Engine, docs: list[Any]) -> None:
    told = say(shared, "function (n) { throw({forbidden: {it: n}}); }", *docs)
    assert [one and one.reason for one in told] == [{"it": doc} for doc in docs]


def test_a_function_that_promises_what_it_reads_is_shown_no_more(shared: Engine) -> None:
    text = program("function (n) { throw({forbidden: n}); }").text
    doc = {"_id": "a", "lines": [1, 2], "b": {"c": 1}}
    for reads, shown in (
        (["_id", "b", "no"], {"_id": "a", "b": {"c": 1}}),
        ([], {}),
        (["lines{}", "b{}", "_id{}", "no{}"], {"lines": [], "b": {}, "_id": "a"}),
        ("b", doc),
        ([5], doc),
        (None, doc),
    ):
        rules = Program.of("d", "_design/rules", text, reads)
        assert shared.validate(rules, USER, SECURITY, [Candidate("a", doc)]) == [forbidden(shown)]


def test_half_a_character_is_told_as_a_whole_one(shared: Engine) -> None:
    source = r"function () { throw({forbidden: '\ud800\udc00|\ud800|\udc00\udc00|\\ud800|\\\ud800'}); }"
    assert say(shared, source, {}) == [forbidden("\U00010000|\ufffd|\ufffd\ufffd|\\ud800|\\\ufffd")]


def test_what_a_function_logs_is_logged(shared: Engine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "couchtill.couchjs"):
        say(shared, "function (n) { log('hello ' + n.a); log({b: n.a}); }", {"a": 1})
        say(shared, "function (n) { for (var i = 0; i < 5000; i++) log('much'); }", {})
    lines = [record.getMessage() for record in caplog.records]
    assert lines[:2] == ["d: _design/rules says: hello 1", 'd: _design/rules says: {"b":1}']
    assert len(lines) == 2 + 100


# ---------------------------------------------------------------- what goes wrong

TIMED_OUT = Refusal("os_process_error", engines.TIMED_OUT)
BROKE = Refusal("os_process_error", engines.ENDED)


@pytest.mark.parametrize(
    "body",
    [
        "while (true) {}",
        "for (;;) { try { while (true) {} } catch (e) {} finally {} }",
        "/^(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')",
        "Array.prototype.indexOf.call({length: 9e15}, 1)",
        "var a = []; for (var i = 0; i < 1e9; i++) a[i % 10] = [i];",
    ],
)
def test_a_function_that_goes_on_for_ever_is_stopped_and_the_next_call_goes_on(shared: Engine, body: str) -> None:
    source = f"function (n) {{ if (n.bad) {{ {body} }} }}"
    assert say(shared, source, {"bad": 1}) == [TIMED_OUT]
    assert say(shared, source, {}) == [None]


@pytest.mark.parametrize(
    "body",
    [
        "var a = []; while (true) a.push(new Array(1000).fill(1));",
        "var a = ['x']; while (true) a = a.concat(a);",
        "var o = {}; for (var i = 0; ; i++) o['key' + i] = {i: i};",
        "new Uint8Array(1 << 30); ",
        "while (true) { try { var a = []; while (true) a.push('x'.repeat(1e6) + a.length); } catch (e) {} }",
    ],
)
def test_a_function_that_takes_all_memory_is_ended(shared: Engine, body: str) -> None:
    source = f"function (n) {{ if (n.bad) {{ {body} }} }}"
    (told,) = say(shared, source, {"bad": 1})
    assert told in (BROKE, TIMED_OUT) or (told is not None and told.error in ("RangeError", "TypeError"))
    assert say(shared, source, {}) == [None]


def test_a_function_that_calls_itself_for_ever_is_told_so(shared: Engine) -> None:
    source = "function (n) { if (n.bad) (function f(a) { return f(a + 1) + 1; })(0); }"
    assert say(shared, source, {"bad": 1}, {}) == [Refusal("RangeError", "Maximum call stack size exceeded"), None]


def test_a_document_nested_as_deeply_as_the_store_takes_is_read(shared: Engine) -> None:
    deep: Any = 1
    for _ in range(399):
        deep = [deep]
    assert say(shared, "function (n) { throw({forbidden: n.deep.length}); }", {"deep": deep}) == [forbidden(1)]


def test_a_large_document_gets_more_time_and_memory(shared: Engine) -> None:
    doc = {"texts": ["x" * 1000] * 8000, "numbers": list(range(200_000))}
    assert say(shared, "function (n) { throw({forbidden: n.numbers.length}); }", doc) == [forbidden(200_000)]


def test_of_many_documents_only_those_at_which_it_fails_are_refused(shared: Engine) -> None:
    source = "function (n) { if (n.bad) while (true) {} if (n.no) throw({forbidden: 'no'}); }"
    docs = [{"bad": at == 70, "no": at % 50 == 49} for at in range(150)]
    told = say(shared, source, *docs)
    assert told == [TIMED_OUT if doc["bad"] else forbidden("no") if doc["no"] else None for doc in docs]


def test_one_that_fails_at_every_document_is_tried_three_times(engine: Engine) -> None:
    started = time.process_time()
    assert say(engine, "function () { while (true) {} }", *[{}] * 500) == [TIMED_OUT] * 500
    assert engine.troubles.all()[0].times == engines.TRIES
    assert time.process_time() - started < 30


def test_what_goes_wrong_is_kept_and_logged_at_the_1st_2nd_4th_8th_time(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Any] = []
    engine.troubles.heard = heard.append
    with caplog.at_level(logging.ERROR, "couchtill.couchjs"):
        for _ in range(9):
            say(engine, "function (n) { n.x.y; }", {})
    (trouble,) = engine.troubles.of("d")
    assert (trouble.design, trouble.function, trouble.what) == ("_design/rules", "validate_doc_update", "error")
    assert (trouble.about, trouble.times, len(heard)) == ("doc0", 9, 9) and trouble.first_at <= trouble.at
    assert len(caplog.records) == 4 and engine.troubles.of("other") == []


def together(*calls: Callable[[], object]) -> list[object]:
    """What calls at one moment answer, in their order; what one raises is its answer."""
    found: list[object] = [None] * len(calls)

    def run(at: int, call: Callable[[], object]) -> None:
        try:
            found[at] = call()
        except Exception as error:
            found[at] = error

    threads = [threading.Thread(target=run, args=(at, call)) for at, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_many_callers_at_once_get_each_their_own_answers(shared: Engine) -> None:
    def call(at: int) -> list[Refusal | None]:
        return say(shared, "function (n) { throw({forbidden: n.a}); }", *[{"a": at * 1000 + i} for i in range(120)])

    found = together(*[lambda at=at: call(at) for at in range(12)])
    assert found == [[forbidden(at * 1000 + i) for i in range(120)] for at in range(12)]
    assert len(shared.pool.processes) <= pools.WORKERS


def test_functions_that_loop_hold_up_no_other(engine: Engine) -> None:
    """Eight callers of a loop, and one that counts: it is through before the loops are."""
    stop = threading.Event()
    good: list[int] = []

    def loops() -> object:
        return say(engine, program("function () { while (true) {} }", database="bad"), *[{}] * 50)

    def works() -> object:
        while not stop.is_set():
            assert say(engine, "function (n) { throw({forbidden: n.a}); }", {"a": 1}) == [forbidden(1)]
            good.append(1)
        return None

    def ends() -> object:
        found = together(*[loops] * 8)
        stop.set()
        return found

    found, none = together(ends, works)
    assert none is None and good
    for answer in found:  # type: ignore[attr-defined]
        assert isinstance(answer, engines.Busy) or set(answer) == {TIMED_OUT}
    assert any(not isinstance(answer, engines.Busy) for answer in found)  # type: ignore[attr-defined]


def test_a_process_that_is_killed_is_replaced_and_costs_no_answer(engine: Engine) -> None:
    rules = "function (n) { throw({forbidden: 'no'}); }"
    assert say(engine, rules, {}) == [forbidden("no")]
    for count in (1, 2):
        for process in list(engine.pool.processes):
            process.kill()
        assert say(engine, rules, *[{}] * count) == [forbidden("no")] * count
    assert engine.troubles.all() == []


def test_one_that_no_clock_stops_is_killed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.couchjs.process.PATIENCE", -0.15)  # before QuickJS looks at its own clock
    monkeypatch.setattr(pools, "LOOK", 0.02)
    assert say(engine, "function () { while (true) {} }", {}) == [TIMED_OUT]
    monkeypatch.undo()
    assert say(engine, "function (n) { throw({forbidden: 'no'}); }", {}) == [forbidden("no")]


def test_an_engine_that_is_closed_has_no_processes_and_takes_no_calls() -> None:
    engine = Engine()
    say(engine, "function () {}", {})
    processes = [process._process for process in engine.pool.processes]
    engine.close()
    assert processes and all(process.poll() is not None for process in processes)
    with pytest.raises(engines.Busy):
        say(engine, "function () {}", {})


def test_design_documents_beyond_those_that_are_kept_are_taught_again(engine: Engine) -> None:
    for _ in range(2):
        for at in range(80):
            assert say(engine, f"function (n) {{ throw({{forbidden: {at}}}); }}", {}) == [forbidden(at)]


# ---------------------------------------------------------------- filters


def test_a_filter_says_which_documents_pass(shared: Engine) -> None:
    rules = program(filters={"t": "function (doc, req) { return doc.type === req.query.type; }"})
    docs = [json.dumps({"type": "a" if at % 3 else "b"}).encode() for at in range(250)]
    passes = shared.filter(rules, "filter", "t", b'{"query":{"type":"b"}}', docs)
    assert passes == [at % 3 == 0 for at in range(250)]


def test_a_view_lets_pass_what_it_emits_something_of(shared: Engine) -> None:
    rules = program(views={"v": {"map": "function (doc) { if (doc.a) { emit(1); emit(2); } }"}})
    assert shared.filter(rules, "filter_view", "v", b"null", [b'{"a":1}', b"{}", b'{"a":2}']) == [True, False, True]


@pytest.mark.parametrize(
    "source, error",
    [
        ("function (doc) { doc.x.y; }", "TypeError"),
        ("function (doc", "compilation_error"),
        ("function (doc) { while (true) {} }", "os_process_error"),
        ("function (doc) { throw({forbidden: 'x'}); }", "unnamed_error"),
        ("function (doc) { throw(1); }", "unnamed_error"),
    ],
)
def test_a_filter_that_fails_fails_the_whole_feed(shared: Engine, source: str, error: str) -> None:
    with pytest.raises(Stopped) as stopped:
        shared.filter(program(filters={"f": source}), "filter", "f", b"{}", [b"{}"])
    assert stopped.value.error == error
