// Totals by business date and currency: GET …/_view/by_day?group_level=1. Refunds are negative.
function (doc) {
  if (doc.type === 'order' && typeof doc.total === 'number') {
    emit([doc.business_date, doc.currency, doc.terminal], doc.total);
  }
}
