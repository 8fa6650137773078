// Buttons that copy what stands beside them: `<button data-copy="id" hidden>` copies the value or the text of that element.

import frame from "../../crates/web/locales/en/frame.ftl";
import { words } from "./words.ts";

const say = words([frame]);
/** What stands in commands where the key goes. */
const YOUR_KEY = "YOUR-KEY";
const DONE_MS = 2_000;

/** Shows the buttons of a part of a page, and makes them work. */
export function copyButtons(root: ParentNode, announce: (text: string) => void): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => void press(button, announce));
  }
}

async function press(button: HTMLButtonElement, announce: (text: string) => void): Promise<void> {
  const source = document.getElementById(button.dataset["copy"] ?? "");
  if (!source || !(await copy(source))) return;
  const word = button.querySelector("span");
  button.classList.add("done");
  if (word) word.textContent = say("frame-copied");
  announce(say("frame-copied"));
  setTimeout(() => {
    button.classList.remove("done");
    if (word) word.textContent = say("frame-copy");
  }, DONE_MS);
}

/** The text to copy: of a command with the key in it, where the page shows one. */
export function textOf(text: string, key: string | undefined): string {
  return key === undefined ? text : text.replaceAll(YOUR_KEY, key);
}

async function copy(source: HTMLElement): Promise<boolean> {
  const key = document.getElementById("stream-key");
  const text =
    source instanceof HTMLInputElement
      ? source.value
      : textOf(source.textContent ?? "", key instanceof HTMLInputElement ? key.value : undefined);
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyTheOldWay(text); // Plain HTTP has no clipboard.
  }
}

/** Through a field that is selected; browsers still offer it where the clipboard is not to be had. */
function copyTheOldWay(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "vh";
  const focused = document.activeElement;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
