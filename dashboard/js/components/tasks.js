// `<weft-tasks>`: the tasks of an array as squares and as a table. Both show one store of states, which the events
// change in place; nothing is built anew for an event.

import {json, path, query} from "../api.js";
import {h, put, say, set, throttled} from "../dom.js";
import {count, fullTime, number, sentence} from "../format.js";
import {empty, Page} from "../page.js";
import {FINAL, setBadge} from "../states.js";
import {CODES, DISAGREED, GRID_LIMIT, NAMES} from "./grid.js";
import {list} from "./list.js";
import {announce, chips} from "./ui.js";

/** A request's tasks: small enough that reading one answer fits into a frame. */
const PAGE = 500;

class Tasks extends Page {
  #job = null;
  #first = 0;
  #states = new Uint8Array(0);
  #details = [];
  #filter = new Set();
  #refilter = null;
  #read = 0;

  /** `array`: `{first, count}` of the spec; `show`: the states to list at first, with commas between. */
  configure(job, array, show) {
    this.#job = job;
    this.#first = array.first;
    this.#states = new Uint8Array(Math.min(array.count, GRID_LIMIT));
    this.#details = new Array(this.#states.length).fill(null);
    this.#filter = new Set(show.split(",").filter((name) => FILTERS.includes(name)));
    this.total = array.count;
  }

