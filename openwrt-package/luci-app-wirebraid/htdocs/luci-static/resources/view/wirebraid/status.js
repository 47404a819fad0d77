'use strict';
'require dom';
'require poll';
'require view';
'require wirebraid.daemon as daemon';
'require wirebraid.format as format';
'require wirebraid.graph as graph';

// Interfaces with their bonds and uplinks, as they are now, and what is wrong with the configuration.

const INTERVAL_S = 2;
const GRAPH = { width: 120, height: 28 };
const SPAN_MS = 120000;
const COLOURS = { good: '#2e7d32', warn: '#b26a00', bad: '#c62828', off: '#757575' };

const lang = daemon.language();

function svg(name, attributes, children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  for (const child of children || []) node.appendChild(child);
  return node;
}

function graphOf(history) {
  const box = {
    ...GRAPH, from_ms: history.last_ms - SPAN_MS, to_ms: history.last_ms,
    max: graph.niceMax(history.max(['tx', 'rx'])),
    pause_ms: 5 * INTERVAL_S * 1000,
  };
  return svg('svg', {
    width: GRAPH.width, height: GRAPH.height, role: 'img',
    'aria-label': _('Sent and received in the last two minutes'),
  }, [
    svg('path', { d: graph.path(history.series('rx'), { ...box, area: true }), fill: '#1976d2', 'fill-opacity': 0.25 }),
    svg('path', { d: graph.path(history.series('rx'), box), fill: 'none', stroke: '#1976d2' }),
    svg('path', { d: graph.path(history.series('tx'), box), fill: 'none', stroke: '#e65100' }),
  ]);
}

function badge(state) {
  return E('span', {
    'class': 'ifacebadge', 'data-state': state, title: format.stateHelp(state, lang),
    style: 'border-left:4px solid ' + COLOURS[format.stateLevel(state)],
  }, format.stateWord(state, lang));
}

function stateOf(uplink, now_s) {
  const since = uplink.state_since_s
    ? format.text(lang, 'since', { time: format.duration(now_s - uplink.state_since_s, lang) }) : '';
  return [badge(uplink.state), ' ', E('small', since),
    uplink.unused_reason ? E('div', {}, E('small', uplink.unused_reason)) : ''];
}

function wayOf(uplink) {
  return [uplink.device || _('any device'), E('br'), E('small', uplink.endpoint || format.NO_VALUE)];
}

function quotaOf(uplink) {
  const quota = uplink.quota;
  if (!quota) return format.NO_VALUE;
  const used = format.text(lang, 'quota.used', {
    used: format.volume(quota.used_bytes, lang), all: format.volume(quota.bytes, lang), date: quota.next_reset,
  });
  const left = quota.allowance === 'ample' ? '' : format.text(lang, 'quota.' + quota.allowance);
  return [used, left ? E('div', {}, E('strong', left)) : ''];
}

function table(titles, rows) {
  return E('table', { 'class': 'table' }, [
    E('tr', { 'class': 'tr table-titles' }, titles.map((title) => E('th', { 'class': 'th' }, title))),
    ...rows.map((cells) => E('tr', { 'class': 'tr' },
      cells.map((cell, i) => E('td', { 'class': 'td', 'data-title': titles[i] }, cell)))),
  ]);
}

function problemsOf(problems) {
  if (problems.length === 0) return '';
  return E('div', { 'class': 'alert-message warning', 'data-problems': problems.length }, [
    E('h4', _('The configuration has mistakes; where there are errors, what ran before goes on')),
    E('ul', problems.map((problem) => E('li', [
      E('code', [problem.section, problem.option].filter((word) => word).join('.')), ': ', problem.message,
    ]))),
  ]);
}

