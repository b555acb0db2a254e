import {json, query} from "../api.js";
import {h, put, say, set, throttled} from "../dom.js";
import {count, number, time, words} from "../format.js";
import {live} from "../live.js";
import {empty, Page, pageHead} from "../page.js";
import {eventTone} from "../states.js";
import {loadNames, nameOf} from "../names.js";
import {list} from "../components/list.js";
import {button, chips, field} from "../components/ui.js";

const KINDS = [
  "job.submitted", "job.moved", "task.ended", "attempt.started", "attempt.ended", "disagreement", "node.joined", "node.left", "node.changed",
  "credits.moved",
];
/** Events kept on the page. */
const KEPT = 5000;
/** Events asked for at first. */
const PAST = 1000;

/** Everything as it happens, newest first. */
class Events extends Page {
  /** Oldest first. */
  #events = [];
  #kinds = new Set();
  #job = "";
  #text = "";
  #isPaused = false;
  #held = 0;
  #draw = null;

  open() {
    this.#kinds = new Set(this.search.getAll("kind"));
    this.#job = this.search.get("job") ?? "";
    const job = h("input", {type: "search", class: "input short", inputmode: "numeric", value: this.#job});
    const text = h("input", {type: "search", class: "input"});
    const filter = throttled(150, () => {
      this.#job = job.value.trim();
      this.#text = text.value.trim().toLowerCase();
      this.#show();
    });
    for (const input of [job, text]) input.addEventListener("input", filter);
    this.#draw = throttled(120, () => this.#show());
    this.atEnd(filter.cancel);
    this.atEnd(this.#draw.cancel);
    this.pause = button("Pause", {symbol: "pause", action: () => this.#togglePause()});
    this.list = list("events-list", {
      label: "Events, newest first", columns: COLUMNS, create: cells, update: showEvent,
      empty: empty("No event", h("p", null, "Nothing happened yet, or nothing that the filter lets through.")),
    });
    this.body = h("div", {class: "list-place"});
    this.total = h("span", {class: "muted number"});
    put(
      this, pageHead("Events", {actions: this.pause}),
      h("div", {class: "filters"}, chips("Kind", KINDS, this.#kinds, (kinds) => {
        this.#kinds = new Set(kinds);
        this.#show();
      }, kindName), field("Job", job), field("Text", text)),
      this.body, h("div", {class: "list-foot"}, this.total),
    );
    this.onEvents((batch) => this.#take(batch), () => this.#past().then(() => this.#show(), () => {}));
    this.load(this.body, async () => {
      await Promise.all([this.#past(), loadNames()]);
      put(this.body, this.list);
      this.#show();
    });
  }

  /** Events before this page was opened. Where the newest one's number is known, only the last of them. */
  async #past() {
    const [epoch, last] = (live.lastID ?? "").split("-");
    const after = last ? `${epoch}-${Math.max(0, Number(last) - PAST)}` : null;
    const {items} = await json(`/api/v1/events${query({after, limit: 10_000})}`, {signal: this.signal});
    const known = new Set(this.#events.map((event) => event.id));
    const fresh = items.filter((event) => !known.has(event.id) && event.kind !== "missed");
    this.#events = [...fresh, ...this.#events].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : sequence(a) - sequence(b))).slice(-KEPT);
  }

  #take(batch) {
    for (const event of batch) this.#events.push(event);
    if (this.#events.length > KEPT + 1000) this.#events = this.#events.slice(-KEPT);
    if (this.#isPaused) {
      this.#held += batch.length;
      say(this.total, `Paused; ${count(this.#held, "new event")}`);
    } else this.#draw();
  }

  #togglePause() {
    this.#isPaused = !this.#isPaused;
    this.#held = 0;
    this.pause.label(this.#isPaused ? "Go on" : "Pause");
    set(this.pause, "aria-pressed", String(this.#isPaused));
    this.#show();
  }

  #show() {
    const items = [];
    for (let at = this.#events.length - 1; at >= 0 && items.length < KEPT; at -= 1) {
      const event = this.#events[at];
      if (this.#passes(event)) items.push(event);
    }
    this.list.items = items;
    if (!this.#isPaused) say(this.total, `${number(items.length)} of the newest ${count(this.#events.length, "event")}`);
  }

  #passes(event) {
    if (this.#kinds.size > 0 && !this.#kinds.has(event.kind) && event.kind !== "missed") return false;
    if (this.#job && String(event.job ?? "") !== this.#job) return false;
    if (!this.#text) return true;
    return `${event.kind} ${event.task ?? ""} ${event.name ?? ""} ${event.node ? nameOf(event.node) : ""} ${event.state ?? ""} ${event.reason ?? ""}`
      .toLowerCase().includes(this.#text);
  }
}
customElements.define("weft-events", Events);

const COLUMNS = [
  {label: "Time", class: "c-time number"}, {label: "Event", class: "c-kind"}, {label: "About", class: "c-about"}, {label: "What happened", class: "c-what"},
];

function cells() {
  return [h("span"), h("span", null, h("span", {class: "kind"})), h("span", null, h("a", {"data-main": true})), h("span")];
}

function showEvent([at, kind, about, what], event) {
  say(at, time(event.at));
  set(kind.firstChild, "data-tone", eventTone(event));
  say(kind.firstChild, kindName(event.kind));
  const link = about.firstChild;
  const [index, job] = [event.task?.split(".")[1], event.job];
  set(link, "href", job ? `#/jobs/${job}${index === undefined ? "" : `/tasks/${index}`}` : event.node ? `#/nodes/${event.node}` : null);
  say(link, event.task ? `task ${event.task}` : job ? `job ${job}` : event.node ? nameOf(event.node) : "–");
  say(what, description(event));
}

const sequence = (event) => Number(event.id.split("-")[1]);

const kindName = (kind) => kind.replace(".", " ");

function description(event) {
  const parts = [];
  if (event.name && !event.node) parts.push(`“${event.name}”`);
  if (event.node && event.job) parts.push(`on ${nameOf(event.node)}`);
  if (event.state) parts.push(words(event.state));
  if (event.verdict) parts.push(event.verdict);
  if (event.score !== undefined) parts.push(`reputation ${event.score}`);
  if (event.counts) parts.push(`${event.counts.succeeded + event.counts.failed + event.counts.cancelled} of ${event.counts.total} ended`);
  if (event.amount !== undefined) parts.push(`${event.amount} credits from ${event.from} to ${event.to}`);
  if (event.missed) parts.push(`${number(event.missed)} events were missed`);
  if (event.reason) parts.push(event.reason);
  return parts.join(" · ") || "–";
}
