import {json, path, post, query} from "../api.js";
import {h, put, throttled} from "../dom.js";
import {bytes, count, fullTime, number, processors, sentence} from "../format.js";
import {card, empty, facts, Page, pageHead} from "../page.js";
import {session} from "../session.js";
import {setBadge} from "../states.js";
import {sparkline} from "../components/chart.js";
import {agoElement, button, confirm, meter, table, toast} from "../components/ui.js";

const ROUTES = {direct: "directly", relayed: "through a peer that forwards"};

/** One node. */
class NodePage extends Page {
  #node = null;

  open() {
    this.body = h("div", {class: "stack"});
    put(this, this.body);
    const reload = throttled(700, () => this.#read().catch(() => {}));
    this.atEnd(reload.cancel);
    this.onEvents((batch) => {
      if (batch.some((event) => event.node === this.parameters.node)) reload();
    }, reload);
    this.load(this.body, async () => {
      const node = await json(path`/api/v1/nodes/${this.parameters.node}`, {signal: this.signal});
      this.#build(node);
      this.#show(node);
      this.every(4000, () => this.#read().catch(() => {}));
      this.#history().catch(() => {});
    });
  }

  async #read() {
    this.#show(await json(path`/api/v1/nodes/${this.parameters.node}`, {signal: this.signal}));
  }

  #build(node) {
    this.state = h("span", {class: "badge large"});
    this.drain = button("Drain", {symbol: "pause", whyNot: session.whyNot("admin"), action: () => this.#toggle()});
    this.cpu = meter("Processors in use");
    this.memory = meter("Memory in use");
    this.disk = meter("Disk in use");
    this.attempts = h("span", {class: "number"});
    this.route = h("span");
    this.paused = h("div", {class: "why", "data-tone": "idle", role: "status", hidden: true});
    this.reputation = h("div", {class: "pad"});
    this.course = h("div", {class: "pad-x"});
    this.hardware = h("div", {class: "pad"});
    this.devices = h("div");
    this.benchmark = h("div");
    this.drivers = h("div");
    this.notes = h("div");
    put(
      this.body,
      pageHead(node.name, {crumbs: [h("a", {href: "#/nodes"}, "Nodes"), ` / ${node.name}`], actions: [this.state, this.drain]}),
      this.paused,
      h(
        "div", {class: "columns"},
        card("Load", {}, h("div", {class: "pad"}, facts(
          ["Processors", this.cpu], ["Memory", this.memory], ["Disk", this.disk], ["Attempts running", this.attempts], ["Reached", this.route],
        ))),
        card("Reputation", {}, this.reputation, this.course),
      ),
      card("Machine", {}, this.hardware), this.devices, this.benchmark, card("Drivers", {}, this.drivers), this.notes,
    );
  }

  #show(node) {
    this.#node = node;
    const {profile, free, reputation, performance} = node;
    setBadge(this.state, node.state);
    this.drain.label(node.state === "draining" ? "Give it work again" : "Drain");
    const use = (element, capacity, left, text) => element.show((capacity - left) / capacity, `${text(capacity - left)} of ${text(capacity)}`);
    use(this.cpu, profile.capacity.cpu_millis, free.cpu_millis, processors);
    use(this.memory, profile.capacity.memory_bytes, free.memory_bytes, bytes);
    use(this.disk, profile.capacity.disk_bytes, free.disk_bytes, bytes);
    this.attempts.textContent = number(node.running_attempts);
    this.route.textContent = ROUTES[node.route] ?? "not now";
    this.paused.hidden = !profile.paused;
    put(this.paused, h("h2", null, "Paused by its owner"), h("p", null, sentence(profile.paused)));
    const key = JSON.stringify([profile, reputation, performance]);
    if (this.shown === key) return;
    this.shown = key;
    put(this.reputation, facts(
      ["Score", `${reputation.score} of 100`], ["Answers that agreed", number(reputation.agreements)],
      ["Answers that differed", number(reputation.disagreements)],
      ...(performance ? [
        ["Attempts finished", number(performance.finished)],
        ["Attempts failed or lost", number(performance.failed + performance.lost)],
        ["Reliability, lately", `${Math.round(performance.reliability * 1000) / 10} %`],
        ["Speed", performance.speed ? `${Math.round(performance.speed * 100) / 100} × that of others` : null],
      ] : []),
    ));
    put(this.hardware, facts(
      ["Node", h("code", null, node.id)],
      ["System", `${profile.operating_system} ${profile.architecture}`],
      ["Offers", `${processors(profile.capacity.cpu_millis)} processors, ${bytes(profile.capacity.memory_bytes)} memory, ${bytes(profile.capacity.disk_bytes)} disk`],
      ["Processor", profile.processor], ["Devices", (profile.capacity.devices ?? []).map((device) => `${device.count} ${device.kind}`).join(", ")],
      ["Labels", Object.entries(profile.labels).map(([name, value]) => h("span", {class: "tag"}, `${name}=${value}`)).length
        ? Object.entries(profile.labels).map(([name, value]) => h("span", {class: "tag"}, `${name}=${value}`)) : null],
      ["Owner", profile.owner], ["Takes work of", profile.submitters.join(", ") || "everybody"],
      ["Runs code signed by", profile.signers.join(", ") || "anybody"],
      ["Isolation", profile.isolation], ["Enforces", profile.enforced.join(", ")], ["Weft", profile.version],
      ["First seen", fullTime(node.first_seen_at)], ["Last seen", agoElement(node.last_seen_at)],
    ));
    const devices = profile.devices ?? [];
    put(this.devices, devices.length === 0 ? null : card("Devices", {}, deviceTable(devices)));
    put(this.benchmark, profile.benchmark ? card("How fast it is", {}, benchmarkTable(profile.benchmark)) : null);
    put(this.drivers, profile.drivers.length === 0 ? empty("No driver", h("p", null, "It can run nothing.")) : driverTable(profile));
    put(this.notes, profile.notes.length === 0 ? null : card("What is missing, and why", {}, h("ul", {class: "pad notes"}, profile.notes.map((note) => h("li", null, sentence(note))))));
  }

  /** The course of the score, as far as events are kept. */
  async #history() {
    const {items} = await json(`/api/v1/events${query({node: this.parameters.node, kind: "node.changed", limit: 10_000})}`, {signal: this.signal});
    const scores = items.map((event) => event.score).filter((score) => score !== undefined);
    if (scores.length < 2) return;
    const text = `Score over the last ${count(scores.length, "change")}: from ${scores[0]} to ${scores.at(-1)}`;
    put(this.course, h("p", {class: "hint"}, text), sparkline(scores, text));
  }

