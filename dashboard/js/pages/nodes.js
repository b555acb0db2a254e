import {json} from "../api.js";
import {h, put, say, set, throttled} from "../dom.js";
import {bytes, count, processors} from "../format.js";
import {empty, Page, pageHead} from "../page.js";
import {setBadge} from "../states.js";
import {list} from "../components/list.js";
import {chips, field, meter} from "../components/ui.js";

const STATES = ["connected", "silent", "draining", "paused", "away"];

/** Who is or was here. */
class Nodes extends Page {
  #nodes = [];
  #states = new Set();
  #text = "";

  open() {
    const search = h("input", {type: "search", class: "input"});
    search.addEventListener("input", () => {
      this.#text = search.value.trim().toLowerCase();
      this.#show();
    });
    this.list = list("nodes-list", {
      label: "Nodes", columns: COLUMNS, create: cells, update: showNode,
      empty: empty("No node here", h("p", null, "A machine joins with ", h("code", null, "weft worker --coordinator ", location.origin, " --token-file join.token"))),
    });
    this.body = h("div", {class: "list-place"});
    this.total = h("span", {class: "muted number", role: "status"});
    put(
      this, pageHead("Nodes"),
      h("div", {class: "filters"}, chips("State", STATES, [], (states) => {
        this.#states = new Set(states);
        this.#show();
      }), field("Name, driver or label", search)),
      this.body, h("div", {class: "list-foot"}, this.total),
    );
    const reload = throttled(1000, () => this.#read().catch(() => {}));
    this.atEnd(reload.cancel);
    this.onEvents((batch) => {
      if (batch.some((event) => event.kind.startsWith("node."))) reload();
    }, reload);
    this.load(this.body, async () => {
      await this.#read();
      put(this.body, this.list);
      // Load has no events.
      this.every(4000, () => this.#read().catch(() => {}));
    });
  }

  async #read() {
    const {items} = await json("/api/v1/nodes", {signal: this.signal});
    const rank = (node) => STATES.indexOf(node.state);
    this.#nodes = items.sort((a, b) => (rank(a) === 4) - (rank(b) === 4) || a.name.localeCompare(b.name));
    this.#show();
  }

  #show() {
    const items = this.#nodes.filter((node) => (this.#states.size === 0 || this.#states.has(node.state)) && (!this.#text || haystack(node).includes(this.#text)));
    this.list.items = items;
    const connected = this.#nodes.filter((node) => node.state !== "away").length;
    say(this.total, `${count(items.length, "node")} shown; ${connected} of ${this.#nodes.length} here`);
  }
}
customElements.define("weft-nodes", Nodes);

function haystack(node) {
  const {profile} = node;
  return [
    node.name, node.id, profile.owner, profile.operating_system, profile.architecture, ...profile.drivers.map((driver) => driver.name),
    ...Object.entries(profile.labels).map(([name, value]) => `${name}=${value}`),
  ].join(" ").toLowerCase();
}

const COLUMNS = [
  {label: "Node", class: "c-name"}, {label: "State", class: "c-state"}, {label: "Processors", class: "c-cpu"}, {label: "Memory", class: "c-memory"},
  {label: "Reached", class: "c-reached"}, {label: "Attempts", class: "c-attempts number"}, {label: "Drivers", class: "c-drivers"},
  {label: "Reputation", class: "c-reputation"},
];

function cells() {
  return [
    h("span", null, h("a", {"data-main": true}), h("span", {class: "muted small"})), h("span", null, h("span", {class: "badge"})),
    h("span", null, meter("Processors in use")), h("span", null, meter("Memory in use")), h("span"), h("span"), h("span"),
    h("span", null, meter("Reputation")),
  ];
}

function showNode([name, state, cpu, memory, reached, attempts, drivers, reputation], node) {
  const {profile, free} = node;
  set(name.firstChild, "href", `#/nodes/${node.id}`);
  say(name.firstChild, node.name);
  say(name.lastChild, `${profile.operating_system} ${profile.architecture}`);
  setBadge(state.firstChild, node.state);
  const used = profile.capacity.cpu_millis - free.cpu_millis;
  cpu.firstChild.show(used / profile.capacity.cpu_millis, `${processors(used)} of ${processors(profile.capacity.cpu_millis)}`);
  const usedMemory = profile.capacity.memory_bytes - free.memory_bytes;
  memory.firstChild.show(usedMemory / profile.capacity.memory_bytes, `${bytes(usedMemory)} of ${bytes(profile.capacity.memory_bytes)}`);
  say(reached, node.route ?? "");
  say(attempts, node.running_attempts);
  const names = profile.drivers.map((driver) => driver.name).join(", ");
  say(drivers, names || "none");
  set(drivers, "title", names || null);
  reputation.firstChild.show(node.reputation.score / 100, `${node.reputation.score}`);
}
