// What is written once: corrected by another document that names it, never by an edit.
var WRITTEN_ONCE = ['order', 'shift', 'zreport', 'cash', 'event', 'stock', 'posting',
                    'ledger', 'level', 'statement', 'resolution', 'erasure'];
function immutable(newDoc, oldDoc, deciding) {
  if (!oldDoc || oldDoc._deleted || WRITTEN_ONCE.indexOf(oldDoc._id.split(':')[0]) < 0) return;
  if (!newDoc._deleted) throw ({forbidden: oldDoc._id + ' is written once: it is not changed.'});
  if (!deciding) throw ({forbidden: oldDoc._id + ' is written once: only head office may delete it.'});
}
