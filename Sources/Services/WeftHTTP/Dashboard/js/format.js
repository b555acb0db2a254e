// Values as people read them.

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", {maximumFractionDigits: 1});
const clock = new Intl.DateTimeFormat("en", {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"});
const full = new Intl.DateTimeFormat("en", {dateStyle: "medium", timeStyle: "medium", hourCycle: "h23"});

export const number = (value) => whole.format(value);

export function rate(value) {
  if (value === null || value === undefined) return "–";
  return value < 10 ? short.format(value) : whole.format(Math.round(value));
}

export function count(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  let amount = value;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${short.format(amount)} ${units[unit]}`;
}

/** Milliseconds as `350 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function duration(milliseconds) {
  if (!Number.isFinite(milliseconds)) return "–";
  const value = Math.max(0, milliseconds);
  if (value < 1000) return `${Math.round(value)} ms`;
  const seconds = value / 1000;
  if (seconds < 60) return `${short.format(seconds)} s`;
  const parts = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = parts.findIndex(([, size]) => seconds >= size);
  const [unit, size] = parts[first];
  const amount = Math.floor(seconds / size);
  const next = parts[first + 1];
  const rest = next ? Math.floor((seconds - amount * size) / next[1]) : 0;
  return rest > 0 ? `${amount} ${unit} ${rest} ${next[0]}` : `${amount} ${unit}`;
}

export const processors = (millis) => short.format(millis / 1000);
export const moment = (text) => (text ? Date.parse(text) : NaN);
export const time = (text) => clock.format(moment(text));
export const fullTime = (text) => full.format(moment(text));

export function ago(text, now = Date.now()) {
  const passed = now - moment(text);
  if (!Number.isFinite(passed)) return "–";
  if (passed < 5000) return "just now";
  if (passed < 60_000) return `${Math.floor(passed / 1000)} s ago`;
  if (passed < 3_600_000) return `${Math.floor(passed / 60_000)} min ago`;
  if (passed < 86_400_000) return `${Math.floor(passed / 3_600_000)} h ago`;
  return full.format(moment(text));
}

/** The first and last characters of a digest or node id. */
export const digest = (text) => (text ? `${text.replace(/^sha256:/, "").slice(0, 12)}…` : "–");
export const nodeID = (text) => (text ? `…${text.slice(-8)}` : "–");

/** `timedOut` and `max_replicas` as words. */
export function words(name) {
  return name.replace(/_/g, " ").replace(/([a-z])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`);
}

export const sentence = (text) => (text ? text[0].toUpperCase() + text.slice(1) : "");
