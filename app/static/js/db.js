/** IndexedDB with promises: open, one transaction at a time, all or nothing. */

/**
 * @param {string} name
 * @param {number} version
 * @param {(db: IDBDatabase, from: number, change: IDBTransaction) => void} upgrade
 * @returns {Promise<IDBDatabase>}
 */
export function openDatabase(name, version, upgrade) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name, version);
    opening.onupgradeneeded = (event) => upgrade(opening.result, event.oldVersion, /** @type {IDBTransaction} */ (opening.transaction));
    opening.onsuccess = () => {
      // A newer page wants another version of it: let go, the other window counts.
      opening.result.onversionchange = () => opening.result.close();
      resolve(opening.result);
    };
    opening.onerror = () => reject(opening.error);
    opening.onblocked = () => reject(new Error("an older window holds the database"));
  });
}

/**
 * Runs `work` in one transaction; what it returns once all of it is written. An error aborts it, and nothing is written.
 * @template T
 * @param {IDBDatabase} db
 * @param {string | string[]} stores
 * @param {"readonly" | "readwrite"} mode
 * @param {(transaction: IDBTransaction) => Promise<T> | T} work may await nothing but requests of this transaction
 * @param {{durable?: boolean}} [how] durable: on the disk, not only with the system, when this has come to its end
 * @returns {Promise<T>}
 */
export function within(db, stores, mode, work, { durable = false } = {}) {
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(stores, mode, { durability: durable ? "strict" : "relaxed" });
    /** @type {T} */
    let result;
    /** @type {unknown} */
    let failed = null;
    transaction.oncomplete = () => resolve(result);
    transaction.onabort = () => reject(failed ?? transaction.error ?? new Error("the browser gave the transaction up"));
    Promise.resolve(work(transaction)).then(
      (value) => (result = value),
      (error) => {
        failed = error;
        try {
          transaction.abort();
        } catch {
          reject(error); // it had come to its end already
        }
      },
    );
  });
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
