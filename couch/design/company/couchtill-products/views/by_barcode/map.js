// Which product a barcode is, those of its packings too: GET …/_view/by_barcode?key="4006381333931"&include_docs=true
function (doc) {
  if (doc.type !== 'product') return;
  var codes = doc.barcodes || [];
  for (var i = 0; i < codes.length; i++) emit(codes[i], null);
  var units = doc.units || [];
  for (var u = 0; u < units.length; u++) {
    var own = units[u].barcodes || [];
    for (var k = 0; k < own.length; k++) emit(own[k], units[u].name);
  }
}
