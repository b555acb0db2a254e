import {json, query} from "../api.js";
import {h, put, say, set, throttled} from "../dom.js";
import {count, duration, moment} from "../format.js";
import {empty, Page, pageHead} from "../page.js";
import {FINAL, setBadge, STATES} from "../states.js";
import {list} from "../components/list.js";
import {agoElement, announce, button, chips, field} from "../components/ui.js";

const PAGE = 100;

/** All jobs, newest first, a page at a time; those shown follow the events. */
class Jobs extends Page {
  #jobs = [];
  #next = null;
  #filter = {};

  open() {
    this.#filter = {
      state: this.search.getAll("state").filter((state) => STATES.includes(state)), label: this.search.get("label") ?? "",
      submitter: this.search.get("submitter") ?? "",
    };
    const label = h("input", {type: "search", class: "input", value: this.#filter.label, placeholder: "key=value"});
    const submitter = h("input", {type: "search", class: "input", value: this.#filter.submitter});
    const change = throttled(300, () => this.#change({label: label.value.trim(), submitter: submitter.value.trim()}));
    this.atEnd(change.cancel);
    for (const input of [label, submitter]) input.addEventListener("input", change);
    this.list = list("jobs-list", {
      label: "Jobs", columns: COLUMNS, create: jobCells, update: showJob,
      empty: empty("No job here", h("p", null, "None matches, or none was submitted yet."), h("a", {class: "button", href: "#/submit"}, "Submit a job")),
    });
    this.body = h("div", {class: "list-place"});
    this.more = button("Load older jobs", {action: () => this.#older()});
    this.total = h("span", {class: "muted number", role: "status"});
    put(
      this, pageHead("Jobs", {actions: h("a", {class: "button primary", href: "#/submit"}, "Submit a job")}),
      h(
        "div", {class: "filters"},
        chips("State", STATES, this.#filter.state, (state) => this.#change({state})), field("Label", label), field("Submitter", submitter),
      ),
      this.body, h("div", {class: "list-foot"}, this.total, this.more),
    );
    const renew = throttled(1000, () => this.#renew().catch(() => {}));
    this.atEnd(renew.cancel);
    this.onEvents((batch) => this.#follow(batch, renew), renew);
    this.load(this.body, () => this.#first());
  }

  #url(cursor, limit = PAGE) {
    return `/api/v1/jobs${query({...this.#filter, label: this.#filter.label.includes("=") ? this.#filter.label : "", cursor, limit})}`;
  }

  #change(change) {
    Object.assign(this.#filter, change);
    history.replaceState(null, "", `#/jobs${query(this.#filter)}`);
    this.load(this.body, () => this.#first());
  }

  async #first() {
    const {items, next} = await json(this.#url(null), {signal: this.signal});
    this.#jobs = items;
    this.#next = next ?? null;
    if (this.body.firstChild !== this.list) put(this.body, this.list);
    this.#show();
  }

  async #older() {
    if (!this.#next) return;
    try {
      const {items, next} = await json(this.#url(this.#next), {signal: this.signal});
      this.#jobs.push(...items);
      this.#next = next ?? null;
      this.#show();
      announce(`${count(items.length, "job")} more`);
    } catch (error) {
      if (error.name !== "AbortError") say(this.total, error.message);
    }
  }

  /** The newest jobs anew; those loaded before stay below them. */
  async #renew() {
    const {items} = await json(this.#url(null), {signal: this.signal});
    const fresh = new Set(items.map((job) => job.id));
    const oldest = items.at(-1)?.id ?? 0;
    this.#jobs = [...items, ...(items.length === PAGE ? this.#jobs.filter((job) => job.id < oldest && !fresh.has(job.id)) : [])];
    this.#show();
  }

  #follow(batch, renew) {
    let byID = null;
    let isChanged = false;
    for (const event of batch) {
      if (event.kind === "job.submitted") renew();
      if (event.kind !== "job.moved") continue;
      byID ??= new Map(this.#jobs.map((job) => [job.id, job]));
      const job = byID.get(event.job);
      if (!job) continue;
      job.state = event.state;
      job.counts = event.counts;
      if (FINAL.has(event.state)) job.ended_at ??= event.at;
      isChanged = true;
      if (this.#filter.state.length > 0 && !this.#filter.state.includes(job.state)) renew();
    }
    if (isChanged) this.list.refresh();
  }

  #show() {
    this.list.items = this.#jobs;
    set(this.more, "hidden", !this.#next);
    say(this.total, this.#next ? `The newest ${this.#jobs.length}` : count(this.#jobs.length, "job"));
  }
}
customElements.define("weft-jobs", Jobs);

const COLUMNS = [
  {label: "Job", class: "c-name"}, {label: "State", class: "c-state"}, {label: "Progress", class: "c-progress"},
  {label: "Submitter", class: "c-by"}, {label: "Submitted", class: "c-when"}, {label: "Took", class: "c-took number"},
];

function jobCells() {
  return [
    h("span", null, h("a", {"data-main": true}), h("span", {class: "muted small number"})),
    h("span", null, h("span", {class: "badge"})),
    h("span", null, document.createElement("weft-progress")),
    h("span"), h("span", null, agoElement(null)), h("span"),
  ];
}

function showJob([name, state, bar, by, when, took], job) {
  const link = name.firstChild;
  set(link, "href", `#/jobs/${job.id}`);
  say(link, job.name);
  say(name.lastChild, `#${job.id}`);
  setBadge(state.firstChild, job.state);
  bar.firstChild.show(job.counts);
  say(by, job.submitter);
  when.firstChild.at = job.submitted_at;
  say(took, job.ended_at ? duration(moment(job.ended_at) - moment(job.submitted_at)) : "–");
}
