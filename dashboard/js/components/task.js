// `<weft-task>`: everything about one task: attempts, answer, replicas side by side, receipt. It follows by itself.

import {json, path, save, send} from "../api.js";
import {h, put, throttled} from "../dom.js";
import {bytes, count, digest, duration, fullTime, moment, sentence, words} from "../format.js";
import {card, empty, facts, Page} from "../page.js";
import {policyText} from "../policy.js";
import {checkSignature, readReceipt} from "../receipt.js";
import {badge, FINAL} from "../states.js";
import {answersOf, comparison} from "./compare.js";
import {file} from "./preview.js";
import {button, copyButton, table} from "./ui.js";
import "./timeline.js";

class Task extends Page {
  #places = null;
  #seen = {};
  #reload = null;

  open() {
    const {job, index} = this.parameters;
    this.#places = Object.fromEntries(["summary", "attempts", "compare", "answer", "receipt"].map((name) => [name, h("div")]));
    this.body = h("div", {class: "stack"});
    put(this, this.body);
    const id = `${job}.${index}`;
    this.#reload = throttled(400, () => this.#read());
    this.atEnd(() => this.#reload.cancel());
    this.onEvents(
      (batch) => {
        if (batch.some((event) => event.task === id || (event.kind === "job.moved" && event.job === job && FINAL.has(event.state)))) {
          this.#reload();
        }
      },
      () => this.#reload(),
    );
    this.load(this.body, () => this.#read());
  }

  async #read() {
    const {job, index} = this.parameters;
    let task;
    try {
      task = await json(path`/api/v1/jobs/${job}/tasks/${index}`, {signal: this.signal});
    } catch (error) {
      // What is shown stays; the next event tries again.
      if (this.body.contains(this.#places.summary)) return;
      throw error;
    }
    if (!this.body.contains(this.#places.summary)) put(this.body, Object.values(this.#places));
    this.dispatchEvent(new CustomEvent("task", {detail: task}));
    this.#part("summary", task, () => summary(task));
    this.#part("attempts", task.attempts, () => attempts(task));
    const answers = answersOf(task);
    this.#part("compare", answers.map(({answer, attempts: list}) => [answer, list.length]), () => (answers.length > 1
      ? card("Where the answers differ", {id: "disagreement"}, comparison(task, this.signal)) : null));
    this.#part("answer", [task.completion, task.state], () => answer(task, this.signal));
    this.#part("receipt", [FINAL.has(task.state), task.verdict], () => this.#receipt(task));
  }

  /** Builds a part anew only when what it shows has changed: a preview keeps its place and its scrolling. */
  #part(name, value, build) {
    const key = JSON.stringify(value ?? null);
    if (this.#seen[name] === key) return;
    this.#seen[name] = key;
    const content = build();
    this.#places[name].hidden = !content;
    put(this.#places[name], content);
  }

  #receipt(task) {
    if (!task.verdict) return null;
    const place = h("div", {class: "pad"}, h("p", {class: "muted"}, "Loading…"));
    const loaded = send(path`/api/v1/jobs/${task.job}/tasks/${task.index}/receipt`, {signal: this.signal})
      .then(async (response) => new Uint8Array(await response.arrayBuffer()));
    loaded.then(async (data) => {
      const receipt = readReceipt(data);
      put(place, receiptSummary(receipt, await checkSignature(receipt), task));
    }).catch((error) => {
      if (error.name !== "AbortError") put(place, h("p", {role: "alert"}, error.message));
    });
    const download = button("Download", {
      symbol: "download", kind: "small", name: "Download the receipt",
      action: async () => save(await loaded, `receipt-${task.cached_from ?? task.id}.json`, "application/vnd.weft.receipt+json"),
    });
    return card("Receipt", {actions: download}, place);
  }
}
customElements.define("weft-task", Task);

function summary(task) {
  return card(
    "Outcome", {},
    h("div", {class: "pad"}, facts(
      ["State", badge(task.state)],
      ["Verdict", task.verdict ? badge(task.verdict) : null],
      ["Reason", task.reason ? sentence(task.reason) : null],
      ["Exit status", task.completion ? String(task.completion.exit_status) : null],
      ["From the cache", task.cached_from ? h("a", {href: `#/jobs/${task.cached_from.replace(".", "/tasks/")}`}, `Answer of task ${task.cached_from}`) : null],
      ["Answer", task.answer ? h("code", null, digest(task.answer)) : null],
      ["Answers that differed", task.dissenters > 0 ? String(task.dissenters) : null],
      ["Ended", task.ended_at ? fullTime(task.ended_at) : null],
    )),
  );
}

function attempts(task) {
  const list = task.attempts ?? [];
  if (list.length === 0) {
    if (task.cached_from) return card("Attempts", {}, empty("Not run", h("p", null, `An identical task was: ${task.cached_from}. Its verified answer is this one's.`)));
    return card("Attempts", {}, empty("No attempt yet", h("p", null, task.state === "waiting" ? "The task waits for a node." : "")));
  }
  const timeline = document.createElement("weft-timeline");
  timeline.show(list);
  const rows = list.map((attempt) => h(
    "tr", null,
    h("th", {scope: "row"}, h("a", {href: `#/nodes/${attempt.node}`}, attempt.node_name)),
    h("td", {class: "number"}, String(attempt.replica)),
    h("td", null, badge(attempt.state), attempt.agreed === false ? badge("differs") : null),
    h("td", {class: "number"}, attempt.started_at && attempt.finished_at ? duration(moment(attempt.finished_at) - moment(attempt.started_at)) : "–"),
    h("td", {class: "number"}, attempt.usage?.cpu_microseconds === undefined ? "–" : duration(attempt.usage.cpu_microseconds / 1000)),
    h("td", {class: "number"}, bytes(attempt.usage?.peak_memory_bytes)),
    h("td", null, attempt.failure
      ? `${sentence(words(attempt.failure.kind))}: ${attempt.failure.message}`
      : attempt.completion ? `Exit status ${attempt.completion.exit_status}` : "–"),
  ));
  return card(
    `Attempts (${list.length})`, {}, timeline,
    table("Attempts", ["Node", "Replica", "State", "Wall time", "Processor", "Peak memory", "Outcome"], rows),
  );
}

function answer(task, signal) {
  const completion = task.completion;
  if (!completion) return null;
  const files = completion.outputs.map((output) => (output.blob
    ? file(output.path, output.blob, signal)
    : h("p", {class: "muted pad"}, h("code", null, output.path), " was left out; it is optional or its absence failed the task.")));
  if (completion.standard_output) files.push(file("Standard output", completion.standard_output, signal));
  if (completion.standard_error) files.push(file("Standard error", completion.standard_error, signal));
  return card("Outputs of the agreed answer", {}, h("div", {class: "files"}, files.length > 0 ? files : empty("No output", h("p", null, "It printed nothing and declares no files."))));
}

const SIGNATURE = {
  valid: ["good", "The coordinator's signature is right (checked in this browser)."],
  invalid: ["bad", "The coordinator's signature is wrong: do not trust this receipt."],
  unknown: ["idle", "This browser cannot check the signature here."],
};

function receiptSummary({payload}, signature, task) {
  const {policy} = payload;
  const [tone, text] = SIGNATURE[signature];
  const command = `weft receipt verify receipt-${task.cached_from ?? task.id}.json --coordinator ${payload.coordinator}`;
  return [
    h("p", {class: "note", "data-tone": tone}, text),
    facts(
      ["Coordinator", h("code", null, payload.coordinator)],
      ["Issued", fullTime(payload.issued_at)],
      ["Verdict", badge(payload.task.verdict)],
      ["Policy", policyText(policy)],
      ["Job's digest", h("code", null, digest(payload.job.spec_digest))],
      ["Signed answers", count(payload.results.length, "node")],
    ),
    h("div", {class: "command"}, h("code", null, command), copyButton(command, "Copy")),
    h("p", {class: "hint"}, "Checks the nodes' signatures and everything else, offline."),
  ];
}
