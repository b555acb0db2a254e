// The form of a job, from its schema: what is common first, the rest folded. A program is asked for in the short form
// (`command`, `stdin`); the other kinds of payload are choices beside it.

import {h, set, uniqueID} from "../dom.js";
import {sentence, words} from "../format.js";
import {alternatives} from "../schema.js";
import {makeField} from "./fields.js";

/** In this order; properties that neither list names are folded, so a new one of the schema is never lost. */
const COMMON = ["name", "array", "resources", "verification", "inputs", "outputs", "timeout"];

const PROGRAM = "command";

export class JobForm {
  #fields = new Map();
  #payloads = new Map();

  constructor(schema, changed) {
    const context = {root: schema, changed};
    const [payload] = alternatives(schema.properties.payload, schema);
    const [process] = alternatives(payload.properties.process, schema);
    for (const [key, property] of Object.entries(schema.properties)) {
      if (key === "payload") continue;
      // The short form says no more of itself than that it is short.
      const hint = process.properties[key]?.description;
      this.#fields.set(key, makeField(property, TITLES[key] ?? sentence(words(key)), context, hint ? {hint} : {}));
    }
    for (const [key, property] of Object.entries(payload.properties)) {
      if (key !== "process") this.#payloads.set(key, makeField(property, sentence(words(key)), context));
    }
    const id = uniqueID("kind");
    this.kind = h("select", {class: "input", id}, h("option", {value: PROGRAM}, "a program or script"), [...this.#payloads.keys()].map((key) => h("option", {value: key}, KINDS[key] ?? words(key))));
    this.kind.addEventListener("change", () => {
      this.#showKind();
      changed();
    });
    const element = (key) => h("div", {class: "cell", "data-key": key}, this.#fields.get(key).element);
    const known = new Set([...COMMON, "command", "stdin"]);
    const common = COMMON.filter((key) => this.#fields.has(key));
    const rest = [...this.#fields.keys()].filter((key) => !known.has(key));
    this.more = h("details", {class: "card more"}, h("summary", null, "More: ", h("span", {class: "muted"}, rest.map(words).join(", "))), h("div", {class: "pad cells"}, rest.map(element)));
    this.element = h(
      "div", {class: "job-form stack"},
      h(
        "section", {class: "card pad stack", "aria-label": "What runs"},
        h("div", {class: "cells wide"}, element("name"), h("div", {class: "field"}, h("label", {for: id}, "What runs"), this.kind)),
        h("div", {class: "cells wide", "data-program": true}, element("command"), element("stdin")),
        [...this.#payloads].map(([key, field]) => h("div", {"data-payload": key}, field.element)),
      ),
      h("div", {class: "card pad cells"}, common.filter((key) => key !== "name").map(element)),
      this.more,
    );
    this.#showKind();
  }

  #showKind() {
    const kind = this.kind.value;
    this.element.querySelector("[data-program]").hidden = kind !== PROGRAM;
    for (const element of this.element.querySelectorAll("[data-payload]")) element.hidden = element.dataset.payload !== kind;
  }

  get value() {
    const value = {};
    for (const [key, field] of this.#fields) {
      if (this.kind.value !== PROGRAM && (key === "command" || key === "stdin")) continue;
      const each = field.get();
      if (each !== undefined) value[key] = each;
    }
    if (this.kind.value !== PROGRAM) value.payload = {[this.kind.value]: this.#payloads.get(this.kind.value).get() ?? {}};
    return value;
  }

  set value(job) {
    const {payload, ...rest} = job;
    const [kind, content] = Object.entries(payload ?? {})[0] ?? [PROGRAM, {}];
    if (kind === "process") Object.assign(rest, content);
    for (const [key, field] of this.#fields) field.set(rest[key]);
    for (const [key, field] of this.#payloads) field.set(key === kind ? content : undefined);
    this.kind.value = this.#payloads.has(kind) ? kind : PROGRAM;
    this.more.open = [...this.#fields].some(([key, field]) => this.more.querySelector(`[data-key="${key}"]`) && field.get() !== undefined);
    this.#showKind();
  }

  clearProblems() {
    for (const field of [...this.#fields.values(), ...this.#payloads.values()]) field.clear();
  }

  /** The field that a path is about, or the nearest one around it; null for the document as a whole. */
  find(path) {
    let keys = path;
    if (keys[0] === "payload") keys = keys[1] === "process" ? keys.slice(2) : keys.slice(1);
    let field = this.#payloads.get(keys[0]) ?? this.#fields.get(keys[0]) ?? null;
    for (const key of keys.slice(1)) field = field?.child(key) ?? field;
    return field;
  }

  /** Shows a field that may be folded. */
  reveal(field) {
    if (this.more.contains(field.element)) this.more.open = true;
    set(this.more, "data-touched", true);
  }
}

const TITLES = {stdin: "Standard input", cpus: "Processors"};

const KINDS = {assembly: "an assembler source", wasm: "a WebAssembly module", container: "a container image"};
