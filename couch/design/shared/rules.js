// How the table above is applied. A refusal is one sentence, which names the field; the node translates it, so each
// sentence stands in app/web/rule_words.py too. This runs for each document of each write: a function that is made here
// costs as much as three comparisons.
//
// A hub reads no more of a new document than what the functions say that they read: most of a receipt is its lines, of
// which nothing here looks at more than what kind of thing they are (“lines{}”: [], {}, or the value).
//= reads _id _deleted type schema updated_at erased resolution series journal number hash prev at total currency
//= reads float kind amount business_date documents rows about leaves reason account order terminal incarnations
//= reads name role rate prices id timezone scope values lines{} tenders{}
function refuse(sentence) {
  throw ({forbidden: sentence});
}

var id = newDoc._id, colon = id.indexOf(':'), prefix = colon < 0 ? '' : id.slice(0, colon), rest = id.slice(colon + 1);
var deleted = newDoc._deleted === true;
var type = typeof newDoc.type === 'string' ? newDoc.type : '';
var rule = WRITTEN.hasOwnProperty(prefix) ? WRITTEN[prefix] : '';

if (!rule) {
  if (!deleted && WRITTEN.hasOwnProperty(type)) refuse('The field “_id” must begin with “' + type + ':”, as the type says.');
  var astray = ELSEWHERE.indexOf(' ' + prefix + ' ') >= 0 ? prefix : deleted ? '' : type;
  if (astray && ELSEWHERE.indexOf(' ' + astray + ' ') >= 0) {
    refuse('A document of the type “' + astray + '” belongs into ' + OTHER + ', not into ' + BELONGS + '.');
  }
  return;
}

// ---------------------------------------------------------------- who

var roles = userCtx.roles, office = roles.indexOf('office') >= 0 || roles.indexOf('_admin') >= 0;
var till = roles.indexOf('terminal') >= 0;
if (!office && secObj && secObj.admins) {  // an admin of this database is one of those whom its _security names
  office = !!userCtx.name && (secObj.admins.names || []).indexOf(userCtx.name) >= 0;
  for (var i = 0; i < roles.length; i++) office = office || (secObj.admins.roles || []).indexOf(roles[i]) >= 0;
}
if (!office) {
  if (!till) {
    refuse('Documents of the type “' + prefix + '” are written by tills and head office, and this user is neither.');
  }
  if (rule.indexOf('own') === 0 && rest.indexOf('terminal:') !== 0) {
    refuse('Of the documents of the type “' + prefix + '” a till writes its own alone, “' + prefix + ':terminal:…”.');
  }
  if (rule.indexOf('office') === 0) {
    refuse('Documents of the type “' + prefix + '” are written by head office, not by a till.');
  }
}

// ---------------------------------------------------------------- how often

var old = oldDoc && !oldDoc._deleted ? oldDoc : null;
if (rule.indexOf('once') > 0 && (old || deleted)) {
  if (!deleted) refuse('A document of the type “' + prefix + '” is written once: another one that names it corrects it.');
  if (!office) refuse('A document of the type “' + prefix + '” is written once: only head office deletes it.');
  if (typeof newDoc.resolution !== 'string' || newDoc.resolution.indexOf('resolution:') !== 0) {
    refuse('A document of the type “' + prefix + '” is written once: who deletes it names the decision in the field ' +
           '“resolution”.');
  }
}
if (deleted) return;  // a tombstone may say anything else, or nothing
if (old && old.erased === true && newDoc.erased !== true) {
  refuse('The field “erased” must stay true: this person’s data were erased, and are not brought back.');
}

// ---------------------------------------------------------------- what

var FILLED = 'text, and not empty', WHOLE = 'a whole number', LIST = 'a list', HASH = '64 hex digits';
var TIME = 'a time in UTC, like 2026-11-22T09:30:00.000Z';