  async #toggle() {
    const isDraining = this.#node.state === "draining";
    if (!isDraining && !(await confirm(`Drain ${this.#node.name}?`, "It finishes what it runs and gets no new work until you give it work again.", "Drain"))) return;
    try {
      this.#show(await post(path`/api/v1/nodes/${this.#node.id}/drain`, {draining: !isDraining}));
      toast(isDraining ? "It gets work again" : "It gets no new work");
    } catch (error) {
      toast(error.message, "bad");
    }
  }
}
customElements.define("weft-node", NodePage);

const deviceTable = (devices) => table("Devices", ["Device", "Kind", "Model", "Memory", "Architecture", "Driver", "Reached by", "State"], devices.map((device) => h(
  "tr", null, h("th", {scope: "row"}, device.id), h("td", null, device.kind), h("td", null, `${device.vendor} ${device.model}`.trim()),
  h("td", null, device.memory_bytes ? bytes(device.memory_bytes) : "–"),
  h("td", null, [device.architecture, device.capability].filter(Boolean).join(", ") || "–"), h("td", null, device.driver || "–"),
  h("td", null, (device.backends ?? []).join(", ") || "nothing"), h("td", null, device.fault ? `Out of use: ${device.fault}` : "In use"),
)));

const flops = (mega) => mega === undefined ? "–" : mega < 1e6 ? `${Math.round(mega / 100) / 10} GFLOP/s` : `${Math.round(mega / 1e5) / 10} TFLOP/s`;
const rate = (each) => each === undefined ? "–" : each < 1e9 ? `${Math.round(each / 1e6)} MB/s` : `${Math.round(each / 1e8) / 10} GB/s`;

const benchmarkTable = ({measured_at: at, processor, devices}) => h(
  "div", null,
  table("How fast it is", ["Part", "FP64", "FP32", "FP16", "Memory", "To it", "From it", "Launch", "At work"], [
    h("tr", null, h("th", {scope: "row"}, "One core"), h("td", null, flops(processor.single_megaflops)), ...Array.from({length: 7}, () => h("td", null, "–"))),
    h("tr", null, h("th", {scope: "row"}, "All cores"), h("td", null, flops(processor.all_megaflops)), h("td", null, "–"), h("td", null, "–"),
      h("td", null, rate(processor.memory_bytes_per_second)), ...Array.from({length: 4}, () => h("td", null, "–"))),
    h("tr", null, h("th", {scope: "row"}, "Disk"), ...Array.from({length: 4}, () => h("td", null, "–")),
      h("td", null, rate(processor.disk_write_bytes_per_second)), h("td", null, rate(processor.disk_read_bytes_per_second)), h("td", null, "–"), h("td", null, "–")),
    ...(devices ?? []).map((device) => h(
      "tr", null, h("th", {scope: "row"}, device.backend ? `${device.id} by ${device.backend}` : device.id),
      h("td", null, flops(device.double_megaflops)), h("td", null, flops(device.single_megaflops)), h("td", null, flops(device.half_megaflops)),
      h("td", null, rate(device.memory_bytes_per_second)), h("td", null, rate(device.upload_bytes_per_second)), h("td", null, rate(device.download_bytes_per_second)),
      h("td", null, device.launch_nanoseconds === undefined ? "–" : `${Math.round(device.launch_nanoseconds / 100) / 10} µs`),
      h("td", null, device.load_millidegrees === undefined ? "–" : `${Math.round(device.load_millidegrees / 1000)} °C`),
    )),
  ]),
  h("p", {class: "hint pad"}, `Measured by the node itself, and signed by it, on ${fullTime(new Date(at / 1000).toISOString())}.`),
);

const driverTable = (profile) => table("Drivers", ["Driver", "Version", "Payloads", "Isolation", "Processors", "Enforces"], profile.drivers.map((driver) => h(
  "tr", null, h("th", {scope: "row"}, driver.name), h("td", null, driver.version || "–"), h("td", null, driver.payloads.join(", ")),
  h("td", null, driver.isolation ?? profile.isolation), h("td", null, driver.architectures.join(", ") || profile.architecture),
  h("td", null, (driver.isolation ? driver.enforced : profile.enforced).join(", ") || "nothing"),
)));
