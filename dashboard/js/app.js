// The shell: login, navigation, routes, and the state of the stream of events.

import {json} from "./api.js";
import {h, put, say, set} from "./dom.js";
import {icon, mark} from "./icons.js";
import {live} from "./live.js";
import {metrics} from "./metrics.js";
import {session} from "./session.js";
import {button} from "./components/ui.js";
import {empty, failure, pageHead, Page} from "./page.js";
import "./pages/overview.js";
import "./pages/jobs.js";
import "./pages/job.js";
import "./pages/nodes.js";
import "./pages/node.js";
import "./pages/submit.js";
import "./pages/events.js";
import "./pages/credits.js";
import "./pages/webhooks.js";
import "./pages/tokens.js";
import "./pages/login.js";

/** A route, its element, and its entry in the navigation. */
const ROUTES = [
  {pattern: /^$/, element: "weft-overview", entry: "overview", label: "Overview"},
  {pattern: /^jobs$/, element: "weft-jobs", entry: "jobs", label: "Jobs"},
  {pattern: /^jobs\/(?<job>[1-9]\d*)$/, element: "weft-job", section: "jobs"},
  {pattern: /^jobs\/(?<job>[1-9]\d*)\/tasks\/(?<index>\d+)$/, element: "weft-task-page", section: "jobs"},
  {pattern: /^nodes$/, element: "weft-nodes", entry: "nodes", label: "Nodes"},
  {pattern: /^nodes\/(?<node>[1-9A-HJ-NP-Za-km-z]+)$/, element: "weft-node", section: "nodes"},
  {pattern: /^submit$/, element: "weft-submit", entry: "submit", label: "Submit"},
  {pattern: /^events$/, element: "weft-events", entry: "events", label: "Events"},
  {pattern: /^credits$/, element: "weft-credits", entry: "credits", label: "Credits"},
  {pattern: /^credits\/(?<account>(?:[\w.-]|%[0-9A-Fa-f]{2})+)$/, element: "weft-statement", section: "credits"},
  {pattern: /^webhooks$/, element: "weft-webhooks", entry: "webhooks", label: "Webhooks"},
  {pattern: /^tokens$/, element: "weft-tokens", entry: "tokens", label: "Tokens"},
];

const THEMES = {
  auto: {icon: "auto", label: "Theme: as the system", next: "light"},
  light: {icon: "sun", label: "Theme: light", next: "dark"},
  dark: {icon: "moon", label: "Theme: dark", next: "auto"},
};

