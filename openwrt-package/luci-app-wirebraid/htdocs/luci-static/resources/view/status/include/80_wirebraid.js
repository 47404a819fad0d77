'use strict';
'require baseclass';
'require wirebraid.daemon as daemon';
'require wirebraid.format as format';

// On LuCI's overview: each uplink in a line. The page polls load() and render() itself.

const COLOURS = { good: '#2e7d32', warn: '#b26a00', bad: '#c62828', off: '#757575' };

return baseclass.extend({
  title: _('wirebraid'),

  load() {
    return daemon.status();
  },

  render(interfaces) {
    const lang = daemon.language();
    const rows = interfaces.flatMap((status) => status.bonds.flatMap((bond) =>
      bond.uplinks.map((uplink) => E('tr', { 'class': 'tr' }, [
        E('td', { 'class': 'td' }, status.name + ' / ' + bond.name),
        E('td', { 'class': 'td' }, E('strong', uplink.name)),
        E('td', { 'class': 'td' }, E('span', {
          'class': 'ifacebadge', 'data-state': uplink.state, title: format.stateHelp(uplink.state, lang),
          style: 'border-left:4px solid ' + COLOURS[format.stateLevel(uplink.state)],
        }, format.stateWord(uplink.state, lang))),
        E('td', { 'class': 'td' }, format.rate(uplink.tx_rate_bps, lang)),
        E('td', { 'class': 'td' }, format.rate(uplink.rx_rate_bps, lang)),
        E('td', { 'class': 'td' }, format.milliseconds(uplink.rtt_us, lang)),
      ]))));
    // Nothing at all where it does not run.
    if (rows.length === 0) return null;
    const titles = [_('Bond'), _('Uplink'), _('State'), _('Sending'), _('Receiving'), _('Round trip')];
    return E('table', { 'class': 'table' }, [
      E('tr', { 'class': 'tr table-titles' }, titles.map((title) => E('th', { 'class': 'th' }, title))),
      ...rows,
    ]);
  },
});
