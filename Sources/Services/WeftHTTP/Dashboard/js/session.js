// Who is logged in. The token lives in sessionStorage: it is gone with the tab, and no other tab has it.

const KEY = "weft.token";

/** What each role may do, weakest first; a role includes those before it. */
const ROLES = ["viewer", "submitter", "admin"];

class Session extends EventTarget {
  #secret = sessionStorage.getItem(KEY);
  name = "";
  role = "";
  /** Why the last session ended, for the login form. */
  farewell = "";

  get secret() {
    return this.#secret;
  }

  begin(secret, {name, role}) {
    this.#secret = secret;
    sessionStorage.setItem(KEY, secret);
    this.name = name;
    this.role = role;
    this.farewell = "";
    this.dispatchEvent(new Event("change"));
  }

  end(farewell = "") {
    if (!this.#secret) return;
    this.#secret = null;
    sessionStorage.removeItem(KEY);
    this.name = "";
    this.role = "";
    this.farewell = farewell;
    this.dispatchEvent(new Event("change"));
  }

  may(role) {
    return ROLES.indexOf(this.role) >= ROLES.indexOf(role);
  }

  /** Why this session may not do what needs `role`; an empty text if it may. */
  whyNot(role) {
    return this.may(role) ? "" : `This needs the role ${role}; your token ${this.name} has the role ${this.role}.`;
  }

  /** The same for cancelling a job: submitters may cancel their own. */
  whyNotCancel(job) {
    if (this.may("admin") || (this.may("submitter") && job.submitter === this.name)) return "";
    if (!this.may("submitter")) return this.whyNot("submitter");
    return `Job ${job.id} was submitted by ${job.submitter}; only they or an admin may cancel it.`;
  }
}

export const session = new Session();
