const TRIED = "showtell-isolated";

/**
 * Installs the service worker: the page works offline from then on. Where the host does not isolate the page from other
 * origins, the worker does, from the next load on.
 * @returns whether the page is being loaded again for that
 */
export async function isolate(): Promise<boolean> {
  if (!("serviceWorker" in navigator)) return false;
  try {
    await navigator.serviceWorker.register("sw.js");
    if (globalThis.crossOriginIsolated || sessionStorage.getItem(TRIED)) return false;
    // A second load that is not isolated either (a browser that cannot) must not be followed by a third.
    sessionStorage.setItem(TRIED, "yes");
    const controlled = navigator.serviceWorker.controller ? true : await firstControl();
    if (controlled) location.reload();
    return controlled;
  } catch {
    // Private windows and plain http have no service workers; the page works without.
    return false;
  }
}

function firstControl(): Promise<boolean> {
  return new Promise((resolve) => {
    navigator.serviceWorker.addEventListener("controllerchange", () => resolve(true), { once: true });
    setTimeout(() => resolve(false), 3000);
  });
}
