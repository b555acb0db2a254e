import {json, Problem} from "../api.js";
import {h, put, say, set} from "../dom.js";
import {mark} from "../icons.js";
import {session} from "../session.js";

/** The form that takes a token. */
class Login extends HTMLElement {
  connectedCallback() {
    const input = h("input", {
      type: "password", id: "token", class: "input mono", autocomplete: "current-password", spellcheck: "false", required: true,
      "aria-describedby": "token-hint token-problem",
    });
    const problem = h("p", {class: "field-problem", id: "token-problem", role: "alert"}, session.farewell);
    const enter = h("button", {type: "submit", class: "button primary"}, "Log in");
    const form = h(
      "form", {class: "login-form", novalidate: true},
      h("h1", null, "Log in to Weft"),
      h(
        "div", {class: "field"}, h("label", {for: "token"}, "Token"), input, problem,
        h("p", {class: "hint", id: "token-hint"}, "It stays in this tab and is forgotten when you close it."),
      ),
      enter,
      h(
        "details", null, h("summary", null, "Where do I get one?"),
        h("p", null, "On the coordinator's machine the file ", h("code", null, "admin.token"), " in its data directory has one. An admin makes others:"),
        h("p", {class: "command"}, h("code", null, "weft token create alice --role viewer")),
      ),
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const secret = input.value.trim();
      if (!secret) {
        this.#fail(input, problem, "Enter a token.");
        return;
      }
      enter.disabled = true;
      try {
        const who = await json("/api/v1/whoami", {secret});
        session.begin(secret, who);
      } catch (error) {
        enter.disabled = false;
        this.#fail(input, problem, reason(error));
      }
    });
    put(this, h("main", {class: "login"}, h("div", {class: "login-mark"}, mark()), form));
    input.focus();
  }

  #fail(input, problem, text) {
    say(problem, text);
    set(input, "aria-invalid", "true");
    input.select();
    input.focus();
  }
}
customElements.define("weft-login", Login);

function reason(error) {
  if (!(error instanceof Problem)) return "This token cannot be sent: it has characters that no token has.";
  if (error.status === 401) return "This token is not known, or it was revoked.";
  if (error.status === 403) return "This token admits machines as nodes and nothing else; use one with the role viewer, submitter or admin.";
  return `${error.title}. ${error.detail}`;
}
