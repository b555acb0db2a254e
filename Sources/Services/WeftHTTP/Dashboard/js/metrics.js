// What the charts show: the coordinator's counters, read every two seconds while somebody is logged in, so that a chart
// has its past when its page is opened again.

import {json} from "./api.js";

const EVERY_MS = 2000;
/** Five minutes. */
const KEPT = 150;

class Metrics extends EventTarget {
  /** The newest `Stats`, or null. */
  stats = null;
  /** What went wrong with the last reading, or null. */
  problem = null;
  /** Oldest first: `{at, throughput, waiting, running, nodes, disagreements}`. */
  samples = [];
  #timer = null;
  #isOn = false;

  start() {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#read();
  }

  stop() {
    this.#isOn = false;
    clearTimeout(this.#timer);
    this.stats = null;
    this.samples = [];
  }

  async #read() {
    try {
      const stats = await json("/api/v1/stats");
      if (!this.#isOn) return;
      this.#add(stats);
      this.problem = null;
    } catch (error) {
      this.problem = error;
    }
    if (!this.#isOn) return;
    this.dispatchEvent(new Event("change"));
    this.#timer = setTimeout(() => this.#read(), EVERY_MS);
  }

  #add(stats) {
    const at = Date.now();
    const before = this.stats;
    const last = this.samples.at(-1);
    this.stats = stats;
    // After a restart the counters begin at zero: there is no rate between the two.
    const isSame = before && last && before.started_at === stats.started_at;
    const seconds = isSame ? (at - last.at) / 1000 : 0;
    this.samples.push({
      at,
      throughput: isSame && seconds > 0 ? (stats.tasks_ended - before.tasks_ended) / seconds : 0,
      waiting: stats.tasks_waiting,
      running: stats.attempts_running,
      nodes: stats.nodes_connected,
      disagreements: isSame ? Math.max(0, stats.disagreements - before.disagreements) : 0,
    });
    if (this.samples.length > KEPT) this.samples.shift();
  }
}

export const metrics = new Metrics();
