/**
 * Notices when the till's modules did not load: one is missing from the kept page, or is of another version. Says so, and loads the page
 * anew without what was kept, once; again only when the server was away and is back, so that it never turns in circles. Carts lie elsewhere
 * and stay. No module: it must run when those don't.
 */
(() => {
  const KEY = "couchtill.loaded-anew";
  /** Milliseconds between two looks for the server, and for its answer. */
  const PAUSE = 3000;
  const PATIENCE = 5000;
  let failed = false;

  /** @param {string | null} [value] what to remember in this window; null: nothing more @returns {string | null} */
  const remember = (value) => {
    try {
      if (value === null) sessionStorage.removeItem(KEY);
      else if (value) sessionStorage.setItem(KEY, value);
      return sessionStorage.getItem(KEY);
    } catch {
      return "yes"; // a browser that remembers nothing must not load anew for ever
    }
  };

  const answers = () =>
    fetch("/api/state", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) }).then(
      () => true,
      () => false,
    );

  /** From the server alone: the worker that kept the page goes, and what it kept; the page brings a new one. */
  const loadAnew = async () => {
    remember("yes");
    try {
      for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) await worker.unregister();
      for (const name of await caches.keys()) if (name.startsWith("couchtill-shell-")) await caches.delete(name);
    } catch (error) {
      console.warn("what was kept of the page could not be thrown away:", error);
    }
    location.reload();
  };

  /** @param {boolean} here whether the server answered when it was asked last */
  const wait = async (here) => {
    const now = await answers();
    if (now && !here) return loadAnew();
    setTimeout(() => void wait(now), PAUSE);
  };

  const fail = async () => {
    if (failed) return;
    failed = true;
    const again = remember("") !== null;
    const show = () => {
      for (const [id, shown] of [["broken", true], ["broken-once", !again], ["broken-again", again]]) {
        document.getElementById(String(id))?.toggleAttribute("hidden", !shown);
      }
      document.getElementById("broken-retry")?.addEventListener("click", async () => (await answers()) && (await loadAnew()));
    };
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", show);
    else show();
    const here = await answers();
    if (here && !again) return loadAnew();
    await wait(here);
  };

  addEventListener("error", ({ target }) => target instanceof HTMLScriptElement && target.type === "module" && void fail(), true);
  addEventListener("load", () => {
    if (document.documentElement.dataset.till === "loaded") remember(null);
    else void fail();
  });
})();
