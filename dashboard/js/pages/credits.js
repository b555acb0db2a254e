import {json, path, post, problemText, query} from "../api.js";
import {h, put, say, set} from "../dom.js";
import {nodeID} from "../format.js";
import {card, empty, facts, Page, pageHead} from "../page.js";
import {session} from "../session.js";
import {agoElement, button, field, table, toast} from "../components/ui.js";

const PAGE = 100;

const KINDS = {
  grant: "granted", escrow: "set aside", top_up: "set aside, more", payment: "paid", refund: "given back", reversal: "taken back",
};

/** A link to an account, with a name for people. */
export function accountLink(account) {
  const [kind, name] = account.split(/:(.*)/s);
  const text = {submitter: name, node: `node ${nodeID(name)}`, escrow: `set aside for job ${name}`}[kind] ?? "issued by admins";
  return h("a", {href: `#/credits/${encodeURIComponent(account)}`, title: account}, text);
}

/** Shows page after page in `show`, the next when the button in `place` is pressed. */
function readPages(place, read, show) {
  const items = [];
  const readOn = async (cursor) => {
    const page = await read(cursor);
    items.push(...page.items);
    show(items);
    put(place, page.next ? button("More", {action: () => readOn(page.next).catch((error) => toast(error.message, "bad"))}) : null);
  };
  return readOn(null);
}

/** Whether jobs cost nothing at this coordinator: then there are no books. */
const costNothing = (error) => error.status === 404;

const noPrices = () => empty(
  "Jobs cost nothing here", h("p", null, "This coordinator was started without prices, so there are no credits to be shown."),
);

/** All accounts that one may see, and grants. */
class Credits extends Page {
  open() {
    const why = session.whyNot("submitter");
    this.body = h("div", {class: "stack"});
    put(this, pageHead("Credits"), this.body);
    if (why) {
      put(this.body, empty("Viewers have no account", h("p", null, why)));
      return;
    }
    this.accounts = h("div");
    this.more = h("div", {class: "actions pad"});
    this.load(this.body, async () => {
      try {
        await this.#read();
      } catch (error) {
        if (!costNothing(error)) throw error;
        put(this.body, noPrices());
        return;
      }
      put(this.body, session.may("admin") ? this.#form() : null, card("Accounts", {}, this.accounts, this.more));
    });
  }

  #read() {
    return readPages(
      this.more, (cursor) => json(`/api/v1/credits${query({limit: PAGE, cursor})}`, {signal: this.signal}), (items) => this.#show(items),
    );
  }

  #show(accounts) {
    if (accounts.length === 0) {
      put(this.accounts, empty("No account has anything yet", h("p", null, "An admin grants credits to who submits jobs.")));
      return;
    }
    put(this.accounts, table("Accounts", ["Account", ["Balance", "amount"], ["Set aside", "amount"]], accounts.map((each) => h(
      "tr", null, h("th", {scope: "row"}, accountLink(each.account)), h("td", {class: "amount"}, each.balance),
      h("td", {class: "amount"}, each.reserved ?? ""),
    ))));
  }

  #form() {
    const submitter = h("input", {class: "input", autocomplete: "off", required: true, maxlength: 64});
    const amount = h("input", {class: "input", autocomplete: "off", required: true, inputmode: "decimal", maxlength: 20});
    const reason = h("input", {class: "input", autocomplete: "off", required: true, maxlength: 500});
    const controls = {submitter, amount, reason};
    const problem = h("p", {class: "field-problem", role: "alert"});
    const form = h(
      "form", {class: "inline-form pad", novalidate: true}, field("Submitter", submitter), field("Credits", amount), field("Reason", reason),
      h("button", {type: "submit", class: "button primary"}, "Grant"), problem,
    );
    // A grant that is sent again after its answer was lost is made once.
    let key = crypto.randomUUID();
    for (const control of Object.values(controls)) control.addEventListener("input", () => (key = crypto.randomUUID()));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      say(problem, "");
      for (const control of Object.values(controls)) set(control, "aria-invalid", null);
      try {
        const asked = {submitter: submitter.value.trim(), amount: amount.value.trim(), reason: reason.value.trim()};
        const made = await post("/api/v1/credits/grants", asked, {signal: this.signal, headers: {"idempotency-key": key}});
        toast(`${asked.submitter} was granted ${made.amount} credits`);
        form.reset();
        key = crypto.randomUUID();
        await this.#read();
      } catch (error) {
        if (error.name === "AbortError") return;
        const wrong = error.errors?.map((each) => controls[each.field]).filter(Boolean) ?? [];
        for (const control of wrong) set(control, "aria-invalid", "true");
        say(problem, problemText(error));
        (wrong[0] ?? submitter).focus();
      }
    });
    return card("Grant credits", {}, form);
  }
}
customElements.define("weft-credits", Credits);

/** What happened on one account, oldest first. */
class Statement extends Page {
  open() {
    const {account} = this.parameters;
    this.body = h("div", {class: "stack"});
    this.account = h("div", {class: "pad"});
    this.lines = h("div");
    this.more = h("div", {class: "actions pad"});
    put(this, pageHead(account, {crumbs: h("a", {href: "#/credits"}, "Credits")}), this.body);
    this.load(this.body, async () => {
      const found = await json(path`/api/v1/credits/${account}`, {signal: this.signal});
      put(this.account, facts(["Balance", `${found.balance} credits`], ["Set aside", found.reserved ? `${found.reserved} credits` : null]));
      await readPages(
        this.more, (cursor) => json(path`/api/v1/credits/${account}/statement` + query({limit: PAGE, cursor}), {signal: this.signal}),
        (lines) => this.#show(lines),
      );
      put(this.body, card("Account", {}, this.account), card("Statement", {}, this.lines, this.more));
    });
  }

  #show(lines) {
    if (lines.length === 0) {
      put(this.lines, empty("Nothing has happened on this account"));
      return;
    }
    const heads = ["When", "What", "With", ["Change", "amount"], ["Balance", "amount"], "For"];
    put(this.lines, table("Movements", heads, lines.map(({movement, change, balance}) => h(
      "tr", null, h("td", null, agoElement(movement.at)), h("th", {scope: "row"}, KINDS[movement.kind] ?? movement.kind),
      h("td", null, accountLink(movement.from === this.parameters.account ? movement.to : movement.from)),
      h("td", {class: "amount"}, change.startsWith("-") ? change : `+${change}`), h("td", {class: "amount"}, balance),
      h("td", null, this.#what(movement)),
    ))));
  }

  #what({task, job, reason, by, shortfall}) {
    const [number, index] = task?.split(".") ?? [];
    return [
      task ? h("a", {href: `#/jobs/${number}/tasks/${index}`}, `task ${task}`) : job ? h("a", {href: `#/jobs/${job}`}, `job ${job}`) : null,
      reason ? ` ${reason}` : null, by ? ` (by ${by})` : null, shortfall ? ` (${shortfall} more were not there)` : null,
    ];
  }
}
customElements.define("weft-statement", Statement);
