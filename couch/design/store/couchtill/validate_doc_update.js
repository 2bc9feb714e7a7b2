function (newDoc, oldDoc, userCtx, secObj) {
  // What may be written into the database of a store (store-<id>), by whom, and how often.
  //
  //   till    the account of a terminal (role "terminal"); which store's it may come into is the database's _security
  //   office  head office (role "office"), and every admin
  //   once    never changed; deleted by head office alone, which names the decision
  //   journal a link of a terminal's journal
  //
  // The user is the one who brings a document, not the one who wrote it: a till may bring what another till sold, and
  // head office brings everything. So nothing here compares a document with the user's name, the database's, or the
  // time; nor does it add anything up: sums, hashes and chains are checked by the nodes, and a sale that happened is
  // not refused for its arithmetic. oldDoc is null for a document that is new here, whatever its revision is called.
  //
  // A type that is not listed may be a newer program's, or somebody else's: it passes as it is, from whoever may come
  // in. A node keeps and replicates what it does not understand; refused here, it would be lost between two that do.
  var WRITTEN = {
    order:      'till office once journal', // a sale, a refund
    shift:      'till office once journal',
    zreport:    'till office once journal',
    cash:       'till office once journal', // in, out, expense, to the safe
    event:      'till office once journal', // reprint, drawer, void, price by hand …
    stock:      'till office once journal', // a movement of goods
    posting:    'till office once journal', // the result of a count
    booking:    'till office once',         // what of a day went to the bookkeeper
    resolution: 'till office once',         // who decided what, of two versions
    erasure:    'till office once',         // that somebody of the staff was forgotten
    terminal:   'till office',              // its series, and which machine has its name
    cart:       'till office',              // parked
    count:      'till office',              // a count under way
    staff:      'till office',              // people are also made at the till
    incident:   'till office',
    task:       'till office'
  };
  var BELONGS = 'a store’s database', OTHER = 'the company’s database';
  var ELSEWHERE = ' product category customer tax pricelist promotion giftcard ledger store transfer level statement ' +
                  'settings ';

  //= shared/rules.js
}