return view.extend({
  // Uplink by interface and name: what was measured while the page is open.
  histories: {},

  load() {
    return Promise.all([daemon.status(), daemon.problems(), daemon.publicKeys()]);
  },

  history(interface_name, uplink) {
    const name = interface_name + ' ' + uplink.name;
    if (!this.histories[name]) this.histories[name] = new graph.History(SPAN_MS);
    return this.histories[name];
  },

  renderBond(status, bond) {
    const now_s = Date.now() / 1000;
    const uplinks = bond.uplinks.map((uplink) => {
      const history = this.history(status.name, uplink);
      history.push(Date.now(), { tx: uplink.tx_rate_bps, rx: uplink.rx_rate_bps });
      return [
        E('strong', uplink.name), stateOf(uplink, now_s), wayOf(uplink), graphOf(history),
        format.rate(uplink.tx_rate_bps, lang), format.rate(uplink.rx_rate_bps, lang),
        format.rate(uplink.capacity_bps, lang), format.milliseconds(uplink.rtt_us, lang),
        format.loss(uplink.loss_ratio, lang), quotaOf(uplink),
      ];
    });
    const classes = (bond.classes || []).filter((each) => each.name !== '' || bond.classes.length > 1);
    return E('div', { 'class': 'cbi-section', 'data-bond': bond.name }, [
      E('h3', _('Bond %s: %s').format(bond.name, bond.mode)),
      E('p', [
        _('Sent'), ' ', E('strong', format.rate(bond.tx_rate_bps, lang)), ', ',
        _('received'), ' ', E('strong', format.rate(bond.rx_rate_bps, lang)), ', ',
        _('resent'), ' ', format.count(bond.resent, lang), ', ',
        _('lost'), ' ', format.count(bond.dropped.lost, lang),
      ]),
      table([_('Uplink'), _('State'), _('Way'), _('Traffic'), _('Sending'), _('Receiving'), _('Capacity'),
        _('Round trip'), _('Loss'), _('Quota')], uplinks),
      classes.length === 0 ? '' : table([_('Class'), _('Takes'), _('Mode'), _('Uplinks in use'), _('Packets')],
        classes.map((each) => [
          each.name || format.text(lang, 'classes.rest'), each.rule,
          each.effective_mode === each.mode ? each.mode : _('%s, runs as %s').format(each.mode, each.effective_mode),
          each.uplinks.join(', ') || format.NO_VALUE, format.count(each.packets, lang),
        ])),
    ]);
  },

  renderInterface(status) {
    const facts = [
      [_('Addresses'), status.addresses.join(', ') || format.NO_VALUE],
      [_('MTU'), String(status.mtu)],
      [_('Engine'), [status.engine, ' ', E('small', status.engine_reason)]],
      [_('Cipher'), [status.cipher, ' ', E('small', status.cipher_reason)]],
      [_('Running for'), format.duration(Date.now() / 1000 - status.started_s, lang)],
    ];
    return E('div', { 'data-interface': status.name }, [
      E('h2', _('Interface %s').format(status.name)),
      E('div', { 'class': 'cbi-section' }, E('table', { 'class': 'table' }, facts.map(([name, value]) =>
        E('tr', { 'class': 'tr' }, [
          E('td', { 'class': 'td left', width: '25%' }, name), E('td', { 'class': 'td left' }, value),
        ])))),
      ...status.bonds.map((bond) => this.renderBond(status, bond)),
    ]);
  },

  update(node, interfaces) {
    dom.content(node, interfaces.length > 0
      ? interfaces.map((status) => this.renderInterface(status))
      : E('p', {}, E('em', _('No interface runs. Is one configured and enabled?'))));
  },

  renderKeys(keys) {
    const names = Object.keys(keys);
    if (names.length === 0) return '';
    return E('div', { 'class': 'cbi-section' }, [
      E('h3', _('Public keys of this router')),
      E('p', _('The far side needs one uplink section for each of them.')),
      table([_('Section'), _('Public key')], names.map((name) => [name, E('code', keys[name])])),
    ]);
  },

  render([interfaces, problems, keys]) {
    const live = E('div', { id: 'wirebraid-status' });
    this.update(live, interfaces);
    poll.add(() => daemon.status().then((status) => this.update(live, status)), INTERVAL_S);
    return E('div', {}, [problemsOf(problems), live, this.renderKeys(keys)]);
  },

  handleSave: null,
  handleSaveApply: null,
  handleReset: null,
});