// Refuses a field that is not what it must be; the words that say so are also what is asked for.
function must(field, what) {
  var value = newDoc[field], kind = typeof value, fits;
  switch (what) {
    case WHOLE: fits = kind === 'number' && Math.floor(value) === value && Math.abs(value) <= 9007199254740991; break;
    case FILLED: fits = kind === 'string' && value !== ''; break;
    case 'text': fits = kind === 'string'; break;
    case HASH: fits = kind === 'string' && /^[0-9a-f]{64}$/.test(value); break;
    case TIME: fits = kind === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value); break;
    case LIST: fits = Object.prototype.toString.call(value) === '[object Array]'; break;
    case 'an object': fits = Object.prototype.toString.call(value) === '[object Object]'; break;
  }
  if (!fits) refuse('The field “' + field + '” must be ' + what + '.');
}

function same(field, value) {
  if (newDoc[field] !== value) refuse('The field “' + field + '” must be “' + value + '”, as in the field “_id”.');
}

if (type !== prefix) refuse('The field “type” must be “' + prefix + '”, as the field “_id” begins.');
var schema = newDoc.schema;
if (typeof schema !== 'number' || Math.floor(schema) !== schema || schema < 1) {
  refuse('The field “schema” must be a whole number from 1 on.');
}
if (newDoc.updated_at !== undefined && newDoc.updated_at !== null) must('updated_at', TIME);

// Only the shapes that this version knows: what a newer program writes, it answers for.
if (schema > (prefix === 'order' ? 2 : 1)) return;

if (rule.indexOf('journal') > 0) {  // a link of a terminal's journal: its place stands in its id
  var parts = /^([a-z][a-z0-9-]*\.[0-9a-z]{2,3}):(\d{8,}):[0-9a-f]{10}$/.exec(rest);
  if (!parts) refuse('The field “_id” must be “' + prefix + ':<series>:<number, 8 digits>:<10 hex digits>”.');
  same('series', parts[1]);
  must('journal', WHOLE);
  same(prefix === 'order' || prefix === 'zreport' ? 'number' : 'journal', Number(parts[2]));
  must('hash', HASH);
  if (newDoc.prev !== null && !/^[0-9a-f]{64}$/.test(newDoc.prev)) refuse('The field “prev” must be 64 hex digits, or null.');
  must('at', TIME);
}

switch (prefix) {
  case 'order':
    must('total', WHOLE); must('currency', FILLED);
    if (newDoc.lines !== undefined) must('lines', LIST);
    if (newDoc.tenders !== undefined) must('tenders', LIST);
    break;
  case 'cart': if (newDoc.lines !== undefined) must('lines', 'an object'); break;
  case 'shift': must('float', WHOLE); break;
  case 'cash': must('kind', FILLED); must('amount', WHOLE); break;
  case 'event': must('kind', FILLED); break;
  case 'booking': must('business_date', FILLED); must('documents', LIST); must('rows', LIST); break;
  case 'resolution': must('about', FILLED); must('kind', FILLED); must('leaves', LIST); break;
  case 'erasure': must('about', FILLED); must('reason', FILLED); break;
  case 'ledger':
    must('account', FILLED); must('amount', WHOLE); must('currency', FILLED);
    if (typeof newDoc.order !== 'string' || newDoc.order.indexOf('order:') !== 0) {
      refuse('The field “order” must be an id that begins with “order:”.');
    }
    break;
  case 'terminal': same('terminal', rest); must('incarnations', LIST); break;
  case 'staff': must('name', 'text'); must('role', FILLED); break;
  case 'customer': must('name', 'text'); break;
  case 'product': must('name', FILLED); break;
  case 'category': must('name', FILLED); break;
  case 'tax': must('name', FILLED); must('rate', WHOLE); break;
  case 'pricelist': must('name', FILLED); must('prices', LIST); break;
  case 'promotion': must('name', FILLED); break;
  case 'store': same('id', rest); must('currency', FILLED); must('timezone', FILLED); break;
  case 'giftcard': must('currency', FILLED); break;
  case 'settings': same('scope', rest); must('values', 'an object'); break;
  case 'task': must('kind', FILLED); must('about', FILLED); break;
  case 'incident': must('kind', FILLED); break;
}
