import {json, path, send} from "../api.js";
import {h, put, set} from "../dom.js";
import {sentence} from "../format.js";
import {Page, pageHead} from "../page.js";
import {segments} from "../schema.js";
import {session} from "../session.js";
import {JobForm} from "../components/jobform.js";
import {button, field, tabs, toast} from "../components/ui.js";

const EXAMPLES = {
  "Hello": {name: "hello", command: "echo Hello from $(uname -m)"},
  "An array of 200, each printing its index": {name: "squares", command: "echo $((WEFT_TASK_INDEX * WEFT_TASK_INDEX))", array: 200},
  "Three replicas, two of which must agree": {
    name: "checked", command: "sha256sum data.txt > sum.txt", inputs: [{path: "data.txt", text: "what is hashed\n"}], outputs: ["sum.txt"],
    verification: {replicas: 3, quorum: 2},
  },
};

/** A new job: by the form, or as text. */
class Submit extends Page {
  #form = null;
  #mode = "form";
  /** Renewed with every change, so that pressing twice submits once. */
  #key = newKey();

  open() {
    this.body = h("div");
    put(this, pageHead("Submit a job"), this.body);
    const why = session.whyNot("submitter");
    this.load(this.body, async () => {
      const schema = await json("/api/v1/schema/job", {signal: this.signal});
      const from = this.search.get("from");
      const spec = from && /^\d+$/.test(from) ? await json(path`/api/v1/jobs/${from}/spec`, {signal: this.signal}) : null;
      this.#build(schema, why);
      if (spec) {
        delete spec.idempotency_key;
        this.#form.value = spec;
      }
    });
  }

  #build(schema, why) {
    this.#form = new JobForm(schema, () => this.#changed());
    this.text = h("textarea", {class: "input mono editor", rows: 24, spellcheck: "false"});
    this.text.addEventListener("input", () => this.#changed());
    const file = h("input", {type: "file", class: "input", accept: ".yaml,.yml,.json,text/*"});
    file.addEventListener("change", async () => {
      if (!file.files[0]) return;
      this.text.value = await file.files[0].text();
      this.#changed();
    });
    this.problems = h("div", {class: "problems", tabindex: -1, role: "alert"});
    this.submit = button("Submit", {kind: "primary", whyNot: why, action: () => this.#send()});
    const example = h("select", {class: "input"}, h("option", {value: ""}, "choose…"), Object.keys(EXAMPLES).map((name) => h("option", {value: name}, name)));
    example.addEventListener("change", () => {
      if (!example.value) return;
      this.#form.value = EXAMPLES[example.value];
      this.text.value = JSON.stringify(EXAMPLES[example.value], null, 2);
      this.#changed();
    });
    const text = h("div", {class: "card pad stack"}, field("The job as YAML or JSON", this.text, {hint: "A text that begins with { is JSON. docs/jobs.md has every key."}), field("Or open a file", file));
    const parts = tabs(
      "How to write it", [{key: "form", label: "Form", panel: h("div", null, this.#form.element)}, {key: "text", label: "Text", panel: h("div", null, text)}], "form",
      (key) => this.#switch(key),
    );
    put(
      this.body, why ? h("p", {class: "note", "data-tone": "warn"}, why) : null, h("div", {class: "submit-bar"}, field("Example", example)), this.problems,
      parts.element, h("div", {class: "submit-foot"}, this.submit, h("span", {class: "muted"}, "Every mistake is shown at its field.")),
    );
  }

  #changed() {
    this.#key = newKey();
  }

  /** From form to text everything goes along; from text to form what is JSON. */
  #switch(mode) {
    if (mode === this.#mode) return;
    this.#mode = mode;
    put(this.problems);
    if (mode === "text") {
      const job = this.#form.value;
      if (Object.keys(job).length > 0 || !this.text.value) this.text.value = JSON.stringify(job, null, 2);
    } else if (this.text.value.trim().startsWith("{")) {
      try {
        this.#form.value = JSON.parse(this.text.value);
      } catch (error) {
        toast(`The text is no JSON and stays as it is: ${error.message}`, "warn");
      }
    } else if (this.text.value.trim()) {
      toast("YAML stays as text: the form shows what it had before.", "warn");
    }
  }

  async #send() {
    const isText = this.#mode === "text";
    const body = isText ? this.text.value : JSON.stringify(this.#form.value);
    const type = body.trim().startsWith("{") ? "application/json" : "application/yaml";
    this.submit.disabled = true;
    this.#form.clearProblems();
    set(this.text, "aria-invalid", null);
    put(this.problems);
    try {
      const response = await send("/api/v1/jobs", {method: "POST", body, type, headers: {"idempotency-key": this.#key}, signal: this.signal});
      const job = await response.json();
      toast(`Job ${job.id} was submitted`);
      location.hash = `#/jobs/${job.id}`;
    } catch (error) {
      if (error.name !== "AbortError") this.#show(error);
    } finally {
      this.submit.disabled = false;
    }
  }

  #show(error) {
    const errors = error.errors?.length > 0 ? error.errors : [{field: "", message: error.detail || error.message}];
    const rows = errors.map(({field: name, message}) => {
      const found = this.#mode === "form" && name ? this.#form.find(segments(name)) : null;
      if (found) {
        found.fail(message);
        this.#form.reveal(found);
      }
      const text = name ? [h("code", null, name), ` ${message}`] : sentence(message);
      return h("li", null, found ? h("button", {type: "button", class: "link", on: {click: () => found.focus()}}, text) : text);
    });
    if (this.#mode === "text") set(this.text, "aria-invalid", "true");
    put(this.problems, h("h2", null, error.title ?? "It was not submitted"), h("ul", null, rows));
    this.problems.focus();
  }
}
customElements.define("weft-submit", Submit);

/** Not `randomUUID`: that one needs TLS. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

