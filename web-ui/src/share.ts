// Links marked `data-share` lead to a page that hands out an item; here it is shown as a dialog where the link is.
//
// What is chosen is a form of that page, so that a choice brings the page anew; a new code is made by its other form. Where the page
// cannot be had the link is followed.

import { copyButtons } from "./copy.ts";

type Announce = (text: string) => void;

/** Begins, for all links of the page, also those that come later. */
export function sharing(announce: Announce): void {
  const page = document.querySelector<HTMLElement>("main [data-share-box]");
  if (page) chooseAtOnce(page);
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-share]") : null;
    if (!link) return;
    event.preventDefault();
    void open(link.href, announce);
  });
}

/** Without the dialog a choice loads the page that shows it. */
function chooseAtOnce(page: HTMLElement): void {
  const form = page.querySelector<HTMLFormElement>("form[data-share-options]");
  withoutItsButton(page);
  form?.addEventListener("change", (event) => {
    if (isWhole(form, event.target)) form.requestSubmit();
  });
}

async function open(address: string, announce: Announce): Promise<void> {
  const box = await boxOf(() => fetch(address, { headers: { accept: "text/html" } }));
  if (!box) {
    location.href = address;
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "share-h");
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-share-done]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.addEventListener("change", (event) => {
    const form = event.target instanceof Element ? event.target.closest<HTMLFormElement>("form[data-share-options]") : null;
    if (form && isWhole(form, event.target)) void renew(dialog, form, announce);
  });
  dialog.addEventListener("submit", (event) => {
    if (!(event.target instanceof HTMLFormElement)) return;
    event.preventDefault();
    void renew(dialog, event.target, announce);
  });
  fill(dialog, box, announce);
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector<HTMLElement>("select")?.focus();
}

/** A time is a choice only where it is to count. */
function isWhole(form: HTMLFormElement, changed: EventTarget | null): boolean {
  const start = form.elements.namedItem("start");
  return !(changed instanceof HTMLInputElement && changed.name === "t" && start instanceof HTMLInputElement && !start.checked);
}

/** Puts what the form asks for in place of what is there. */
async function renew(dialog: HTMLDialogElement, form: HTMLFormElement, announce: Announce): Promise<void> {
  const values = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  const headers = { accept: "text/html" };
  const isPost = form.method === "post";
  const box = await boxOf(() =>
    isPost ? fetch(form.action, { method: "POST", body: values, headers }) : fetch(`${form.action.split("?")[0]}?${values}`, { headers }),
  );
  if (!dialog.open) return;
  if (!box) {
    // The page itself says what is wrong.
    dialog.close();
    form.hidden = true;
    document.body.append(form);
    form.submit();
    return;
  }
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.id : "";
  fill(dialog, box, announce);
  const told = dialog.querySelector("[data-told]");
  if (told) announce(told.textContent?.trim() ?? "");
  const again = focused === "" ? null : dialog.querySelector<HTMLElement>(`#${CSS.escape(focused)}`);
  (again ?? dialog.querySelector<HTMLElement>(isPost ? "#share-link" : "select"))?.focus();
}

function fill(dialog: HTMLDialogElement, box: HTMLElement, announce: Announce): void {
  const title = document.createElement("h2");
  title.id = "share-h";
  title.textContent = box.querySelector("h1")?.textContent ?? "";
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn plain icon-only";
  close.setAttribute("aria-label", box.dataset["close"] ?? "");
  close.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${document.body.dataset["sprite"] ?? ""}#i-x"></use></svg>`;
  close.addEventListener("click", () => dialog.close());
  const header = document.createElement("header");
  header.append(title, close);
  const body = box.querySelector<HTMLElement>("[data-share-body]") ?? box;
  body.classList.add("body");
  const footer = document.createElement("footer");
  footer.append(...(box.querySelector("[data-share-foot]")?.childNodes ?? []));
  dialog.replaceChildren(header, body, footer);
  withoutItsButton(dialog);
  copyButtons(dialog, announce);
}

/** A choice takes effect by itself; only without script it needs a button. */
function withoutItsButton(root: HTMLElement): void {
  for (const part of root.querySelectorAll<HTMLElement>("[data-without-script]")) part.hidden = true;
}

/** The part of a page that is shown; `undefined` where there is none. */
async function boxOf(ask: () => Promise<Response>): Promise<HTMLElement | undefined> {
  try {
    const response = await ask();
    if (!response.ok) return undefined;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const box = page.querySelector<HTMLElement>("[data-share-box]");
    return box ? document.adoptNode(box) : undefined;
  } catch {
    return undefined;
  }
}
