// Totals by hour, in UTC: GET …/_view/by_hour?group=true&startkey=["2026-11-22"]
function (doc) {
  if (doc.type === 'order' && typeof doc.total === 'number' && typeof doc.at === 'string') {
    emit([doc.at.slice(0, 10), doc.at.slice(11, 13), doc.currency], doc.total);
  }
}
