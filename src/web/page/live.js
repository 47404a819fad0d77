// What is known of an interface at present: its status, the rates of the last minutes, its events.
import * as api from './api.js';

const KEPT_EVENTS = 256;
const RETRY_MS = 2000;
const LATE_MS = 3500;

export class Live extends EventTarget {
  constructor(name) {
    super();
    this.name = name;
    this.status = null;
    this.status_ms = 0;
    this.begun_ms = Date.now();
    this.lost = [];
    this.events = [];
    this.histories = new Map();
    this.connect();
    this.fetchEvents();
  }

  connect() {
    this.source = new EventSource(api.liveAddress(this.name));
    this.source.addEventListener('status', ({ data }) => this.takeStatus(JSON.parse(data)));
    this.source.addEventListener('event', ({ data }) => this.takeEvents([JSON.parse(data)], true));
    this.source.addEventListener('lost', ({ data }) => {
      this.lost = JSON.parse(data).error;
      this.dispatchEvent(new Event('lost'));
    });
    this.source.addEventListener('error', () => {
      // It tries again by itself after a break, but not after an answer such as 401.
      if (this.source.readyState !== EventSource.CLOSED) return;
      this.timer = setTimeout(async () => {
        const answer = await api.session();
        if (!this.closed && (answer.authenticated || answer.status === 0)) this.connect();
      }, RETRY_MS);
      api.interfaces();
    });
  }

  close() {
    this.closed = true;
    this.source.close();
    clearTimeout(this.timer);
  }

  /** Milliseconds without a status; 0 while they come in time. */
  silence(now = Date.now()) {
    const since = now - (this.status_ms || this.begun_ms);
    return since > LATE_MS ? since : 0;
  }

  takeStatus(status) {
    this.status = status;
    this.status_ms = Date.now();
    this.lost = [];
    for (const bond of status.bonds) {
      this.remember('bond ' + bond.name, { tx: bond.tx_rate_bps, rx: bond.rx_rate_bps });
      for (const uplink of bond.uplinks) {
        this.remember('uplink ' + uplink.name, {
          tx: uplink.tx_rate_bps,
          rx: uplink.rx_rate_bps,
          capacity: uplink.capacity_bps,
          trouble: { warn: 1, bad: 2 }[WirebraidFormat.stateLevel(uplink.state)] || 0,
        });
      }
    }
    this.dispatchEvent(new Event('status'));
  }

  remember(name, values) {
    this.history(name).push(this.status_ms, values);
  }

  history(name) {
    if (!this.histories.has(name)) this.histories.set(name, new WirebraidGraph.History());
    return this.histories.get(name);
  }

  async fetchEvents() {
    const answer = await api.events(this.name);
    if (answer.events) this.takeEvents(answer.events, false);
  }

  /** The same event may come by two ways, and numbers start anew with the daemon. */
  takeEvents(list, fresh) {
    const known = new Set(this.events.map(({ number, time_ms }) => number + '@' + time_ms));
    const more = list.filter(({ number, time_ms }) => !known.has(number + '@' + time_ms));
    if (more.length === 0) return;
    this.events = [...this.events, ...more]
      .sort((one, other) => one.time_ms - other.time_ms || one.number - other.number)
      .slice(-KEPT_EVENTS);
    const detail = fresh ? more : [];
    this.dispatchEvent(new CustomEvent('events', { detail }));
  }
}
