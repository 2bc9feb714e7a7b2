function (newDoc, oldDoc, userCtx, secObj) {
  // What may be written into the database of the company, which every node has: by whom, and how often.
  //
  //   till    the account of a terminal (role "terminal"), of any store
  //   own     as till, but settings:terminal:<id> alone: what a till sets for itself
  //   office  head office (role "office"), and every admin
  //   once    never changed; deleted by head office alone, which names the decision
  //
  // The user is the one who brings a document, not the one who wrote it: see store/couchtill/validate_doc_update.js,
  // whose reasons hold here too. What head office alone writes, head office alone brings: a till's account opens no way
  // to everybody's prices and taxes. Where a central was put back from an older copy, a till that still has a newer tax
  // is refused it until head office has brought it; the till keeps it meanwhile.
  var WRITTEN = {
    product:    'till office',        // prices are also changed at the till
    customer:   'till office',
    giftcard:   'till office',        // made from the order that sold it
    ledger:     'till office once',   // made from its order, the same by everyone
    incident:   'till office',
    task:       'till office',
    resolution: 'till office once',   // who decided what, of two versions
    erasure:    'till office once',   // that a customer was forgotten
    transfer:   'till office',        // goods between two stores
    settings:   'own office',
    category:   'office',
    tax:        'office',
    pricelist:  'office',
    promotion:  'office',
    store:      'office',
    level:      'office once',        // what head office publishes of the stock
    statement:  'office once'         // … and of customers’ accounts
  };
  var BELONGS = 'the company’s database', OTHER = 'a store’s database';
  var ELSEWHERE = ' order shift zreport cash event stock posting booking terminal cart count staff ';

  //= shared/rules.js
}
