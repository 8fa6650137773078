// Links marked `data-ask` lead to a page that asks something; here its question is shown as a dialog where the link is.
//
// The question is the part of that page marked `data-question`, form and all, so it says and does the same. Where it cannot be had
// the link is followed.

/** Begins, for all links of the page, also those that come later. */
export function questions(): void {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-ask]") : null;
    if (!link) return;
    event.preventDefault();
    void ask(link.href);
  });
}

async function ask(address: string): Promise<void> {
  const question = await fetchQuestion(address);
  const heading = question?.querySelector("h1");
  if (!question || !heading) {
    location.href = address;
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.className = "dialog small";
  dialog.setAttribute("aria-labelledby", "question-h");
  if (question.querySelector("#question-about")) dialog.setAttribute("aria-describedby", "question-about");
  const title = document.createElement("h2");
  title.id = "question-h";
  title.textContent = heading.textContent;
  heading.remove();
  const header = document.createElement("header");
  header.append(title);
  const body = document.createElement("div");
  body.className = "body";
  body.append(question);
  dialog.append(header, body);
  const no = question.querySelector<HTMLElement>("[data-no]");
  no?.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  // On the first field, else on the button that changes nothing.
  (question.querySelector<HTMLElement>("input:not([type=hidden])") ?? no)?.focus();
}

async function fetchQuestion(address: string): Promise<HTMLElement | undefined> {
  try {
    const response = await fetch(address, { headers: { accept: "text/html" } });
    if (!response.ok || response.redirected) return undefined;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const question = page.querySelector<HTMLElement>("[data-question]");
    return question ? document.adoptNode(question) : undefined;
  } catch {
    return undefined;
  }
}
