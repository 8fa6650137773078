// Moving between pages of the site without leaving the document, so that what runs in it goes on: the next page is fetched, and its parts take
// the places of this one's. Used while uploads run, and only then; a page that needs other leave of the browser than this one is gone to as ever.
//
// What scripts began for the page that goes ends by the event `page-left`, and begins for the next by `page-came` (life.ts).

/** Parts of the frame that a page brings. */
const PARTS = ["header.bar", "#main", "footer.foot"];
/** What is no page. */
const NO_PAGE = /^\/(api|assets|hls|images|logout)(\/|$)/;

/** Begins. `isWanted`: whether leaving the document would interrupt something. */
export function moveSoftly(isWanted: () => boolean): void {
  const mover = new Mover();
  // On the window, after all that the page itself does with a click.
  addEventListener("click", (event) => {
    const link = isWanted() ? followed(event) : undefined;
    if (!link) return;
    event.preventDefault();
    void mover.go(new Request(link.href, page()), "push");
  });
  addEventListener("submit", (event) => {
    const request = isWanted() && !event.defaultPrevented ? sent(event) : undefined;
    if (!request) return;
    event.preventDefault();
    void mover.go(request, "push");
  });
  addEventListener("popstate", () => {
    if (mover.hasMoved) void mover.go(new Request(location.href, page()), "stay");
  });
  // The browser asks in words of its own.
  addEventListener("beforeunload", (event) => {
    if (isWanted()) event.preventDefault();
  });
}

function page(): RequestInit {
  return { headers: { accept: "text/html" } };
}

/** The link that a plain click follows within the site. */
function followed(event: MouseEvent): HTMLAnchorElement | undefined {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined;
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
  if (!link || link.target !== "" || link.hasAttribute("download")) return undefined;
  return isPage(link.href) && !isHere(link.href) ? link : undefined;
}

function isPage(address: string): boolean {
  const url = new URL(address, location.href);
  return url.origin === location.origin && !NO_PAGE.test(url.pathname);
}

/** Whether only another place of the page on show is meant. */
function isHere(address: string): boolean {
  const url = new URL(address);
  return url.hash !== "" && url.pathname === location.pathname && url.search === location.search;
}

/** What a form would send, where it leads to a page. */
function sent(event: SubmitEvent): Request | undefined {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.hasAttribute("data-download")) return undefined;
  const action = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.href;
  const url = new URL(action, location.href);
  if (!isPage(url.href)) return undefined;
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form, event.submitter)) if (typeof value === "string") fields.append(name, value);
  if (form.method === "get") {
    url.search = fields.toString();
    return new Request(url, page());
  }
  return form.method === "post" ? new Request(url, { ...page(), method: "POST", body: fields }) : undefined;
}

class Mover {
  hasMoved = false;
  #going: AbortController | undefined;

  async go(request: Request, history_: "push" | "stay"): Promise<void> {
    this.#going?.abort();
    const going = new AbortController();
    this.#going = going;
    let response: Response;
    let text: string;
    try {
      response = await fetch(request, { signal: going.signal });
      text = await response.text();
    } catch {
      // Another click came, or the line is gone: this page stays.
      return;
    }
    if (going.signal.aborted) return;
    const hash = new URL(request.url).hash;
    const address = response.url + (response.redirected ? "" : hash);
    const next = new DOMParser().parseFromString(text, "text/html");
    const isOne = (response.headers.get("content-type") ?? "").startsWith("text/html") && next.querySelector("#main") !== null;
    // Camera and microphone are a document's, not a page's.
    const leave = response.headers.get("permissions-policy") ?? "";
    if (!isOne || !isPage(address) || (leave !== "" && !leave.includes("camera=()"))) {
      if (request.method === "GET" || response.redirected) location.href = address;
      return;
    }
    if (history_ === "push") {
      if (address === location.href) history.replaceState(null, "", address);
      else history.pushState(null, "", address);
    }
    this.hasMoved = true;
    this.#show(next, hash);
  }

  #show(next: Document, hash: string): void {
    document.dispatchEvent(new Event("page-left"));
    for (const dialog of document.querySelectorAll("dialog")) dialog.remove();
    document.title = next.title;
    for (const part of PARTS) {
      const [old, fresh] = [document.querySelector(part), next.querySelector(part)];
      if (old && fresh) old.replaceWith(document.adoptNode(fresh));
    }
    document.dispatchEvent(new Event("page-came"));
    // What this document has not run yet; those that it has begin anew by themselves.
    const known = new Set([...document.scripts].map(({ src }) => logical(src)));
    for (const script of next.querySelectorAll<HTMLScriptElement>("head script[src]")) {
      if (known.has(logical(script.src))) continue;
      const fresh = document.createElement("script");
      fresh.src = script.src;
      if (script.type !== "") fresh.type = script.type;
      fresh.async = false;
      document.head.append(fresh);
    }
    const target = hash === "" ? null : document.getElementById(decodeURIComponent(hash.slice(1)));
    if (target) target.scrollIntoView();
    else scrollTo(0, 0);
    // Where a reader of the next page begins, as after any other move.
    const main = document.getElementById("main");
    main?.setAttribute("tabindex", "-1");
    const wished = main?.querySelector<HTMLElement>("[autofocus]");
    (wished ?? main)?.focus({ preventScroll: true });
  }
}

/** A script without the hash in its name: a server that was updated meanwhile must not run a second one of the same. */
export function logical(src: string): string {
  return src.replace(/-[0-9a-f]{12}(?=\.\w+$)/, "").replace(/^.*\//, "");
}
