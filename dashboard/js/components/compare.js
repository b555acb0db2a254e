// Replicas side by side: one column for each different answer, with what differs marked.

import {h, put} from "../dom.js";
import {count, digest, sentence} from "../format.js";
import {badge} from "../states.js";
import {readBlob, showContent} from "./preview.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** Above this many lines, lines are compared by their position: the exact way takes the product of both lengths. */
const EXACT_LINES = 400;

/** The answers to a task: `{answer, attempts, completion, isAgreed}`, the agreed one first, then by how many gave it. */
export function answersOf(task) {
  const groups = new Map();
  for (const attempt of task.attempts ?? []) {
    if (!attempt.answer) continue;
    if (!groups.has(attempt.answer)) {
      groups.set(attempt.answer, {
        answer: attempt.answer, attempts: [], completion: attempt.completion, isAgreed: attempt.agreed ?? attempt.answer === task.answer,
      });
    }
    groups.get(attempt.answer).attempts.push(attempt);
  }
  return [...groups.values()].sort((a, b) => b.isAgreed - a.isAgreed || b.attempts.length - a.attempts.length);
}

export function comparison(task, signal) {
  const answers = answersOf(task);
  const files = new Set();
  for (const {completion} of answers) for (const output of completion.outputs) files.add(output.path);
  const rows = [
    {name: "Exit status", show: ({completion}) => h("p", {class: "pad number"}, String(completion.exit_status))},
    ...[...files].map((name) => blobRow(name, ({outputs}) => outputs.find((output) => output.path === name)?.blob)),
    blobRow("Standard output", (completion) => completion.standard_output),
  ];
  const element = h("div", {class: "compare", tabindex: 0, role: "region", "aria-label": "Answers side by side"});
  element.style.setProperty("--answers", answers.length);
  const table = h("table", {class: "compare-table"}, h("caption", {class: "unseen"}, "Answers side by side"), h(
    "thead", null, h("tr", null, h("td"), answers.map((group, position) => h(
      "th", {scope: "col"},
      h("span", {class: "answer-name"}, `Answer ${LETTERS[position] ?? position + 1}`),
      badge(group.isAgreed ? "agreed" : "differs"),
      h("span", {class: "muted"}, `${count(group.attempts.length, "node")}: ${group.attempts.map((each) => each.node_name).join(", ")}`),
      h("code", {class: "muted"}, digest(group.answer)),
    ))),
  ));
  const body = h("tbody");
  for (const row of rows) {
    const cells = answers.map(() => h("td", null, h("p", {class: "muted pad"}, "Loading…")));
    const line = h("tr", null, h("th", {scope: "row"}, row.name), cells);
    body.append(line);
    fillRow(row, answers, cells, line, signal);
  }
  table.append(body);
  element.append(table);
  return element;
}

function blobRow(name, pick) {
  return {name, pick: ({completion}) => pick(completion)};
}

async function fillRow(row, answers, cells, line, signal) {
  if (row.show) {
    answers.forEach((group, position) => put(cells[position], row.show(group)));
    mark(line, new Set(answers.map(({completion}) => completion.exit_status)).size > 1);
    return;
  }
  const blobs = answers.map((group) => row.pick(group));
  mark(line, new Set(blobs.map((blob) => blob?.digest ?? "")).size > 1);
  try {
    const contents = await Promise.all(blobs.map((blob) => (blob ? readBlob(blob.digest, signal) : null)));
    const first = contents[0];
    contents.forEach((content, position) => {
      const label = `${row.name}, answer ${LETTERS[position]}`;
      if (!content) put(cells[position], h("p", {class: "muted pad"}, "None."));
      else if (content.kind === "text" && first?.kind === "text" && position > 0 && content.text !== first.text) {
        put(cells[position], marked(content.text, first.text, label));
      } else if (content.kind === "text" && position === 0) {
        const other = contents.find((each) => each?.kind === "text" && each.text !== content.text);
        put(cells[position], other ? marked(content.text, other.text, label) : showContent(content, label));
      } else put(cells[position], showContent(content, label));
    });
  } catch (error) {
    if (error.name === "AbortError") return;
    for (const cell of cells) put(cell, h("p", {class: "pad", role: "alert"}, sentence(error.message)));
  }
}

function mark(line, differs) {
  line.dataset.differs = String(differs);
  line.querySelector("th").append(h("span", {class: "hint"}, differs ? "differs" : "the same"));
}

/** A text in which the lines are marked that the other has not. */
function marked(text, other, label) {
  const lines = text.split("\n");
  const same = common(lines, other.split("\n"));
  return h(
    "pre", {class: "preview-text", tabindex: 0, role: "region", "aria-label": `Content of ${label}`},
    lines.map((line, at) => {
      const end = at < lines.length - 1 ? "\n" : "";
      return same[at] || line === "" ? line + end : h("mark", null, line + end);
    }),
  );
}

/** For each of `lines`, whether it is part of a longest common subsequence with `others`. */
export function common(lines, others) {
  if (lines.length > EXACT_LINES || others.length > EXACT_LINES) return lines.map((line, at) => line === others[at]);
  const lengths = Array.from({length: lines.length + 1}, () => new Uint16Array(others.length + 1));
  for (let a = lines.length - 1; a >= 0; a -= 1) {
    for (let b = others.length - 1; b >= 0; b -= 1) {
      lengths[a][b] = lines[a] === others[b] ? lengths[a + 1][b + 1] + 1 : Math.max(lengths[a + 1][b], lengths[a][b + 1]);
    }
  }
  const same = new Array(lines.length).fill(false);
  let [a, b] = [0, 0];
  while (a < lines.length && b < others.length) {
    if (lines[a] === others[b]) {
      same[a] = true;
      a += 1;
      b += 1;
    } else if (lengths[a + 1][b] >= lengths[a][b + 1]) a += 1;
    else b += 1;
  }
  return same;
}
