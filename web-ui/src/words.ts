// The words of scripts: Fluent messages of crates/web/locales, the same files and the same syntax as the server's.
//
// A bundle takes what it says from the files it names. English is the one language now; `<html lang="en-XA">` asks for the
// pseudo-locale, which replaces every letter so that a test can tell what was not taken from here.

import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";

/** Formats a message by its id; `id.attribute` takes an attribute. One that does not exist shows its name. */
export type Say = (id: string, values?: Record<string, FluentVariable>) => string;

const LOWER = "áƀćđéƒǵĥíĵķĺḿńóṕɋŕśţúṽŵẋýź";
const UPPER = "ÁɃĆĐÉƑǴĤÍĴĶĹḾŃÓṔɊŔŚŢÚṼŴẊÝŹ";

/** Letters of the same shape outside ASCII. */
export function pseudo(text: string): string {
  return text.replace(/[a-zA-Z]/g, (letter) => {
    const lower = letter >= "a";
    const place = letter.charCodeAt(0) - (lower ? 97 : 65);
    return [...(lower ? LOWER : UPPER)][place] ?? letter;
  });
}

/** The words in these files, in the language of the page. */
export function words(sources: readonly string[], lang = pageLanguage()): Say {
  const bundle = new FluentBundle("en-GB", {
    useIsolating: false,
    ...(lang === "en-XA" ? { transform: pseudo } : {}),
  });
  for (const source of sources) bundle.addResource(new FluentResource(source));
  return (id, values) => {
    const [name = "", attribute] = id.split(".");
    const message = bundle.getMessage(name);
    const pattern = attribute === undefined ? message?.value : message?.attributes[attribute];
    return pattern ? bundle.formatPattern(pattern, values) : id;
  };
}

/** The tag by which browsers format numbers and times; plain English means the British forms of the design. */
export function locale(): string {
  const lang = pageLanguage();
  return lang === "" || lang === "en" || lang === "en-XA" ? "en-GB" : lang;
}

function pageLanguage(): string {
  return typeof document === "undefined" ? "en" : document.documentElement.lang;
}
