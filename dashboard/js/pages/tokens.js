import {json, path, post, problemText, send} from "../api.js";
import {h, put, say, set} from "../dom.js";
import {card, empty, Page, pageHead} from "../page.js";
import {session} from "../session.js";
import {badge} from "../states.js";
import {agoElement, button, confirm, copyButton, field, table, toast} from "../components/ui.js";

const ROLES = {
  viewer: "reads everything",
  submitter: "and submits jobs, cancels its own, uploads blobs",
  admin: "and does everything else",
  worker: "admits a machine as a node, and nothing else",
};

/** Who may come in. */
class Tokens extends Page {
  open() {
    const why = session.whyNot("admin");
    this.body = h("div", {class: "stack"});
    put(this, pageHead("Tokens"), this.body);
    if (why) {
      put(this.body, empty("Only admins see tokens", h("p", null, why)));
      return;
    }
    this.table = h("div");
    this.secret = h("div", {role: "status"});
    this.load(this.body, async () => {
      const {items} = await json("/api/v1/tokens", {signal: this.signal});
      put(this.body, this.#form(), this.secret, card("All tokens", {}, this.table));
      this.#show(items);
    });
  }

  async #read() {
    this.#show((await json("/api/v1/tokens", {signal: this.signal})).items);
  }

  #form() {
    const name = h("input", {class: "input", autocomplete: "off", required: true, maxlength: 64});
    const role = h("select", {class: "input"}, Object.entries(ROLES).map(([value, text]) => h("option", {value}, `${value}: ${text}`)));
    const problem = h("p", {class: "field-problem", role: "alert"});
    const form = h(
      "form", {class: "inline-form pad", novalidate: true}, field("Name", name), field("Role", role),
      h("button", {type: "submit", class: "button primary"}, "Create"), problem,
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      say(problem, "");
      set(name, "aria-invalid", null);
      try {
        const token = await post("/api/v1/tokens", {name: name.value.trim(), role: role.value}, {signal: this.signal});
        name.value = "";
        this.#showSecret(token);
        await this.#read();
      } catch (error) {
        if (error.name === "AbortError") return;
        set(name, "aria-invalid", "true");
        say(problem, problemText(error));
        name.focus();
      }
    });
    return card("New token", {}, form);
  }

  #showSecret(token) {
    const done = button("I have it", {action: () => put(this.secret)});
    put(this.secret, h(
      "div", {class: "why secret", "data-tone": "good"},
      h("h2", null, `The secret of ${token.name}`), h("p", null, "Copy it now: it is not shown again, and the coordinator keeps only its digest."),
      h("div", {class: "command"}, h("code", {tabindex: 0}, token.secret), copyButton(token.secret)), h("div", {class: "actions"}, done),
    ));
  }

  #show(tokens) {
    if (tokens.length === 0) {
      put(this.table, empty("No token"));
      return;
    }
    put(this.table, table("Tokens", ["Name", "Role", "Created", ""], tokens.map((token) => h(
      "tr", null, h("th", {scope: "row"}, token.name), h("td", null, token.role), h("td", null, agoElement(token.created_at), token.revoked_at ? [" ", badge("revoked")] : null),
      h("td", {class: "end"}, token.revoked_at ? null : button("Revoke", {
        kind: "small danger", name: `Revoke ${token.name}`, action: () => this.#revoke(token),
      })),
    ))));
  }

  async #revoke(token) {
    const own = token.name === session.name ? " It is the one you are logged in with." : "";
    if (!(await confirm(`Revoke ${token.name}?`, `Whoever uses it is refused from now on. This cannot be undone.${own}`, "Revoke"))) return;
    try {
      await send(path`/api/v1/tokens/${token.name}`, {method: "DELETE"});
      toast(`${token.name} was revoked`);
      await this.#read();
    } catch (error) {
      toast(error.message, "bad");
    }
  }
}
customElements.define("weft-tokens", Tokens);
