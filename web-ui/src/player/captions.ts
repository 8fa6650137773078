// Text over a stored video: which there is, and which is shown. The browser reads and shows it; what its viewer chose last is remembered.

const KEY = "media-server.captions";

export interface Caption {
  readonly src: string;
  readonly language: string;
  readonly label: string;
  readonly isDefault: boolean;
}

/** What a template says: `<span data-captions="…" lang="en" data-default>English</span>`. */
export function captionsOf(root: ParentNode): readonly Caption[] {
  return [...root.querySelectorAll<HTMLElement>("[data-captions]")].map((element) => ({
    src: element.dataset["captions"] ?? "",
    language: element.lang,
    label: element.textContent ?? element.lang,
    isDefault: "default" in element.dataset,
  }));
}

export class Captions {
  readonly all: readonly Caption[];
  readonly #video: HTMLVideoElement;
  readonly #tracks: readonly HTMLTrackElement[];
  /** Which was on last, for the button that switches it on again. */
  #last: string;

  constructor(video: HTMLVideoElement, all: readonly Caption[]) {
    this.all = all;
    this.#video = video;
    this.#tracks = all.map(({ src, language, label }) => {
      const track = document.createElement("track");
      track.kind = "captions";
      track.src = src;
      track.srclang = language;
      track.label = label;
      video.append(track);
      return track;
    });
    const kept = remembered();
    const first = all.find(({ isDefault }) => isDefault) ?? all[0];
    this.#last = all.some(({ language }) => language === kept) ? (kept ?? "") : (first?.language ?? "");
    // Who switched them off sees none; who chose a language sees that; else the default, where there is one.
    const isShown = kept === "" ? false : all.some(({ language }) => language === kept) || first?.isDefault === true;
    this.#show(isShown ? this.#last : "");
  }

  /** The language that is shown; empty for none. */
  get shown(): string {
    const at = this.#tracks.findIndex(({ track }) => track.mode === "showing");
    return this.all[at]?.language ?? "";
  }

  choose(language: string): void {
    if (language !== "") this.#last = language;
    this.#show(language);
    try {
      localStorage.setItem(KEY, language);
    } catch {
      // Refused: it holds for this page alone.
    }
  }

  toggle(): void {
    this.choose(this.shown === "" ? this.#last : "");
  }

  #show(language: string): void {
    this.#tracks.forEach(({ track }, at) => (track.mode = this.all[at]?.language === language ? "showing" : "disabled"));
    this.#video.dispatchEvent(new Event("captions-changed"));
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
