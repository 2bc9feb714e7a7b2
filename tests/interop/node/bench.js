// PouchDB 9's side of `make bench`, on leveldb as shipped: node bench.js MODE '{"…": …}', one line of JSON at the end.
//   write  {docs, dir}             puts one after another, then bulkDocs of 500: {put, bulk} documents a second
//   push   {docs, dir, url, batch} a filled database to `url`: {seconds}
//   pull   {dir, url, batch}       `url` into an empty database: {seconds, docs}
//   live   {dir, url, count}       two databases in live sync with `url`; a put in A until B's feed has it: {median} s
// `docs` is a file with one document a line. The fetching of modules and the filling are outside every time.

import fs from 'node:fs';
import path from 'node:path';
import PouchDB from 'pouchdb';

const [mode, text] = process.argv.slice(2);
const options = JSON.parse(text);
const open = (name) => new PouchDB(path.join(options.dir, name));
const read = () => fs.readFileSync(options.docs, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const seconds = async (work) => {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
};
const fill = async (database, docs) => {
  for (let at = 0; at < docs.length; at += 500) await database.bulkDocs(docs.slice(at, at + 500));
};

const modes = {
  async write() {
    const docs = read();
    const few = docs.slice(0, 3000);
    const single = open('single');
    const put = few.length / await seconds(async () => { for (const doc of few) await single.put(doc); });
    const many = open('many');
    const bulk = docs.length / await seconds(() => fill(many, docs));
    return { put, bulk };
  },
  async push() {
    const database = open('source');
    await fill(database, read());
    const run = () => database.replicate.to(options.url, { batch_size: options.batch });
    return { seconds: await seconds(run) };
  },
  async pull() {
    const database = open('target');
    await database.info();
    const took = await seconds(() => database.replicate.from(options.url, { batch_size: options.batch }));
    return { seconds: took, docs: (await database.info()).doc_count };
  },
  async live() {
    const [a, b] = [open('a'), open('b')];
    const syncs = [a, b].map((database) => database.sync(options.url, { live: true, retry: true }));
    const arrived = new Map();
    b.changes({ since: 'now', live: true }).on('change', (change) => arrived.get(change.id)?.());
    await new Promise((resolve) => { setTimeout(resolve, 1500); });
    const times = [];
    for (let i = 0; i < options.count; i += 1) {
      const id = `live:${i}`;
      const there = new Promise((resolve) => { arrived.set(id, resolve); });
      times.push(await seconds(async () => { await a.put({ _id: id, ...options.doc }); await there; }));
    }
    syncs.forEach((sync) => sync.cancel());
    times.sort((x, y) => x - y);
    return { median: times[times.length >> 1] };
  },
};

console.log(JSON.stringify(await modes[mode]()));
process.exit(0);
