import {json, path, query} from "../api.js";
import {h, put, say, throttled} from "../dom.js";
import {count, duration, number, rate, sentence} from "../format.js";
import {metrics} from "../metrics.js";
import {card, empty, Page, pageHead} from "../page.js";
import {badge, FINAL, setBadge} from "../states.js";
import {chart} from "../components/chart.js";
import {agoElement, progress} from "../components/ui.js";

/** Jobs shown, and waiting jobs whose reason is asked for. */
const JOBS = 8;
const ASKED = 3;

/** What happens now, and what needs somebody's attention. */
class Overview extends Page {
  #jobs = new Map();
  #tasks = 0;

  open() {
    this.charts = [
      chart({title: "Throughput", series: [{key: "throughput", label: "tasks a second", tone: "good", format: rate}]}),
      chart({
        title: "Queue",
        series: [
          {key: "waiting", label: "waiting", tone: "warn", format: number},
          {key: "running", label: "running", tone: "busy", format: number},
        ],
      }),
      chart({title: "Nodes", series: [{key: "nodes", label: "connected", tone: "busy", format: number}]}),
      chart({title: "Disagreement", series: [{key: "disagreements", label: "in two seconds", tone: "bad", format: number}]}),
    ];
    this.note = h("p", {class: "muted number"});
    this.recent = h("div", {class: "rows"});
    this.attention = h("div", {class: "rows", "aria-live": "polite"});
    put(
      this, pageHead("Overview", {actions: h("a", {class: "button primary", href: "#/submit"}, "Submit a job")}), this.note,
      h("div", {class: "charts"}, this.charts),
      h(
        "div", {class: "columns"},
        card("Newest jobs", {actions: h("a", {href: "#/jobs"}, "All jobs")}, this.recent),
        card("Needs attention", {}, this.attention),
      ),
    );
    const show = () => this.#showStats();
    metrics.addEventListener("change", show);
    this.atEnd(() => metrics.removeEventListener("change", show));
    show();
    const reload = throttled(1000, () => this.#loadJobs().catch(() => {}));
    const reconsider = throttled(2500, () => this.#consider().catch(() => {}));
    this.atEnd(reload.cancel);
    this.atEnd(reconsider.cancel);
    this.onEvents((batch) => {
      for (const event of batch) {
        if (event.kind === "job.moved") {
          const shown = this.#jobs.get(event.job);
          if (shown) shown.next = event;
          if (!shown || FINAL.has(event.state)) reconsider();
        } else if (event.kind === "job.submitted") {
          reload();
          reconsider();
        } else if (event.kind === "disagreement" || event.kind.startsWith("node.")) reconsider();
      }
      for (const shown of this.#jobs.values()) shown.apply();
    }, reload);
    this.load(this.recent, () => this.#loadJobs());
    this.load(this.attention, () => this.#consider());
    // Why something waits changes without an event: a node may become free.
    this.every(10_000, () => this.#consider().catch(() => {}));
  }

  #showStats() {
    const {stats, samples, problem} = metrics;
    for (const each of this.charts) each.samples = samples;
    if (problem) {
      say(this.note, `${problem.title}: the figures are not current.`);
      return;
    }
    if (!stats) return;
    say(this.note, [
      `Up for ${duration(1000 * stats.uptime_seconds)}`, `${count(stats.tasks_ended, "task")} ended`,
      `${count(stats.attempts_ended, "attempt")}, ${number(stats.attempts_lost)} lost with their node`,
      `${count(stats.disagreements, "disagreement")}`, `${number(stats.nodes_connected)} of ${count(stats.nodes_known, "node")} connected`,
      ...(stats.log ? [inLog(stats.log)] : []), `version ${stats.version}`,
    ].join(" · "));
  }

  async #loadJobs() {
    const {items} = await json(`/api/v1/jobs${query({limit: JOBS})}`, {signal: this.signal});
    if (items.length === 0) {
      this.#jobs.clear();
      put(this.recent, empty("No job yet", h("p", null, "Submit one here, or with ", h("code", null, "weft run -- echo hello"), ".")));
      return;
    }
    const before = this.#jobs;
    this.#jobs = new Map(items.map((job) => [job.id, before.get(job.id) ?? jobRow(job)]));
    for (const job of items) {
      const shown = this.#jobs.get(job.id);
      shown.next = job;
      shown.apply();
    }
    put(this.recent, [...this.#jobs.values()].map(({element}) => element));
  }

  async #consider() {
    const signal = this.signal;
    this.#tasks += 1;
    const turn = this.#tasks;
    const [waiting, running, nodes] = await Promise.all([
      json(`/api/v1/jobs${query({state: "waiting", limit: ASKED})}`, {signal}),
      json(`/api/v1/jobs${query({state: ["running", "succeeded", "failed"], limit: 50})}`, {signal}),
      json("/api/v1/nodes", {signal}),
    ]);
    const reasons = await Promise.all(waiting.items.map((job) => json(path`/api/v1/jobs/${job.id}/explain`, {signal}).catch(() => null)));
    // A later look may have been faster.
    if (turn !== this.#tasks) return;
    const rows = [];
    waiting.items.forEach((job, at) => {
      const why = reasons[at];
      if (!why || why.kind === "notWaiting") return;
      rows.push(attentionRow(
        why.kind === "neverHere" ? "bad" : "idle", `#/jobs/${job.id}`, `${job.name} waits`, sentence(why.summary),
        why.suggestion ? `Smallest change: ${why.suggestion}` : "",
      ));
    });
    for (const job of running.items.filter((each) => each.counts.disagreed > 0).slice(0, 3)) {
      rows.push(attentionRow(
        "warn", `#/jobs/${job.id}?tab=tasks&show=disagreed`, `${job.name}: answers differed`,
        `In ${count(job.counts.disagreed, "task")} of ${number(job.counts.total)} not all replicas gave the same answer.`,
      ));
    }
    for (const node of nodes.items.filter((each) => each.reputation.disagreements > 0 && each.state !== "away").slice(0, 3)) {
      rows.push(attentionRow(
        "warn", `#/nodes/${node.id}`, `${node.name} was outvoted`,
        `${count(node.reputation.disagreements, "answer")} differed from the quorum; reputation ${node.reputation.score} of 100.`,
      ));
    }
    for (const node of nodes.items.filter((each) => each.state === "silent").slice(0, 3)) {
      rows.push(attentionRow("warn", `#/nodes/${node.id}`, `${node.name} is silent`, "Its connection is open, but nothing comes."));
    }
    if (nodes.items.every((node) => node.state === "away")) {
      rows.push(attentionRow("bad", "#/nodes", "No node is connected", "Jobs wait until a worker joins: weft worker --coordinator … --token-file join.token"));
    }
    put(this.attention, rows.length > 0 ? rows : empty("Nothing", h("p", null, "Every job can run, and all answers agree.")));
  }
}
customElements.define("weft-overview", Overview);

function jobRow(job) {
  const state = badge(job.state);
  const bar = progress(job.counts);
  const element = h(
    "div", {class: "row-item"},
    h("a", {href: `#/jobs/${job.id}`, class: "row-title"}, job.name), state,
    h("span", {class: "muted small"}, `#${job.id} by ${job.submitter} `, agoElement(job.submitted_at)), bar,
  );
  const shown = {element, next: null, apply() {
    if (!shown.next) return;
    setBadge(state, shown.next.state);
    if (shown.next.counts) bar.show(shown.next.counts);
    shown.next = null;
  }};
  return shown;
}

function inLog({size, minimum_index: pruned}) {
  return `${count(size, "receipt")} in the log${pruned > 0 ? `, the first ${number(pruned)} pruned` : ""}`;
}

function attentionRow(tone, href, title, text, suggestion = "") {
  return h(
    "div", {class: "row-item attention", "data-tone": tone},
    h("a", {href, class: "row-title"}, title), h("p", null, text), suggestion ? h("p", {class: "suggestion"}, suggestion) : null,
  );
}
