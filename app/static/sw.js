/**
 * Keeps the till's page for when its server is away. The server puts `VERSION`, the hash of all files, and `FILES`, their addresses, above.
 * While the server answers, it counts: nothing is taken from here. Data (`/api/`) never goes through here but pictures.
 */
const SHELL = `couchtill-shell-${VERSION}`;
const PICTURES = "couchtill-pictures";
/** The most pictures that are kept; how long a page may take before the kept one is shown, in milliseconds. */
const MOST = 3000;
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
  // A scan or a sale does not wait for this worker to wake up, in browsers that can be told so.
  const straight = ["barcode/*", "sales", "price", "products", "shift", "carts"].map((path) => ({ urlPattern: `/api/${path}` }));
  event.addRoutes?.({ condition: { or: straight }, source: "network" }).catch(() => {});
  event.waitUntil(
    caches
      .open(SHELL)
      .then((cache) => cache.addAll(FILES.map((url) => new Request(url, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("couchtill-shell-") && name !== SHELL).map((name) => caches.delete(name))))
      .then(() => self.clients.claim())
      .then(() => keepPage()),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(keepPage());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/api/pictures/")) event.respondWith(picture(event));
  else if (request.mode === "navigate") event.respondWith(page(event));
  else if (url.pathname.startsWith("/static/") || url.pathname === "/manifest.webmanifest") event.respondWith(file(request));
});

/** The till's page as the server of this version gives it; one of another version would ask for files that are not here. */
async function keepPage() {
  try {
    const answer = await fetch("/", { credentials: "same-origin", cache: "no-store" });
    await keep(answer);
  } catch {
    // the server is away: what was kept stays
  }
}

/** @param {Response} answer */
async function keep(answer) {
  if (!answer.ok || answer.redirected || answer.headers.get("X-CouchTill-Version") !== VERSION) return;
  const cache = await caches.open(SHELL);
  await cache.put("/", answer.clone());
}

/** @param {FetchEvent} event */
async function page(event) {
  const { pathname } = new URL(event.request.url);
  try {
    const answer = await fetch(event.request, { signal: AbortSignal.timeout(PATIENCE) });
    if (pathname === "/") event.waitUntil(keep(answer.clone()));
    return answer;
  } catch {
    const cache = await caches.open(SHELL);
    const kept = (pathname === "/" || pathname === "/enter" ? await cache.match("/") : undefined) ?? (await cache.match("/away"));
    return kept ?? Response.error();
  }
}

/** @param {Request} request */
async function file(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const cache = await caches.open(SHELL);
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

/** A kept picture at once, and a newer one for the next time. @param {FetchEvent} event */
async function picture(event) {
  const cache = await caches.open(PICTURES);
  const kept = await cache.match(event.request);
  const asked = fetch(event.request).then(async (answer) => {
    if (!answer.ok) return answer;
    await cache.put(event.request, answer.clone());
    const keys = await cache.keys();
    for (const old of keys.slice(0, Math.max(0, keys.length - MOST))) await cache.delete(old);
    return answer;
  });
  if (!kept) return asked;
  event.waitUntil(asked.catch(() => {}));
  return kept;
}
