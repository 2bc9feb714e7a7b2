// What was sold of a product on a day: thousandths of its unit, and minor units of money. Returns are negative.
function (doc) {
  if (doc.type !== 'order' || !doc.lines) return;
  for (var i = 0; i < doc.lines.length; i++) {
    var line = doc.lines[i];
    if (line.product) emit([line.product, doc.business_date, doc.currency], [line.quantity, line.total]);
  }
}
