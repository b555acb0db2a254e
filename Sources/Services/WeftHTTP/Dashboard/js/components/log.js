// `<weft-log>`: what tasks print, as it comes. The newest thousand lines are kept on the page; the rest is a download.

import {path, query, send} from "../api.js";
import {framed, h, put, say, set} from "../dom.js";
import {count, number} from "../format.js";
import {announce} from "./ui.js";

const KEPT_LINES = 1000;
const RETRY_MS = 1500;
/** Colours and cursor movements of terminals: nothing that a page could show. */
// eslint-disable-next-line no-control-regex
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-_])/g;

class Log extends HTMLElement {
  #stop = null;
  #lines = h("div", {class: "log-lines", role: "log", "aria-live": "off", tabindex: 0, "aria-label": "Log"});
  #status = h("span", {class: "muted", role: "status"});
  #more = h("p", {class: "muted pad", hidden: true});
  #follow = h("input", {type: "checkbox", checked: true, id: "log-follow"});
  #pending = [];
  #open = new Map();
  #shown = new Map();
  #dropped = 0;
  #fresh = 0;
  #draw = framed(() => this.#render());

  /** `task`: an index, or null for all; `withTask`: whether lines name their task. */
  follow(job, task, withTask) {
    this.#stop?.abort();
    this.#stop = new AbortController();
    this.#open.clear();
    this.#shown.clear();
    this.#pending = [];
    this.#dropped = 0;
    put(this.#lines);
    this.withTask = withTask;
    this.#run(job, task, this.#stop.signal);
  }

  connectedCallback() {
    this.#follow.checked = true;
    put(
      this,
      h("div", {class: "log-bar"}, h("label", {class: "check"}, this.#follow, "Keep the newest in sight"), this.#status),
      this.#more, this.#lines,
    );
    this.#lines.addEventListener("scroll", () => {
      const {scrollTop, scrollHeight, clientHeight} = this.#lines;
      if (scrollHeight - scrollTop - clientHeight > 80) this.#follow.checked = false;
    }, {passive: true});
    this.#follow.addEventListener("change", this.#draw);
  }

  disconnectedCallback() {
    this.#stop?.abort();
  }

  async #run(job, task, signal) {
    const url = path`/api/v1/jobs/${job}/logs` + query({task, follow: "true"});
    while (!signal.aborted) {
      try {
        say(this.#status, "Waiting for output…");
        const response = await send(url, {signal, accept: "application/x-ndjson"});
        await this.#read(response.body, signal);
        this.#flushRests();
        say(this.#status, this.#shown.size === 0 ? "Nothing was printed." : "End of the log.");
        return;
      } catch (error) {
        if (signal.aborted) return;
        say(this.#status, error.status ? error.message : "The stream broke; trying again…");
        if (error.status === 404 || error.status === 401) return;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async #read(body, signal) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    while (!signal.aborted) {
      const {done, value} = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line) this.#take(JSON.parse(line));
    }
  }

  /** A piece of bytes becomes lines; what was shown before a break is not shown twice. */
  #take(piece) {
    const key = `${piece.attempt} ${piece.stream}`;
    let bytes = Uint8Array.from(atob(piece.bytes), (character) => character.charCodeAt(0));
    const at = this.#shown.get(key) ?? 0;
    if (piece.offset < at) bytes = bytes.subarray(at - piece.offset);
    this.#shown.set(key, Math.max(at, piece.offset + bytes.length));
    if (bytes.length === 0) return;
    if (!this.#open.has(key)) this.#open.set(key, {decoder: new TextDecoder(), rest: "", task: piece.task, stream: piece.stream});
    const open = this.#open.get(key);
    if (piece.dropped > 0) this.#add(open, `(${number(piece.dropped)} bytes before this are not kept)`, true);
    const lines = (open.rest + open.decoder.decode(bytes, {stream: true})).split("\n");
    open.rest = lines.pop();
    for (const line of lines) this.#add(open, line);
    say(this.#status, "Following.");
    this.#draw();
  }

  #flushRests() {
    for (const open of this.#open.values()) {
      if (open.rest) this.#add(open, open.rest);
      open.rest = "";
    }
    this.#draw();
  }

  #add(open, text, isRemark = false) {
    this.#fresh += 1;
    this.#pending.push({task: open.task, stream: open.stream, text: text.replace(ESCAPES, "").replace(/\r$/, ""), isRemark});
    if (this.#pending.length > KEPT_LINES) {
      this.#pending.shift();
      this.#dropped += 1;
    }
  }

  #render() {
    const lines = this.#pending.splice(0).map(({task, stream, text, isRemark}) => h(
      "div", {class: "log-line", "data-stream": stream},
      this.withTask ? h("a", {class: "log-task", href: `#/jobs/${task.replace(".", "/tasks/")}`}, task.split(".")[1]) : null,
      stream === "stderr" ? h("span", {class: "log-stream"}, "err") : null,
      h("span", {class: isRemark ? "log-text muted" : "log-text"}, text),
    ));
    this.#lines.append(...lines);
    for (let extra = this.#lines.childElementCount - KEPT_LINES; extra > 0; extra -= 1) {
      this.#lines.firstElementChild.remove();
      this.#dropped += 1;
    }
    set(this.#more, "hidden", this.#dropped === 0);
    say(this.#more, `${count(this.#dropped, "earlier line")} not shown; a task's page has its whole output.`);
    if (this.#follow.checked) this.#lines.scrollTop = this.#lines.scrollHeight;
    if (this.#fresh > 0 && document.activeElement === this.#lines) announce(`${count(this.#fresh, "new line")} in the log`);
    this.#fresh = 0;
  }
}
customElements.define("weft-log", Log);
