// What a graph of the last minutes needs: a bounded history and SVG paths. Shared by the page and
// by LuCI's views; a plain script that defines one name and touches neither page nor network.
'use strict';

const WirebraidGraph = (() => {
  /** Samples of the last `span_ms`, `most` at most: the oldest go first. */
  class History {
    constructor(span_ms = 300000, most = 600) {
      this.span_ms = span_ms;
      this.most = most;
      this.samples = [];
    }

    /** `values`: an object of numbers, null where there is none. Times that go back start anew. */
    push(time_ms, values) {
      const last = this.samples[this.samples.length - 1];
      if (last && time_ms < last.time_ms) this.samples = [];
      this.samples.push({ time_ms, values });
      while (this.samples.length > this.most ||
             this.samples[0].time_ms < time_ms - this.span_ms) {
        this.samples.shift();
      }
    }

    /** [{time_ms, value}] of one member. */
    series(name) {
      return this.samples.map(({ time_ms, values }) => ({
        time_ms, value: values[name] === undefined ? null : values[name],
      }));
    }

    /** Largest value of these members; 0 without any. */
    max(names) {
      let most = 0;
      for (const { values } of this.samples) {
        for (const name of names) most = Math.max(most, values[name] || 0);
      }
      return most;
    }

    get last_ms() {
      return this.samples.length > 0 ? this.samples[this.samples.length - 1].time_ms : 0;
    }
  }

  /** 1, 2 or 5 times a power of ten, not below `value`; `least` for a quiet line. */
  const niceMax = (value, least = 1000) => {
    if (!(value > least)) return least;
    const power = 10 ** Math.floor(Math.log10(value));
    for (const step of [1, 2, 5, 10]) {
      if (value <= step * power * (1 + 1e-9)) return step * power;
    }
    return 10 * power;
  };

  const round = (value) => String(Math.round(value * 10) / 10);

  /** Runs of samples without a gap: a missing value or a pause longer than `pause_ms` ends one. */
  const runs = (series, pause_ms) => {
    const all = [];
    let run = [];
    let before = null;
    for (const sample of series) {
      const gap = sample.value === null ||
        (before !== null && sample.time_ms - before > pause_ms);
      if (gap && run.length > 0) {
        all.push(run);
        run = [];
      }
      if (sample.value !== null) run.push(sample);
      before = sample.time_ms;
    }
    if (run.length > 0) all.push(run);
    return all;
  };

  /**
   * The `d` of an SVG path through a series.
   * box: {width, height, from_ms, to_ms, max, pause_ms (5000), area (false: the line alone)}.
   */
  const path = (series, box) => {
    const { width, height, from_ms, to_ms, max } = box;
    const across = (time_ms) => round(((time_ms - from_ms) / Math.max(1, to_ms - from_ms)) * width);
    const down = (value) =>
      round(height - Math.min(1, Math.max(0, value / Math.max(1, max))) * height);
    const inside = series.filter(({ time_ms }) => time_ms >= from_ms && time_ms <= to_ms);
    return runs(inside, box.pause_ms || 5000).map((run) => {
      const line = run.map(({ time_ms, value }) => across(time_ms) + ' ' + down(value)).join('L');
      if (!box.area) return 'M' + line + (run.length === 1 ? 'h0.1' : '');
      return 'M' + across(run[0].time_ms) + ' ' + round(height) + 'L' + line +
        'L' + across(run[run.length - 1].time_ms) + ' ' + round(height) + 'Z';
    }).join('');
  };

  return { History, niceMax, path };
})();
