// Numbers and times as words a person reads: the units and forms that every page uses, from the same file as the server's.
//
// Pure: the clock and the time zone come in as arguments. A no-break space stands before a unit, so that a figure never
// parts from it.

import units from "../../crates/web/locales/en/units.ftl";
import { locale, words } from "./words.ts";

const say = words([units]);

/** "8 s", "42 min", "1 h 12 min", "2 d 3 h": whole units, the two largest. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(s / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return hours % 24 > 0 ? say("unit-d-h", { d: `${days}`, h: `${hours % 24}` }) : say("unit-d", { n: `${days}` });
  if (hours > 0) return minutes % 60 > 0 ? say("unit-h-min", { h: `${hours}`, min: `${minutes % 60}` }) : say("unit-h", { n: `${hours}` });
  return minutes > 0 ? say("unit-min", { n: `${minutes}` }) : say("unit-s", { n: `${s}` });
}

/** How long something has lasted: as `duration`, and "just now" in its first minute. */
export function age(seconds: number): string {
  return seconds < 60 ? say("unit-just-now") : duration(seconds);
}

/** How far behind live: "0.4 s", "12 s", "4:12", "1:04:12". */
export function delay(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 9.95) return secondsText(s, 1);
  return s < 59.5 ? secondsText(s, 0) : clock(s);
}

/** Seconds with so many places: "0.42 s". */
export function secondsText(seconds: number, places: number): string {
  return say("unit-s", { n: seconds.toFixed(places) });
}

/** "212 ms". */
export function milliseconds(ms: number): string {
  return say("unit-ms", { n: count(ms) });
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
  if (mega < 0.9995) return say("unit-kbps", { n: `${Math.round(bitsPerSecond / 1e3)}` });
  return say("unit-mbps", { n: mega < 9.95 ? mega.toFixed(1) : `${Math.round(mega)}` });
}

/** Bytes, decimal: "640 MB", "3.4 GB". */
export function bytes(n: number): string {
  const [unit, value] = n < 1e6 ? ["unit-kb", n / 1e3] : n < 1e9 ? ["unit-mb", n / 1e6] : n < 1e12 ? ["unit-gb", n / 1e9] : ["unit-tb", n / 1e12];
  return say(unit, { n: value < 9.95 ? value.toFixed(1) : `${Math.round(value)}` });
}

/** "30 fps", "29.97 fps". */
export function frameRate(fps: number): string {
  return say("unit-fps", { n: `${Number(fps.toFixed(2))}` });
}

/** A whole number with its thousands apart. */
export function count(n: number): string {
  return Math.round(n).toLocaleString(locale());
}

/** Today "18:02", the day before "Yesterday 21:14", else "3 November 21:14"; with the year when it is another one. */
export function timeOfDay(at: Date, now: Date, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = (d: Date): string => d.toLocaleDateString("en-CA", zone);
  const time = at.toLocaleTimeString(locale(), { ...zone, hour: "2-digit", minute: "2-digit" });
  if (day(at) === day(now)) return time;
  if (day(at) === day(new Date(now.getTime() - 86_400_000))) return say("unit-yesterday", { time });
  const sameYear = day(at).slice(0, 4) === day(now).slice(0, 4);
  const date = at.toLocaleDateString(locale(), {
    ...zone,
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
  });
  return `${date} ${time}`;
}

/** The calendar day: "3 November 2026". */
export function day(at: Date, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  return at.toLocaleDateString(locale(), { ...zone, day: "numeric", month: "long", year: "numeric" });
}

/** A day and its hour: "1 December, 18:00"; with the year when it is another one. */
export function moment(at: Date, now: Date, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const year = (d: Date): string => d.toLocaleDateString("en-CA", zone).slice(0, 4);
  const date = at.toLocaleDateString(locale(), {
    ...zone,
    day: "numeric",
    month: "long",
    ...(year(at) === year(now) ? {} : { year: "numeric" }),
  });
  return `${date}, ${at.toLocaleTimeString(locale(), { ...zone, hour: "2-digit", minute: "2-digit" })}`;
}
