// Documents in dispute, by type: how many losing branches each has.
function (doc) {
  if (doc._conflicts) emit(doc.type || null, doc._conflicts.length);
}
