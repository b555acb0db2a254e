import {json, path, post, problemText, send} from "../api.js";
import {h, put, say, set} from "../dom.js";
import {count, duration} from "../format.js";
import {card, empty, Page, pageHead} from "../page.js";
import {session} from "../session.js";
import {badge} from "../states.js";
import {agoElement, button, chips, confirm, copyButton, field, table, toast} from "../components/ui.js";

const KINDS = [
  "job.ended", "job.submitted", "job.moved", "task.ended", "attempt.started", "attempt.ended", "disagreement", "credits.moved",
];
/** Of no job: administrators alone are told. */
const KINDS_OF_NODES = ["node.joined", "node.left", "node.changed"];

/** Servers that are told of events. */
class Webhooks extends Page {
  open() {
    const why = session.whyNot("submitter");
    this.body = h("div", {class: "stack"});
    put(this, pageHead("Webhooks"), this.body);
    if (why) {
      put(this.body, empty("Only submitters and admins have webhooks", h("p", null, why)));
      return;
    }
    this.table = h("div");
    this.secret = h("div", {role: "status"});
    this.load(this.body, async () => {
      const {items} = await json("/api/v1/webhooks", {signal: this.signal});
      put(this.body, this.#form(), this.secret, card(session.may("admin") ? "All webhooks" : "Your webhooks", {}, this.table));
      this.#show(items);
    });
  }

  async #read() {
    this.#show((await json("/api/v1/webhooks", {signal: this.signal})).items);
  }

  #form() {
    let kinds = new Set(["job.ended"]);
    const url = h("input", {class: "input", type: "url", autocomplete: "off", required: true, maxlength: 2048, placeholder: "https://"});
    const name = h("input", {class: "input", autocomplete: "off", maxlength: 100});
    const problem = h("p", {class: "field-problem", role: "alert"});
    const choices = session.may("admin") ? [...KINDS, ...KINDS_OF_NODES] : KINDS;
    const form = h(
      "form", {class: "inline-form pad", novalidate: true}, field("Address", url), field("Name", name),
      chips("Kinds of events", choices, kinds, (chosen) => {
        kinds = new Set(chosen);
      }, (kind) => kind.replace(".", " ")),
      h("button", {type: "submit", class: "button primary"}, "Create"), problem,
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      say(problem, "");
      set(url, "aria-invalid", null);
      const asked = {url: url.value.trim()};
      if (name.value.trim()) asked.name = name.value.trim();
      if (kinds.size > 0) asked.kinds = [...kinds];
      try {
        const webhook = await post("/api/v1/webhooks", asked, {signal: this.signal});
        url.value = "";
        name.value = "";
        this.#showSecret(webhook);
        await this.#read();
      } catch (error) {
        if (error.name === "AbortError") return;
        set(url, "aria-invalid", "true");
        say(problem, problemText(error));
        url.focus();
      }
    });
    return card("New webhook", {}, form);
  }

  #showSecret(webhook) {
    const done = button("I have it", {action: () => put(this.secret)});
    put(this.secret, h(
      "div", {class: "why secret", "data-tone": "good"},
      h("h2", null, `The secret of ${webhook.name ?? webhook.id}`),
      h("p", null, "Copy it now: it is not shown again. Your server checks with it that what it gets comes from here."),
      h("div", {class: "command"}, h("code", {tabindex: 0}, webhook.secret), copyButton(webhook.secret)), h("div", {class: "actions"}, done),
    ));
  }

  #show(webhooks) {
    if (webhooks.length === 0) {
      put(this.table, empty("No webhook", h("p", null, "One tells a server of yours when jobs end, or of any other events.")));
      return;
    }
    put(this.table, table("Webhooks", ["Webhook", "Told of", "State", "Deliveries", ""], webhooks.map((webhook) => h(
      "tr", null, h("th", {scope: "row"}, webhook.name ?? webhook.id, h("div", {class: "muted small"}, webhook.url, session.may("admin") ? ` by ${webhook.owner}` : "")),
      h("td", null, webhook.kinds.map((kind) => kind.replace(".", " ")).join(", "), webhook.job ? ` of job ${webhook.job}` : ""),
      h("td", null, badge(webhook.state), reason(webhook)),
      h("td", null, deliveries(webhook)),
      h("td", {class: "end"}, h("div", {class: "actions"},
        button("Test", {kind: "small", name: `Test ${webhook.name ?? webhook.id}`, action: () => this.#test(webhook)}),
        button("Delete", {kind: "small danger", name: `Delete ${webhook.name ?? webhook.id}`, action: () => this.#delete(webhook)}))),
    ))));
  }

  async #test(webhook) {
    try {
      const outcome = await post(path`/api/v1/webhooks/${webhook.id}/test`, {}, {signal: this.signal});
      if (outcome.delivered) toast(`Delivered in ${duration(1000 * outcome.seconds)}; the receiver answered ${outcome.status}`);
      else toast(outcome.error, "bad");
      await this.#read();
    } catch (error) {
      if (error.name !== "AbortError") toast(error.message, "bad");
    }
  }

  async #delete(webhook) {
    const what = webhook.name ?? webhook.id;
    if (!(await confirm(`Delete ${what}?`, `${webhook.url} is told nothing any more, and what waits is not delivered.`, "Delete"))) return;
    try {
      await send(path`/api/v1/webhooks/${webhook.id}`, {method: "DELETE"});
      toast(`${what} was deleted`);
      await this.#read();
    } catch (error) {
      toast(error.message, "bad");
    }
  }
}
customElements.define("weft-webhooks", Webhooks);

function reason(webhook) {
  const text = webhook.state === "disabled" ? webhook.disabled_reason : webhook.state === "failing" ? webhook.last_error : null;
  return text ? h("div", {class: "muted small"}, text) : null;
}

function deliveries(webhook) {
  const parts = [webhook.last_delivery_at ? h("span", null, "the last ", agoElement(webhook.last_delivery_at)) : "none yet"];
  if (webhook.pending) parts.push(`, ${count(webhook.pending, "event")} waiting`);
  if (webhook.missed) parts.push(`, ${count(webhook.missed, "event")} not kept`);
  return parts;
}
