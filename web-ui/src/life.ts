// How long a page is on show. While uploads run, another page takes its place in the same document (upload/moving.ts): what a script began
// for a page ends with the page's signal, and begins again for the next one.

let leaving = new AbortController();
if (typeof document !== "undefined") {
  document.addEventListener("page-left", () => {
    leaving.abort();
    leaving = new AbortController();
  });
}

/** Aborted when another page takes the place of the one that is on show now. */
export function page(): AbortSignal {
  return leaving.signal;
}

/** Repeats until the page is left. */
export function whileOnShow(act: () => void, everyMs: number): void {
  const timer = setInterval(act, everyMs);
  untilLeft(() => clearInterval(timer));
}

/** Calls what ends something when the page is left. */
export function untilLeft(end: () => void): void {
  page().addEventListener("abort", end, { once: true });
}

/** Calls this for each page that comes in the place of this document's first. */
export function onNextPages(begin: () => void): void {
  document.addEventListener("page-came", begin);
}
