import {json, path, post, query, save, send} from "../api.js";
import {h, put, say, set, throttled} from "../dom.js";
import {count, duration, fullTime, moment, number, sentence} from "../format.js";
import {facts, Page, pageHead} from "../page.js";
import {session} from "../session.js";
import {FINAL, setBadge} from "../states.js";
import {loadNames, nameOf} from "../names.js";
import {announce, button, confirm, progress, tabs, toast} from "../components/ui.js";
import {definition} from "../components/definition.js";
import "../components/tasks.js";
import "../components/log.js";
import "../components/task.js";

function costs({reserved, spent, refunded}) {
  return refunded === undefined ? `${spent} credits so far, ${reserved} at most` : `${spent} credits; ${refunded} of ${reserved} given back`;
}

/** One job. */
class Job extends Page {
  #job = null;
  #tabs = null;

  open() {
    this.body = h("div", {class: "stack"});
    put(this, this.body);
    this.load(this.body, () => this.#first());
  }

  async #first() {
    const id = this.parameters.job;
    const [job, spec] = await Promise.all([
      json(path`/api/v1/jobs/${id}`, {signal: this.signal}), json(path`/api/v1/jobs/${id}/spec`, {signal: this.signal}),
      loadNames(),
    ]);
    this.#build(job, spec);
    this.#show(job);
    const reread = throttled(700, () => this.#reread());
    this.atEnd(reread.cancel);
    this.onEvents((batch) => {
      let newest = null;
      for (const event of batch) if (event.kind === "job.moved" && event.job === id) newest = event;
      if (!newest) return;
      if (FINAL.has(newest.state)) {
        announce(`Job ${id} ${newest.state}`);
        reread();
      }
      this.#show({...this.#job, state: newest.state, counts: newest.counts});
    }, reread);
    this.every(4000, () => this.#explain());
  }

  async #reread() {
    try {
      this.#show(await json(path`/api/v1/jobs/${this.parameters.job}`, {signal: this.signal}));
    } catch {
      // What is shown stays.
    }
  }

  #build(job, spec) {
    this.state = h("span", {class: "badge large"});
    this.bar = progress(job.counts);
    this.facts = h("div");
    this.why = h("div", {class: "why", role: "status", hidden: true});
    this.cancel = button("Cancel", {kind: "danger", symbol: "cross", name: `Cancel job ${job.id}`, action: () => this.#cancel()});
    const again = button("Run again", {
      symbol: "play", whyNot: session.whyNot("submitter"), action: () => {
        location.hash = `#/submit?from=${job.id}`;
      },
    });
    const isArray = spec.array !== undefined;
    this.logs = document.createElement("weft-log");
    this.logs.className = "card";
    let tasks;
    if (isArray) {
      tasks = document.createElement("weft-tasks");
      tasks.configure(job, spec.array, this.search.get("show") ?? "");
    } else {
      tasks = document.createElement("weft-task");
      tasks.parameters = {job: job.id, index: 0};
    }
    let hasLogs = false;
    this.#tabs = tabs(
      "Parts of the job",
      [
        {key: "tasks", label: isArray ? "Tasks" : "Task", panel: h("div", null, tasks)},
        {key: "logs", label: "Logs", panel: h("div", null, this.logs)},
        {key: "definition", label: "Definition", panel: h("div", null, definition(spec, job, this.signal))},
      ],
      this.search.get("tab") ?? "tasks",
      (key) => {
        if (key === "logs" && !hasLogs) {
          hasLogs = true;
          this.logs.follow(job.id, null, isArray);
        }
        const show = key === "tasks" ? this.search.get("show") : null;
        history.replaceState(null, "", `#/jobs/${job.id}${query({tab: key === "tasks" ? null : key, show})}`);
      },
    );
    put(
      this.body,
      pageHead(job.name, {
        crumbs: [h("a", {href: "#/jobs"}, "Jobs"), ` / ${job.id}`],
        actions: [this.state, again, isArray ? null : this.#receipt(job), this.cancel],
      }),
      h("section", {class: "card pad", "aria-label": "Progress"}, this.bar, this.facts), this.why, this.#tabs.element,
    );
  }

  #receipt(job) {
    this.receipt = button("Receipt", {symbol: "download", name: "Download the receipt", action: async () => {
      try {
        const response = await send(path`/api/v1/jobs/${job.id}/tasks/0/receipt`, {signal: this.signal});
        save(await response.arrayBuffer(), `receipt-${job.id}.0.json`, "application/vnd.weft.receipt+json");
      } catch (error) {
        toast(error.message, "bad");
      }
    }});
    return this.receipt;
  }

  #show(job) {
    const hasEnded = !FINAL.has(this.#job?.state) && FINAL.has(job.state);
    this.#job = job;
    setBadge(this.state, job.state);
    this.bar.show(job.counts);
    const labels = Object.entries(job.labels);
    const key = JSON.stringify([job.state, job.reason, job.ended_at]);
    if (this.shown !== key) {
      this.shown = key;
      put(this.facts, facts(
        ["Reason", job.reason ? sentence(job.reason) : null],
        ["Submitted", `${fullTime(job.submitted_at)} by ${job.submitter}`],
        ["Took", job.ended_at ? duration(moment(job.ended_at) - moment(job.submitted_at)) : null],
        ["Costs", job.credits ? h("a", {href: `#/credits/escrow%3A${job.id}`}, costs(job.credits)) : null],
        ["From the cache", job.cached ? count(job.cached, "task") : null],
        ["Priority", job.priority ? String(job.priority) : null],
        ["Labels", labels.length > 0 ? labels.map(([name, value]) => h(
          "a", {class: "tag", href: `#/jobs${query({label: `${name}=${value}`})}`}, `${name}=${value}`)) : null],
      ));
    }
    this.cancel.hidden = FINAL.has(job.state);
    this.cancel.forbid(session.whyNotCancel(job));
    this.receipt?.forbid(FINAL.has(job.state) ? "" : "There is a receipt once the task has ended.");
    if (hasEnded) this.why.hidden = true;
  }

  async #cancel() {
    const job = this.#job;
    const left = job.counts.total - job.counts.succeeded - job.counts.failed - job.counts.cancelled;
    const isSure = await confirm(
      `Cancel job ${job.id}?`, `What has not ended (${count(left, "task")}) will not run. This cannot be undone.`, "Cancel the job",
    );
    if (!isSure) return;
    try {
      this.#show(await post(path`/api/v1/jobs/${job.id}/cancel`));
      toast(`Job ${job.id} was cancelled`);
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  /** Why the job waits, while it does. */
  async #explain() {
    const {state, counts, id} = this.#job;
    const ended = counts.succeeded + counts.failed + counts.cancelled;
    if (FINAL.has(state) || counts.total - ended - counts.running <= 0) {
      this.why.hidden = true;
      return;
    }
    let why;
    try {
      why = await json(path`/api/v1/jobs/${id}/explain`, {signal: this.signal});
    } catch {
      return;
    }
    this.why.hidden = why.kind === "notWaiting" || FINAL.has(this.#job.state);
    const key = JSON.stringify(why);
    if (this.whyKey === key) return;
    this.whyKey = key;
    set(this.why, "data-tone", why.kind === "neverHere" ? "bad" : "idle");
    put(
      this.why,
      h("h2", null, why.kind === "neverHere" ? "It cannot run here" : "Why it waits"),
      h("p", null, sentence(why.summary)),
      why.suggestion ? h("p", {class: "suggestion"}, h("strong", null, "Smallest change that would place it: "), why.suggestion) : null,
      why.reasons.length > 0 ? h("ul", {class: "reasons"}, why.reasons.map((reason) => h(
        "li", null, h("code", null, reason.field), " ", sentence(reason.message), " ",
        reason.node_count > 0 ? h("span", {class: "muted"}, nodesText(reason)) : null,
      ))) : null,
    );
  }
}
customElements.define("weft-job", Job);

function nodesText({nodes, node_count: total}) {
  const more = total - nodes.length;
  return `(${nodes.map(nameOf).join(", ")}${more > 0 ? ` and ${number(more)} more` : ""})`;
}

/** One task of an array, on a page of its own. */
class TaskPage extends Page {
  open() {
    const {job, index} = this.parameters;
    const title = `Task ${job}.${index}`;
    const task = document.createElement("weft-task");
    task.parameters = {job, index};
    const name = h("a", {href: `#/jobs/${job}`}, `Job ${job}`);
    const logs = document.createElement("weft-log");
    logs.className = "card";
    const link = (to, text) => h("a", {class: "button small", href: `#/jobs/${job}/tasks/${to}`}, text);
    const around = h("div", {class: "actions"});
    json(path`/api/v1/jobs/${job}/spec`, {signal: this.signal}).then((spec) => {
      say(name, spec.name);
      const {first, count: total} = spec.array ?? {first: 0, count: 1};
      put(around, index > first ? link(index - 1, "Previous task") : null, index + 1 < first + total ? link(index + 1, "Next task") : null);
    }, () => {});
    const place = h("div");
    put(
      this, pageHead(title, {crumbs: [h("a", {href: "#/jobs"}, "Jobs"), " / ", name, ` / ${index}`], actions: around}),
      h("div", {class: "stack"}, place, h("section", {"aria-label": "Log"}, logs)),
    );
    put(place, task);
    logs.follow(job, index, false);
  }
}
customElements.define("weft-task-page", TaskPage);

