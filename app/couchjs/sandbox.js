// What the functions of one design document run in: CouchDB's names (log, sum, isArray, toJSON, emit, require), and how
// each kind of function is called. The text of the design document comes in, a function that calls them goes out:
// (kind, argument, argument, argument), all of them texts.
//
// It answers [results, lines of the log] as JSON. A result is 1 (passed), ["forbidden", reason],
// ["unauthorized", reason], or ["error", name, reason] for what a function should not have thrown: as CouchDB's
// share/server/validate.js and loop.js tell them apart.
(function (text) {
  var parse = JSON.parse, stringify = JSON.stringify, evaluate = eval, string = String;
  var isArray = Array.isArray, keys = Object.keys;
  var ddoc = parse(text), compiled = {}, modules = {}, said = [], emitted = false, pairs = null;
  var MOST_LINES = 100, LONGEST_LINE = 2000;

  function give(name, value) {
    Object.defineProperty(globalThis, name, {value: value, writable: true, configurable: true, enumerable: false});
  }
  give('log', function (message) {
    if (said.length >= MOST_LINES) return;
    var line = typeof message === 'string' ? message : stringify(isError(message) ? shown(message) : message);
    said.push(string(line).slice(0, LONGEST_LINE));
  });
  give('isArray', isArray);
  give('toJSON', stringify);
  give('sum', function (values) {
    var total = 0;
    for (var i = 0; i < values.length; i++) total += values[i];
    return total;
  });
  give('emit', function (key, value) {
    emitted = true;
    if (pairs) pairs.push([key, value]);
  });

  // ---------------------------------------------------------------- compiling

  // CouchDB's CommonJS: `require('lib/rules')` is a member of the design document that holds a module's text.
  function resolve(names, at) {
    while (names.length) {
      var name = names.shift();
      if (name === '.' || name === '..') {
        var up = name === '.' ? at.parent : at.parent && at.parent.parent;
        if (!up) throw ['error', 'invalid_require_path', 'Object has no parent'];
        at = {current: up.current, parent: up.parent, id: up.id};
        continue;
      }
      if (at.current === null || typeof at.current !== 'object' || at.current[name] === undefined) {
        throw ['error', 'invalid_require_path', 'Object has no property "' + name + '".'];
      }
      at = {current: at.current[name], parent: at, id: at.id ? at.id + '/' + name : name};
    }
    if (typeof at.current !== 'string') {
      throw ['error', 'invalid_require_path', 'Must require a JavaScript string, not: ' + typeof at.current];
    }
    return at;
  }

  function requireFrom(from) {
    return function (name) {
      var names = name.split('/');
      var root = {current: ddoc, parent: null, id: ''};
      var found = resolve(names, names[0] === '.' || names[0] === '..' ? from : root);
      if (!modules.hasOwnProperty(found.id)) {
        var module = {id: found.id, exports: {}};
        modules[found.id] = {};
        try {
          evaluate('(function (module, exports, require) {' + found.current + '\n})')
            .call({}, module, module.exports, requireFrom(found));
        } catch (error) {
          throw ['error', 'compilation_error', "Module require('" + name + "') raised error " + string(error)];
        }
        modules[found.id] = module.exports;
      }
      return modules[found.id];
    };
  }
  give('require', requireFrom({current: ddoc, parent: null, id: ''}));

  function compile(path) {
    var name = path.join('.');
    if (compiled.hasOwnProperty(name)) return compiled[name];
    var source = ddoc;
    for (var i = 0; i < path.length; i++) source = source === null || source === undefined ? undefined : source[path[i]];
    if (!source) {
      throw ['error', 'not_found', 'missing ' + path[0] + ' function ' + path[path.length - 1] +
             ' on design doc ' + ddoc._id];
    }
    var made;
    try {
      made = evaluate('(function () { var made = ' + source + '\n; return made; })()');
    } catch (error) {
      throw ['error', 'compilation_error', string(error) + ' (' + source + ')'];
    }
    if (typeof made !== 'function') {
      throw ['error', 'compilation_error', 'Expression does not eval to a function. (' + source + ')'];
    }
    compiled[name] = made;
    return made;
  }

  // ---------------------------------------------------------------- what was thrown

  function isError(thrown) {
    return thrown !== null && typeof thrown === 'object' && thrown.name && thrown.stack;
  }

  function shown(error) {
    return {error: string(error.name), message: string(error.message)};
  }

  function judged(thrown) {
    if (thrown === 1 || thrown === true) return 1;
    if (thrown === null || thrown === undefined) return ['error', 'TypeError', string(thrown) + ' was thrown'];
    if (typeof thrown === 'string') return ['error', 'unknown_error', thrown];
    if (isArray(thrown)) {
      return thrown[0] === 'error' || thrown[0] === 'fatal'
        ? ['error', string(thrown[1]), string(thrown[2])]
        : ['error', 'unknown_error', stringify(thrown)];
    }
    if (isError(thrown)) {
      if (thrown.name === 'InternalError') throw thrown;  // out of memory: this sandbox is not used again
      return ['error', string(thrown.name), string(thrown.message)];
    }
    var names = typeof thrown === 'object' ? keys(thrown) : [];
    if (names.length !== 1) return ['error', 'unknown_error', string(stringify(thrown))];
    var reason = thrown[names[0]];
    if (names[0] === 'forbidden' || names[0] === 'unauthorized') {
      return [names[0], reason === undefined ? null : reason];
    }
    return ['error', 'unknown_error', typeof reason === 'string' ? reason : string(stringify(reason))];
  }

  // A filter has nothing to forbid: whatever it throws is its failure.
  function failed(thrown) {
    var verdict = judged(thrown);
    return verdict[0] === 'error' ? verdict : ['error', 'unnamed_error', string(stringify(thrown))];
  }

  function answer(results) {
    var lines = said;
    said = [];
    // Half a character is no JSON for anybody else.
    return stringify([results, lines]).replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, '$1\\ufffd');
  }

  // ---------------------------------------------------------------- the kinds of functions

  // Objects that a function may change are made anew for every call; reading JSON again each time would cost more than
  // the call. A key named __proto__ means another thing in a literal than in JSON.
  function maker(json) {
    if (json.indexOf('__proto__') >= 0) return function () { return parse(json); };
    return evaluate('(function () { return ' + json + '\n})');
  }

  // Map functions of one design document are shown one document: what one of them does to it, the next must not see.
  function frozen(value) {
    if (value !== null && typeof value === 'object') {
      Object.freeze(value);
      for (var name in value) frozen(value[name]);
    }
    return value;
  }

  // What a map or reduce function threw: it did nothing for this document; CouchDB goes on as well, unless it is told
  // that all is lost.
  function passed(thrown) {
    var verdict = judged(thrown);
    if (thrown === 'fatal_error') throw ['error', 'map_runtime_error', "function raised 'fatal_error'"];
    if (isArray(thrown) && thrown[0] === 'fatal') throw thrown;
    said.push('function raised exception ' + string(stringify(verdict)).slice(0, LONGEST_LINE));
    if (said.length > MOST_LINES) said.length = MOST_LINES;
  }

  var kinds = {
    // What the map functions of the views named make of each document: of each document for each view [[key, value], …].
    map: function (names, unused, docs) {
      var results = [];
      try {
        var views = parse(names), all = parse(docs), maps = [];
        for (var v = 0; v < views.length; v++) maps.push(compile(['views', views[v], 'map']));
        for (var i = 0; i < all.length; i++) {
          var doc = frozen(all[i]), made = [];
          for (var m = 0; m < maps.length; m++) {
            pairs = [];
            try {
              maps[m].call(ddoc, doc);
              made.push(parse(stringify(pairs)));
            } catch (thrown) {
              passed(thrown);
              made.push([]);
            }
          }
          results.push(made);
        }
      } catch (thrown) {
        return answer(failed(thrown));
      } finally {
        pairs = null;
      }
      return answer(results);
    },

    // groups: [[keys, values], …], keys being [[key, id], …], or null where values are what was reduced before.
    reduce: function (name, unused, groups) {
      var results = [];
      try {
        var reduces = compile(['views', name, 'reduce']), all = parse(groups);
        for (var i = 0; i < all.length; i++) {
          try {
            var made = reduces.call(ddoc, all[i][0], all[i][1], all[i][0] === null);
            results.push(made === undefined ? null : made);
          } catch (thrown) {
            passed(thrown);
            results.push(null);
          }
        }
      } catch (thrown) {
        return answer(failed(thrown));
      }
      return answer(results);
    },

    // docs: [[newDoc, oldDoc or null], …]
    validate: function (user, security, docs) {
      var results = [], check, pairs = parse(docs);
      try {
        check = compile(['validate_doc_update']);
      } catch (thrown) {
        check = function () { throw thrown; };
      }
      var few = pairs.length < 4;
      var makeUser = few ? null : maker(user), makeSecurity = few ? null : maker(security);
      for (var i = 0; i < pairs.length; i++) {
        var userCtx = few ? parse(user) : makeUser(), secObj = few ? parse(security) : makeSecurity();
        try {
          check.call(ddoc, pairs[i][0], pairs[i][1], userCtx, secObj);
          results.push(1);
        } catch (thrown) {
          results.push(judged(thrown));
        }
      }
      return answer(results);
    },

    // Which of docs pass a filter: [true, false, …], or one error for all.
    filter: function (name, request, docs) {
      var results = [];
      try {
        var passes = compile(['filters', name]), req = parse(request), all = parse(docs);
        for (var i = 0; i < all.length; i++) results.push(passes.call(ddoc, all[i], req) ? true : false);
      } catch (thrown) {
        return answer(failed(thrown));
      }
      return answer(results);
    },

    // As filter, with a view's map function: a document passes that has anything emitted of it.
    filter_view: function (name, request, docs) {
      var results = [];
      try {
        var map = compile(['views', name, 'map']), all = parse(docs);
        for (var i = 0; i < all.length; i++) {
          emitted = false;
          map.call(ddoc, all[i]);
          results.push(emitted);
        }
      } catch (thrown) {
        return answer(failed(thrown));
      }
      return answer(results);
    }
  };
  return function (kind, first, second, third) { return kinds[kind](first, second, third); };
})
