// The event log: newest first, bounded. Each entry is a line of text, so that copying the list copies lines.

const ENTRIES_MAX = 500;

export class Log {
  readonly #list: HTMLElement;

  constructor(list: HTMLElement) {
    this.#list = list;
  }

  add(who: string, text: string): void {
    const now = new Date();
    const entry = document.createElement("li");
    const at = document.createElement("time");
    at.dateTime = now.toISOString();
    at.textContent = timeWithMilliseconds(now);
    const by = document.createElement("span");
    by.className = "who";
    by.textContent = who;
    const what = document.createElement("span");
    what.textContent = text;
    entry.append(at, "\t", by, "\t", what, "\n");
    this.#list.prepend(entry);
    while (this.#list.childElementCount > ENTRIES_MAX) this.#list.lastElementChild?.remove();
  }

  clear(): void {
    this.#list.replaceChildren();
  }
}

function timeWithMilliseconds(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  const ms = String(at.getMilliseconds()).padStart(3, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
}
