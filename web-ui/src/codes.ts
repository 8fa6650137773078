// The pages of access codes: fields that matter only after a choice, times in the reader's own zone, a list that is searched as one
// types. All of it works without, in UTC and with every field in sight.

import codes from "../../crates/web/locales/en/codes.ftl";
import { words } from "./words.ts";

const say = words([codes]);

/** Begins, where the page has such a form. */
export function codePages(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-at-once]")) {
    const button = form.querySelector("button");
    if (button) button.hidden = true;
    form.addEventListener("change", () => form.requestSubmit());
  }
  const form = document.querySelector<HTMLFormElement>("form[data-code-form]");
  if (!form) return;
  fieldsThatMatter(form);
  localFields(form);
  searched(form);
}

/** `[data-when="name=value"]` is there while that is chosen. */
function fieldsThatMatter(form: HTMLFormElement): void {
  const follow = (): void => {
    const chosen = new FormData(form);
    for (const part of form.querySelectorAll<HTMLElement>("[data-when]")) {
      const [name = "", value = ""] = (part.dataset["when"] ?? "").split("=");
      part.hidden = chosen.get(name) !== value;
    }
  };
  follow();
  form.addEventListener("change", follow);
}

/** Fields with `data-utc` show the reader's own time, and are sent as a moment. */
function localFields(form: HTMLFormElement): void {
  const fields = [...form.querySelectorAll<HTMLInputElement>("input[data-utc]")];
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const field of fields) field.value = toLocal(field.value);
  for (const told of form.querySelectorAll("[data-zone]")) told.textContent = say("codes-form-zone", { zone });
  form.addEventListener("formdata", ({ formData }) => {
    for (const field of fields) formData.set(field.name, toMoment(field.value));
  });
}

/** `2027-06-30T18:00`, UTC, as the reader's own time; what is no time comes back as it is. */
export function toLocal(utc: string): string {
  const at = new Date(`${utc}Z`);
  if (Number.isNaN(at.getTime())) return utc;
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The reader's own time as a moment; what is no time comes back as it is. */
export function toMoment(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? local : at.toISOString();
}

/** A field over a list leaves what has its words, and what is chosen. */
function searched(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLElement>("[data-filter]");
  const input = field?.querySelector("input");
  const list = document.getElementById(field?.dataset["filter"] ?? "");
  if (!field || !input || !list) return;
  field.hidden = false;
  input.addEventListener("input", () => {
    for (const row of list.querySelectorAll("label")) {
      const isChosen = row.querySelector("input")?.checked === true;
      row.hidden = !isChosen && !holds(row.textContent ?? "", input.value);
    }
  });
  // It is no field of the form: Enter sends nothing.
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

/** Whether a text has all the words, in any case and order. */
export function holds(text: string, wanted: string): boolean {
  const lower = text.toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => lower.includes(word));
}
