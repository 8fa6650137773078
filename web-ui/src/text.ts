// Numbers and times as words a person reads: the units and forms that every page uses.
//
// Pure: the clock and the time zone come in as arguments. English only. A no-break space stands before a unit, so that
// a figure never parts from it.

const NBSP = "\u00a0";

/** "8 s", "42 min", "1 h 12 min", "2 d 3 h": whole units, the two largest. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(s / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return join(days, "d", hours % 24, "h");
  if (hours > 0) return join(hours, "h", minutes % 60, "min");
  return minutes > 0 ? unit(minutes, "min") : unit(s, "s");
}

/** How far behind live: "0.4 s", "12 s", "4:12", "1:04:12". */
export function delay(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 9.95) return unit(s.toFixed(1), "s");
  return s < 59.5 ? unit(Math.round(s), "s") : clock(s);
}

/** A position or a length: "0:07", "4:12", "1:24:06". */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor(s / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** "850 kb/s", "2.6 Mb/s", "12 Mb/s". */
export function bitRate(bitsPerSecond: number): string {
  const mega = bitsPerSecond / 1e6;
  if (mega < 0.9995) return unit(Math.round(bitsPerSecond / 1e3), "kb/s");
  return unit(mega < 9.95 ? mega.toFixed(1) : Math.round(mega), "Mb/s");
}

/** "1 watching", "1,280 watching". */
export function watching(viewers: number): string {
  return `${count(viewers)} watching`;
}

/** A whole number with English thousands. */
export function count(n: number): string {
  return Math.round(n).toLocaleString("en-GB");
}

/** Today "18:02", the day before "Yesterday 21:14", else "3 November 21:14"; with the year when it is another one. */
export function timeOfDay(at: Date, now: Date, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = (d: Date): string => d.toLocaleDateString("en-CA", zone);
  const time = at.toLocaleTimeString("en-GB", { ...zone, hour: "2-digit", minute: "2-digit" });
  if (day(at) === day(now)) return time;
  if (day(at) === day(new Date(now.getTime() - 86_400_000))) return `Yesterday ${time}`;
  const sameYear = day(at).slice(0, 4) === day(now).slice(0, 4);
  const date = at.toLocaleDateString("en-GB", {
    ...zone,
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
  });
  return `${date} ${time}`;
}

function unit(n: number | string, name: string): string {
  return `${n}${NBSP}${name}`;
}

function join(n: number, large: string, m: number, small: string): string {
  return m > 0 ? `${unit(n, large)} ${unit(m, small)}` : unit(n, large);
}
