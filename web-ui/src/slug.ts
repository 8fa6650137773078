// An address made of a title as one types it, until one types an address of one's own.

/** Longest address. */
const CHARS_MAX = 63;

/** Letters and digits of ASCII, everything between them one hyphen; the server does the same (`pages::streams::from_title`). */
export function slugOf(title: string): string {
  const made = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-/, "");
  return made.slice(0, CHARS_MAX).replace(/-$/, "");
}

/** Begins, on a page with the two fields. */
export function slugFromTitle(): void {
  const title = document.querySelector<HTMLInputElement>("input[data-title]");
  const slug = document.querySelector<HTMLInputElement>("input[data-slug]");
  if (!title || !slug) return;
  let made = slugOf(title.value);
  title.addEventListener("input", () => {
    if (slug.value !== "" && slug.value !== made) return;
    made = slugOf(title.value);
    slug.value = made;
  });
}
