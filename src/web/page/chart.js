// A graph of the last five minutes: what was sent and received, and when the state was not well.
import { currentLanguage, el, setAttribute, setText, svg, t } from './dom.js';

const SPAN_MS = 300000;
const WIDTH = 600;

export class Chart {
  constructor(height) {
    this.height = height;
    this.series = ['rx', 'tx'].map((name) => ({
      name,
      area: svg('path', { class: 'area ' + name }),
      line: svg('path', { class: 'line ' + name, 'vector-effect': 'non-scaling-stroke' }),
    }));
    this.trouble = svg('g', {});
    this.capacity = svg('path', { class: 'capacity', 'vector-effect': 'non-scaling-stroke' });
    this.cursor = svg('path', { class: 'cursor', 'vector-effect': 'non-scaling-stroke' });
    this.picture = svg('svg', {
      viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: 'none', role: 'img',
      class: 'picture',
      onpointermove: (event) => this.point(event),
      onpointerleave: () => { this.pointed = null; this.draw(); },
    },
    this.trouble,
    svg('path', {
      class: 'grid', 'vector-effect': 'non-scaling-stroke',
      d: [0, height / 2, height].map((y) => `M0 ${y}H${WIDTH}`).join(''),
    }),
    ...this.series.flatMap(({ area, line }) => [area, line]), this.capacity, this.cursor);
    this.picture.style.height = height + 'px';
    this.most = el('span', { class: 'most' });
    this.readout = el('span', { class: 'readout' });
    this.element = el('figure', { class: 'chart' },
      el('div', { class: 'plot' }, this.picture, this.most),
      el('figcaption', { 'aria-hidden': 'true' }, el('span', {}, t('graph.ago')), this.readout,
        el('span', {}, t('graph.now'))));
    this.pointed = null;
  }

  update(history, now) {
    this.history = history;
    this.now = now;
    this.draw();
  }

  point(event) {
    const { left, width } = this.picture.getBoundingClientRect();
    this.pointed = Math.min(1, Math.max(0, (event.clientX - left) / Math.max(1, width)));
    this.draw();
  }

  draw() {
    if (!this.history) return;
    const lang = currentLanguage();
    const max = WirebraidGraph.niceMax(this.history.max(['tx', 'rx']), 100000);
    const box = {
      width: WIDTH, height: this.height, max, from_ms: this.now - SPAN_MS, to_ms: this.now,
    };
    for (const { name, area, line } of this.series) {
      const samples = this.history.series(name);
      setAttribute(line, 'd', WirebraidGraph.path(samples, box));
      setAttribute(area, 'd', WirebraidGraph.path(samples, { ...box, area: true }));
    }
    const capacity = this.history.series('capacity')
      .map((each) => (each.value > max ? { ...each, value: null } : each));
    setAttribute(this.capacity, 'd', WirebraidGraph.path(capacity, box));
    this.drawTrouble();
    setText(this.most, WirebraidFormat.rate(max, lang));
    const last = this.history.samples[this.history.samples.length - 1];
    if (last) {
      setAttribute(this.picture, 'aria-label', t('graph.alt', {
        tx: WirebraidFormat.rate(last.values.tx, lang), rx: WirebraidFormat.rate(last.values.rx, lang),
      }));
    }
    this.drawReadout(lang);
  }

  drawTrouble() {
    this.trouble.replaceChildren();
    let begin = null;
    const across = (ms) => Math.max(0, (1 - (this.now - ms) / SPAN_MS) * WIDTH);
    const end = (ms) => {
      if (begin === null) return;
      this.trouble.append(svg('rect', {
        class: begin.level === 2 ? 'bad' : 'warn', x: across(begin.ms), y: 0,
        width: Math.max(1.5, across(ms) - across(begin.ms)), height: this.height,
      }));
      begin = null;
    };
    for (const { time_ms, value } of this.history.series('trouble')) {
      if (begin !== null && begin.level !== value) end(time_ms);
      if (value > 0 && begin === null) begin = { ms: time_ms, level: value };
    }
    end(this.now);
  }

  drawReadout(lang) {
    if (this.pointed === null || this.history.samples.length === 0) {
      setAttribute(this.cursor, 'd', '');
      setText(this.readout, '');
      return;
    }
    const wanted = this.now - SPAN_MS * (1 - this.pointed);
    const nearest = this.history.samples.reduce((best, each) =>
      (Math.abs(each.time_ms - wanted) < Math.abs(best.time_ms - wanted) ? each : best));
    if (Math.abs(nearest.time_ms - wanted) > 5000) {
      setText(this.readout, '');
      return;
    }
    const x = (1 - (this.now - nearest.time_ms) / SPAN_MS) * WIDTH;
    setAttribute(this.cursor, 'd', `M${x} 0V${this.height}`);
    setText(this.readout, [WirebraidFormat.clock(nearest.time_ms),
      '\u2191 ' + WirebraidFormat.rate(nearest.values.tx, lang),
      '\u2193 ' + WirebraidFormat.rate(nearest.values.rx, lang)].join('  '));
  }
}
