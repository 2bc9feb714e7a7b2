// One replication by PouchDB 9 between two databases, timed: node replicate.js SOURCE TARGET '{"batch_size": 1000}'
// Prints PouchDB's result with `seconds`. A name without "://" is a database in memory that starts empty; with
// {"fill": 10000} in the options the source is filled with that many orders first, outside the time.

import PouchDB from 'pouchdb';
import memory from 'pouchdb-adapter-memory';

PouchDB.plugin(memory);
const [source, target, text = '{}'] = process.argv.slice(2);
const { fill = 0, ...options } = JSON.parse(text);
const open = (name) => new PouchDB(name, name.includes('://') ? {} : { adapter: 'memory' });
const [from, to] = [open(source), open(target)];

for (let done = 0; done < fill; done += 1000) {
  const docs = Array.from({ length: Math.min(1000, fill - done) }, (_, i) => ({
    _id: `order:s1-t1.aa:${String(done + i).padStart(8, '0')}:0123456789`, type: 'order', schema: 1,
    lines: Array.from({ length: 6 }, (_, line) => ({
      id: `l${line}`, product: `product:${1000 + line}`, name: 'SHREDDED CHEESE', quantity: 1000,
      price: { amount: 199, per: 1000 }, discounts: [], tax: [], total: 199,
    })),
    total: 1194,
  }));
  await from.bulkDocs(docs);
}

const start = process.hrtime.bigint();
try {
  const result = await PouchDB.replicate(from, to, options);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  console.log(JSON.stringify({ ...result, seconds }));
  process.exit(0);
} catch (error) {
  console.log(JSON.stringify({ error: { name: error.name, status: error.status, message: error.message, reason: error.reason } }));
  process.exit(1);
}
