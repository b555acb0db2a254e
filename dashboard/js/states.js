// States in words, tones and icons: never by colour alone.

import {h, put, set} from "./dom.js";
import {icon} from "./icons.js";
import {words} from "./format.js";

const LOOKS = {
  waiting: ["idle", "clock"],
  running: ["busy", "play"],
  succeeded: ["good", "check"],
  failed: ["bad", "cross"],
  cancelled: ["idle", "slash"],
  assigned: ["idle", "clock"],
  completed: ["good", "check"],
  agreed: ["good", "check"],
  disagreed: ["warn", "differ"],
  differs: ["warn", "differ"],
  undecided: ["idle", "slash"],
  connected: ["good", "check"],
  silent: ["warn", "differ"],
  draining: ["busy", "pause"],
  paused: ["idle", "pause"],
  away: ["idle", "slash"],
  revoked: ["idle", "slash"],
  active: ["good", "check"],
  failing: ["warn", "differ"],
  disabled: ["bad", "cross"],
};

export const FINAL = new Set(["succeeded", "failed", "cancelled"]);
export const STATES = ["waiting", "running", "succeeded", "failed", "cancelled"];

export function badge(state, text = words(state)) {
  const element = h("span", {class: "badge"});
  setBadge(element, state, text);
  return element;
}

/** Changes a badge in place, and only when it differs. */
export function setBadge(element, state, text = words(state)) {
  const key = `${state} ${text}`;
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  const [tone, symbol] = LOOKS[state] ?? ["idle", "clock"];
  set(element, "data-tone", tone);
  put(element, icon(symbol), text);
}

/** Kinds of events, in tones. */
export function eventTone(event) {
  switch (event.kind) {
    case "disagreement": return "warn";
    case "missed": return "warn";
    case "node.left": return "bad";
    case "node.joined": return "good";
    case "job.submitted": return "busy";
    case "attempt.ended": return event.state === "completed" ? "idle" : "bad";
    case "job.moved":
    case "task.ended": return LOOKS[event.state]?.[0] ?? "idle";
    default: return "idle";
  }
}