  open() {
    this.grid = document.createElement("weft-grid");
    this.grid.addEventListener("choose", (event) => {
      location.hash = `#/jobs/${this.#job.id}/tasks/${event.detail}`;
    });
    this.list = list("tasks-list", {
      label: "Tasks", columns: COLUMNS, create: cells, update: (row, position) => this.#showRow(row, position),
      empty: empty("No such task", h("p", null, "No task of this job is in the chosen states.")),
    });
    this.status = h("p", {class: "muted number pad-x", role: "status"});
    const legend = h("ul", {class: "legend", "aria-label": "Colours"}, [...NAMES, "disagreed"].map((name) =>
      h("li", null, h("span", {class: "swatch", "data-state": name, "aria-hidden": "true"}), name === "disagreed" ? "answers differed" : name)));
    put(
      this,
      h(
        "section", {class: "card", "aria-label": "Grid of tasks"}, legend, this.grid,
        this.total > GRID_LIMIT
          ? h("p", {class: "muted pad-x"}, `The first ${number(GRID_LIMIT)} of ${number(this.total)} tasks; the command line lists them all: weft job tasks ${this.#job.id}`) : null,
      ),
      h(
        "section", {class: "card", "aria-label": "Table of tasks"},
        h("div", {class: "card-head"}, chips("Tasks to list", FILTERS, this.#filter, (chosen) => {
          this.#filter = new Set(chosen);
          this.#refilter();
        })), this.list, this.status,
      ),
    );
    this.#refilter = throttled(200, () => this.#list());
    const reload = throttled(1500, () => this.#load().catch(() => {}));
    this.atEnd(this.#refilter.cancel);
    this.atEnd(reload.cancel);
    this.grid.show(this.#states, this.#first);
    this.#list();
    this.onEvents((batch) => this.#follow(batch, reload), reload);
    this.#load().catch((error) => {
      if (error.name !== "AbortError") say(this.status, `The tasks cannot be read: ${error.message}`);
    });
  }

  /** Reads all tasks, a page at a time. */
  async #load() {
    this.#read += 1;
    const turn = this.#read;
    let cursor = null;
    let known = 0;
    while (known < this.#states.length) {
      const page = await json(path`/api/v1/jobs/${this.#job.id}/tasks` + query({limit: PAGE, cursor}), {signal: this.signal});
      if (turn !== this.#read) return;
      for (const task of page.items) this.#take(task);
      known += page.items.length;
      this.isLoading = Boolean(page.next) && known < this.#states.length;
      this.#refilter();
      cursor = page.next;
      if (!cursor) break;
    }
    this.isLoading = false;
    this.#refilter();
  }

  #take(task) {
    const position = task.index - this.#first;
    if (position < 0 || position >= this.#states.length) return;
    this.#details[position] = {reason: task.reason, verdict: task.verdict, endedAt: task.ended_at, dissenters: task.dissenters, exit: task.completion?.exit_status, origin: task.cached_from};
    this.#set(position, CODES[task.state] | (task.dissenters > 0 || task.verdict === "disagreed" ? DISAGREED : 0));
  }

  #set(position, code) {
    if (this.#states[position] === code) return;
    this.#states[position] = code;
    this.grid.changed(position);
  }

  #follow(batch, reload) {
    const id = this.#job.id;
    let isChanged = false;
    for (const event of batch) {
      if (event.job !== id) continue;
      if (event.kind === "job.moved") {
        // What an event does not tell, for example who differed, is read at the end.
        if (FINAL.has(event.state)) reload();
        continue;
      }
      if (!event.task) continue;
      const position = Number(event.task.split(".")[1]) - this.#first;
      if (!(position >= 0 && position < this.#states.length)) continue;
      const before = this.#states[position];
      if (event.kind === "attempt.started" && (before & 7) === CODES.waiting) this.#set(position, (before & 8) | CODES.running);
      else if (event.kind === "disagreement") this.#set(position, before | DISAGREED);
      else if (event.kind === "task.ended") {
        this.#details[position] = {...this.#details[position], reason: event.reason, verdict: event.verdict, endedAt: event.at};
        this.#set(position, (before & 8) | CODES[event.state] | (event.verdict === "disagreed" ? DISAGREED : 0));
      } else continue;
      isChanged = true;
    }
    if (isChanged) this.#refilter();
  }

  #list() {
    const wanted = this.#filter;
    const items = [];
    const counts = new Array(16).fill(0);
    for (let position = 0; position < this.#states.length; position += 1) {
      const code = this.#states[position];
      counts[code] += 1;
      if (wanted.size === 0 || wanted.has(NAMES[code & 7]) || (code & DISAGREED && wanted.has("disagreed"))) items.push(position);
    }
    this.list.items = items;
    const text = items.length === this.#states.length ? count(items.length, "task") : `${number(items.length)} of ${count(this.#states.length, "task")}`;
    say(this.status, this.isLoading ? `${text}, reading…` : text);
    const failed = counts[CODES.failed] + counts[CODES.failed | DISAGREED];
    if (failed > 0 && this.failed !== undefined && failed > this.failed) announce(`${count(failed, "task")} failed`);
    this.failed = failed;
  }

  #showRow([name, state, verdict, ended, reason], position) {
    const code = this.#states[position];
    const details = this.#details[position];
    const index = this.#first + position;
    set(name.firstChild, "href", `#/jobs/${this.#job.id}/tasks/${index}`);
    say(name.firstChild, `Task ${index}`);
    setBadge(state.firstChild, NAMES[code & 7]);
    const differs = Boolean(code & DISAGREED);
    verdict.firstChild.hidden = !differs && !details?.verdict;
    if (differs) setBadge(verdict.firstChild, "differs", details?.dissenters ? `${details.dissenters} differed` : "differed");
    else if (details?.verdict) setBadge(verdict.firstChild, details.verdict);
    say(ended, details?.endedAt ? fullTime(details.endedAt) : "–");
    say(reason, details?.reason ? sentence(details.reason) : details?.exit === undefined ? "–" : details.origin ? `Answer of task ${details.origin}` : `Exit status ${details.exit}`);
  }
}
customElements.define("weft-tasks", Tasks);

const FILTERS = ["waiting", "running", "succeeded", "failed", "cancelled", "disagreed"];

const COLUMNS = [
  {label: "Task", class: "c-name"}, {label: "State", class: "c-state"}, {label: "Verdict", class: "c-verdict"},
  {label: "Ended", class: "c-when"}, {label: "Outcome", class: "c-reason"},
];

function cells() {
  return [
    h("span", null, h("a", {"data-main": true})), h("span", null, h("span", {class: "badge"})), h("span", null, h("span", {class: "badge"})),
    h("span", {class: "number"}), h("span"),
  ];
}
