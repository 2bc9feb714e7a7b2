// A PouchDB 9 that is driven from outside: one JSON request a line on standard input, one JSON answer a line on
// standard output. Request: {"call": [database, method, ...args]}; answer: {"ok": result} or {"error": {...}}.
//
// A database is a URL, or a name: then it lies in memory, or in the folder that is the first argument.
// Methods are PouchDB's own, and these:
//   live(target, options)   starts a live replication from the database to `target`, answers its handle
//   livesync(target, options)   the same both ways
//   state(handle)   {state, docs_written, errors: [...]} of a live replication
//   cancel(handle)   ends it, and answers when it has ended
// Binary data is {"$base64": "..."} in both directions.

import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import PouchDB from 'pouchdb';
import memory from 'pouchdb-adapter-memory';

PouchDB.plugin(memory);
const folder = process.argv[2];
if (folder) mkdirSync(folder, { recursive: true });

/** @type {Map<string, PouchDB>} */
const databases = new Map();
/** @type {Map<number, {replication: any, done: Promise<void>, errors: string[], state: string, written: number}>} */
const live = new Map();

/** The database of that name or URL, opened once. */
function open(name) {
  let database = databases.get(name);
  if (!database) {
    const remote = name.includes('://');
    const place = remote || !folder ? name : `${folder}/${encodeURIComponent(name)}`;
    database = new PouchDB(place, remote ? { skip_setup: true } : { adapter: folder ? 'leveldb' : 'memory' });
    databases.set(name, database);
  }
  return database;
}

function follow(replication) {
  const entry = { replication, errors: [], state: 'active', written: 0 };
  const say = (error) => entry.errors.push(`${error?.status ?? ''} ${error?.name ?? ''} ${error?.reason ?? error}`.trim());
  replication.on('active', () => { entry.state = 'active'; });
  replication.on('paused', (error) => { entry.state = 'paused'; if (error) say(error); });
  replication.on('denied', (error) => say(error?.doc ?? error));
  replication.on('change', (info) => {
    entry.written = info.change ? entry.written + info.change.docs.length : info.docs_written;
  });
  entry.done = new Promise((resolve) => {
    replication.on('complete', () => { entry.state = 'complete'; resolve(); });
    replication.on('error', (error) => { entry.state = 'error'; say(error); resolve(); });
  });
  replication.catch(() => {});
  live.set(live.size + 1, entry);
  return live.size;
}

const own = {
  live: (database, target, options) => follow(database.replicate.to(open(target), { live: true, retry: true, ...options })),
  livesync: (database, target, options) => follow(database.sync(open(target), { live: true, retry: true, ...options })),
  state: (_, handle) => {
    const { state, written, errors } = live.get(handle);
    return { state, docs_written: written, errors };
  },
  cancel: async (_, handle) => {
    const entry = live.get(handle);
    entry.replication.cancel();
    await entry.done;
    return entry.state;
  },
  'replicate.to': (database, target, options) => database.replicate.to(open(target), options),
  'replicate.from': (database, source, options) => database.replicate.from(open(source), options),
  sync: (database, target, options) => database.sync(open(target), options),
  destroy: async (database) => { const answer = await database.destroy(); databases.delete(database.name); return answer; },
};

const revive = (_, value) => (value && typeof value.$base64 === 'string' ? Buffer.from(value.$base64, 'base64') : value);

/** Buffers as {"$base64"}, errors in an answer (refused documents) as their fields. */
function plain(value) {
  if (Buffer.isBuffer(value)) return { $base64: value.toString('base64') };
  if (value instanceof Error) return { name: value.name, message: value.message, status: value.status, reason: value.reason, ...value };
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === 'object') {
    if (value instanceof Date) return value.toISOString();
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  }
  return value;
}

async function answer(line) {
  try {
    const [name, method, ...args] = JSON.parse(line, revive).call;
    const database = open(name);
    const result = method in own ? await own[method](database, ...args) : await database[method](...args);
    return { ok: plain(result) ?? null };
  } catch (error) {
    return { error: plain(error instanceof Error ? error : { message: String(error?.message ?? error), ...error }) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
process.exit(0);