/** What an address says; a broken escape stands for itself. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

class App extends HTMLElement {
  #main = null;
  #banner = null;
  #bannerTimer = null;
  #isFirst = true;

  async connectedCallback() {
    session.addEventListener("change", () => this.#start());
    addEventListener("hashchange", () => this.#route());
    live.addEventListener("state", () => this.#showLink());
    if (session.secret && !session.role) {
      try {
        session.begin(session.secret, await json("/api/v1/whoami"));
      } catch (error) {
        // A token that is refused ends the session, and that shows the login; anything else can be tried again.
        if (session.secret) put(this, h("main", null, failure(error, () => location.reload())));
      }
    } else {
      this.#start();
    }
  }

  #start() {
    if (!session.secret) {
      live.stop();
      metrics.stop();
      document.title = "Log in · Weft";
      put(this, document.createElement("weft-login"));
      return;
    }
    live.start();
    metrics.start();
    this.#main = h("main", {id: "main", tabindex: -1});
    this.#banner = h("div", {class: "banner", role: "status", hidden: true});
    put(
      this, h("a", {class: "skip", href: "#main", on: {click: (event) => this.#skip(event)}}, "Skip to the content"),
      h("div", {class: "shell"}, this.#side(), h("div", null, this.#banner, this.#main)),
    );
    this.#isFirst = true;
    this.#route();
    this.#showLink();
  }

  #skip(event) {
    event.preventDefault();
    this.#main.focus();
  }

  #side() {
    const links = ROUTES.filter((route) => route.entry).map((route) => h(
      "li", null,
      h("a", {href: route.entry === "overview" ? "#/" : `#/${route.entry}`, "data-entry": route.entry}, icon(route.entry), route.label),
    ));
    const side = h("header", {class: "side"});
    const menu = h(
      "button", {type: "button", class: "button menu", "aria-expanded": "false", "aria-controls": "side-nav"}, icon("menu"), h("span", null, "Menu"),
    );
    menu.addEventListener("click", () => set(menu, "aria-expanded", String(side.classList.toggle("open"))));
    this.closeMenu = () => {
      side.classList.remove("open");
      set(menu, "aria-expanded", "false");
    };
    this.link = h("span", {class: "link-state", role: "status"});
    const theme = button("", {kind: "small quiet", action: () => this.#setTheme(theme, THEMES[this.#theme()].next)});
    this.#setTheme(theme, this.#theme());
    side.append(
      h("a", {class: "brand", href: "#/"}, mark(), "Weft"), menu,
      h("nav", {"aria-label": "Main", id: "side-nav"}, h("ul", null, links)),
      h(
        "div", {class: "who"}, this.link,
        h("div", {class: "row"}, h("span", {class: "name"}, session.name), h("span", {class: "tag"}, session.role)),
        h("div", {class: "row"}, theme, button("Log out", {symbol: "out", kind: "small quiet", action: () => session.end()})),
      ),
    );
    return side;
  }

  #theme() {
    return document.documentElement.dataset.theme ?? "auto";
  }

  #setTheme(control, theme) {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("weft.theme", theme);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    const {icon: symbol, label} = THEMES[theme];
    put(control, icon(symbol), h("span", null, label));
  }

  #route() {
    if (!session.secret || !this.#main) return;
    const [pathname, search = ""] = location.hash.replace(/^#\/?/, "").split("?");
    const found = ROUTES.map((route) => ({route, match: route.pattern.exec(pathname)})).find(({match}) => match);
    const section = found?.route.entry ?? found?.route.section;
    for (const link of this.querySelectorAll("[data-entry]")) set(link, "aria-current", link.dataset.entry === section ? "page" : null);
    const page = document.createElement(found?.route.element ?? "weft-missing");
    const {job, index, node, account} = found?.match.groups ?? {};
    page.parameters = {job: job && Number(job), index: index && Number(index), node, account: account && decoded(account)};
    page.search = new URLSearchParams(search);
    put(this.#main, page);
    this.closeMenu();
    scrollTo(0, 0);
    // A new page is read from its heading on; the first one is left to the browser.
    if (!this.#isFirst) focusHeading(page);
    this.#isFirst = false;
  }

  #showLink() {
    if (!this.link) return;
    const texts = {open: "Live", connecting: "Connecting…", waiting: "Reconnecting…", closed: "Not connected"};
    set(this.link, "data-state", live.state);
    say(this.link, texts[live.state]);
    clearInterval(this.#bannerTimer);
    this.#banner.hidden = live.state !== "waiting";
    if (live.state !== "waiting") return;
    const left = h("span", {"aria-live": "off"});
    const tell = () => say(left, `Trying again in ${Math.max(0, Math.ceil((live.nextTryAt - Date.now()) / 1000))} s.`);
    tell();
    this.#bannerTimer = setInterval(tell, 1000);
    put(
      this.#banner, h("strong", null, "The coordinator cannot be reached."), "What is shown may be old.", left,
      button("Try now", {kind: "small", action: () => live.retryNow()}),
    );
  }
}

/** Moves the focus to the page's heading, now or when the page has one, unless the focus has gone elsewhere by then. */
function focusHeading(page) {
  const focus = () => {
    const heading = page.querySelector("h1");
    if (heading && document.activeElement === document.body) heading.focus({preventScroll: true});
    return Boolean(heading);
  };
  // What had the focus may still be there, in the navigation.
  document.activeElement?.blur();
  if (focus()) return;
  const observer = new MutationObserver(() => {
    if (focus()) observer.disconnect();
  });
  observer.observe(page, {childList: true, subtree: true});
  page.signal.addEventListener("abort", () => observer.disconnect());
}

class Missing extends Page {
  open() {
    put(this, pageHead("No such page"), empty("This address leads nowhere", h("a", {href: "#/"}, "To the overview")));
  }
}

customElements.define("weft-missing", Missing);
customElements.define("weft-app", App);
