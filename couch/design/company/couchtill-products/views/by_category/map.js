// Products by category and name.
function (doc) {
  if (doc.type === 'product') emit([doc.category || null, doc.name], null);
}
