// How the table above is applied. A refusal is one sentence, which names the field; the node translates it, so each
// sentence stands in app/web/rule_words.py too.
function refuse(sentence) {
  throw ({forbidden: sentence});
}

function has(list, value) {
  for (var i = 0; i < list.length; i++) if (list[i] === value) return true;
  return false;
}

function named(group) {  // whether the user is one of those in a group of _security
  if (!group) return false;
  if (userCtx.name && has(group.names || [], userCtx.name)) return true;
  for (var i = 0; i < userCtx.roles.length; i++) if (has(group.roles || [], userCtx.roles[i])) return true;
  return false;
}

var id = newDoc._id, colon = id.indexOf(':'), prefix = colon < 0 ? '' : id.slice(0, colon);
var deleted = newDoc._deleted === true;
var type = typeof newDoc.type === 'string' ? newDoc.type : '';
var rule = WRITTEN.hasOwnProperty(prefix) ? ' ' + WRITTEN[prefix] + ' ' : '';

function may(what) {
  return rule.indexOf(' ' + what + ' ') >= 0;
}

if (!rule) {
  if (!deleted && WRITTEN.hasOwnProperty(type)) refuse('The field “_id” must begin with “' + type + ':”, as the type says.');
  if (has(ELSEWHERE, prefix) || (!deleted && has(ELSEWHERE, type))) {
    refuse('A document of the type “' + (has(ELSEWHERE, prefix) ? prefix : type) + '” belongs into ' + OTHER +
           ', not into ' + BELONGS + '.');
  }
  return;
}

// ---------------------------------------------------------------- who

var office = has(userCtx.roles, 'office') || has(userCtx.roles, '_admin') || named(secObj && secObj.admins);
if (!office) {
  if (!has(userCtx.roles, 'terminal')) {
    refuse('Documents of the type “' + prefix + '” are written by tills and head office, and this user is neither.');
  }
  if (may('own') && id.indexOf(prefix + ':terminal:') !== 0) {
    refuse('Of the documents of the type “' + prefix + '” a till writes its own alone, “' + prefix + ':terminal:…”.');
  }
  if (!may('till') && !may('own')) {
    refuse('Documents of the type “' + prefix + '” are written by head office, not by a till.');
  }
}

// ---------------------------------------------------------------- how often

var old = oldDoc && !oldDoc._deleted ? oldDoc : null;
if (may('once')) {
  if (old && !deleted) {
    refuse('A document of the type “' + prefix + '” is written once: another one that names it corrects it.');
  }
  if (deleted) {
    if (!office) refuse('A document of the type “' + prefix + '” is written once: only head office deletes it.');
    if (typeof newDoc.resolution !== 'string' || newDoc.resolution.indexOf('resolution:') !== 0) {
      refuse('A document of the type “' + prefix + '” is written once: who deletes it names the decision in the field ' +
             '“resolution”.');
    }
  }
}
if (deleted) return;  // a tombstone may say anything else, or nothing
if (old && old.erased === true && newDoc.erased !== true) {
  refuse('The field “erased” must stay true: this person’s data were erased, and are not brought back.');
}

// ---------------------------------------------------------------- what

function must(fits, field, what) {
  if (!fits) refuse('The field “' + field + '” must be ' + what + '.');
}
function isText(value) {
  return typeof value === 'string';
}
function isFilled(value) {
  return typeof value === 'string' && value !== '';
}
function isWhole(value) {
  return typeof value === 'number' && Math.floor(value) === value && Math.abs(value) <= 9007199254740991;
}
function isObject(value) {
  return typeof value === 'object' && value !== null && Object.prototype.toString.call(value) !== '[object Array]';
}
function isList(value) {
  return Object.prototype.toString.call(value) === '[object Array]';
}
function isTime(value) {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
}
function isHash(value) {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
function text(field) {
  must(isText(newDoc[field]), field, 'text');
}
function filled(field) {
  must(isFilled(newDoc[field]), field, 'text, and not empty');
}
function whole(field) {
  must(isWhole(newDoc[field]), field, 'a whole number');
}
function list(field) {
  must(isList(newDoc[field]), field, 'a list');
}
function object(field) {
  must(isObject(newDoc[field]), field, 'an object');
}
function reference(field, start) {
  must(isText(newDoc[field]) && newDoc[field].indexOf(start) === 0, field, 'an id that begins with “' + start + '”');
}
function same(field, value) {
  must(newDoc[field] === value, field, '“' + value + '”, as in the field “_id”');
}

must(type === prefix, 'type', '“' + prefix + '”, as the field “_id” begins');
must(isWhole(newDoc.schema) && newDoc.schema >= 1, 'schema', 'a whole number from 1 on');
if (newDoc.updated_at !== undefined && newDoc.updated_at !== null) {
  must(isTime(newDoc.updated_at), 'updated_at', 'a time in UTC, like 2026-11-22T09:30:00.000Z');
}

// A link of a terminal's journal: its place stands in its id.
function journalled() {
  var parts = /^[a-z]+:([a-z][a-z0-9-]*\.[0-9a-z]{2,3}):(\d{8,}):([0-9a-f]{10})$/.exec(id);
  must(parts, '_id', '“' + prefix + ':<series>:<number, 8 digits>:<10 hex digits>”');
  same('series', parts[1]);
  whole('journal');
  var numbered = prefix === 'order' || prefix === 'zreport' ? 'number' : 'journal';
  must(newDoc[numbered] === Number(parts[2]), numbered, '“' + Number(parts[2]) + '”, as in the field “_id”');
  must(isHash(newDoc.hash), 'hash', '64 hex digits');
  must(newDoc.prev === null || isHash(newDoc.prev), 'prev', '64 hex digits, or null');
  must(isTime(newDoc.at), 'at', 'a time in UTC, like 2026-11-22T09:30:00.000Z');
}

// Only the shapes that this version knows: what a newer program writes, it answers for.
switch (newDoc.schema <= (prefix === 'order' ? 2 : 1) ? prefix : '') {
  case 'order': journalled(); whole('total'); filled('currency'); break;
  case 'shift': journalled(); whole('float'); break;
  case 'zreport': journalled(); break;
  case 'cash': journalled(); filled('kind'); whole('amount'); break;
  case 'event': journalled(); filled('kind'); break;
  case 'stock': journalled(); break;
  case 'posting': journalled(); break;
  case 'resolution': filled('about'); filled('kind'); list('leaves'); break;
  case 'erasure': filled('about'); filled('reason'); break;
  case 'booking': filled('business_date'); list('documents'); list('rows'); break;
  case 'ledger': filled('account'); whole('amount'); reference('order', 'order:'); filled('currency'); break;
  case 'terminal': same('terminal', id.slice(colon + 1)); list('incarnations'); break;
  case 'cart': object('lines'); break;
  case 'staff': text('name'); filled('role'); break;
  case 'customer': text('name'); break;
  case 'product': filled('name'); break;
  case 'category': filled('name'); break;
  case 'tax': filled('name'); whole('rate'); break;
  case 'pricelist': filled('name'); list('prices'); break;
  case 'promotion': filled('name'); break;
  case 'store': same('id', id.slice(colon + 1)); filled('currency'); filled('timezone'); break;
  case 'giftcard': filled('currency'); break;
  case 'settings': same('scope', id.slice(colon + 1)); object('values'); break;
  case 'task': filled('kind'); filled('about'); break;
  case 'incident': filled('kind'); break;
}
