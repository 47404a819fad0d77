'use strict';
'require form';
'require tools.widgets as widgets';
'require uci';
'require view';
'require wirebraid.daemon as daemon';
'require wirebraid.fields as fields';

// Uplinks and exits: an exit is an uplink with an address or a target in its tunnel.

function validateEndpoint(section_id, value) {
  const found = /^(\[[0-9A-Fa-f:.]+(%[\w.-]+)?\]|[\w.-]+):(\d+)$/.exec(value);
  return value === '' || (found !== null && found[3] > 0 && found[3] < 65536) ||
    _('HOST:PORT expected, such as server.example.org:51820 or [2001:db8::1]:51820');
}

function validateRate(section_id, value) {
  return value === '' || /^\d+(\.\d+)?[kMG]?$/.test(value) || _('Bits per second with k, M or G expected, such as 50M');
}

function validateVolume(section_id, value) {
  return value === '' || /^\d+(\.\d+)?[kMGT]?$/.test(value) || _('Bytes with k, M, G or T expected, such as 20G');
}

function validateReserve(section_id, value) {
  return /^\d+%$/.test(value) || validateVolume(section_id, value);
}

function kindOf(section_id) {
  const has = (option) => L.toArray(uci.get('wirebraid', section_id, option)).length > 0;
  return has('tunnel_address') || has('target') ? _('exit') : _('bonded');
}

return view.extend({
  load() {
    return Promise.all([daemon.publicKeys(), uci.load('wirebraid')]);
  },

  render([keys]) {
    const map = new form.Map('wirebraid', _('Uplinks and exits'),
      _('Each uplink is a WireGuard session over one line. Uplinks of one bond lead to the same far side.'));
    const s = map.section(form.GridSection, 'uplink');
    let o;
    s.addremove = true;
    s.sortable = true;
    s.nodescriptions = true;
    s.modaltitle = (section_id) => _('Uplink %s').format(section_id);
    s.tab('general', _('General'));
    s.tab('policy', _('Policy'));
    s.tab('limits', _('Limits'));
    s.tab('exit', _('Exit'), _('For an uplink to a stock WireGuard peer that offers internet by itself.'));
    s.tab('advanced', _('Advanced'));

    o = s.taboption('general', form.Flag, 'enabled', _('Enabled'));
    o.default = '1';
    o.rmempty = true;
    o.editable = true;

    o = s.taboption('general', form.ListValue, 'bond', _('Bond'), _('Not needed if there is only one.'));
    fields.offerSections(o, 'bond');

    o = s.taboption('general', widgets.NetworkSelect, 'interface', _('Line'),
      _('The interface through which it leaves, such as wan. It needs a default route of its own.'));
    o.nocreate = true;
    o.optional = true;

    o = s.taboption('general', form.DynamicList, 'endpoint', _('Server'),
      _('Where the far side listens; several servers, best first. Without one, this side waits to be found.'));
    o.validate = validateEndpoint;
    o.placeholder = 'server.example.org:51820';

    o = s.taboption('general', form.Value, 'public_key', _('Public key of the far side'));
    o.validate = fields.validateKey;
    o.rmempty = false;
    o.modalonly = true;

    fields.addSecret(s,
      _('“generate”: the router makes one when this is applied. Without one, the key of the interface.'), this);

    o = s.taboption('general', form.DummyValue, '_public_key', _('Own public key'),
      _('What the far side needs to know.'));
    o.cfgvalue = (section_id) => keys[section_id] || _('made when this is applied, or that of the interface');
    o.modalonly = true;

    o = s.taboption('general', form.DummyValue, '_kind', _('Kind'));
    o.cfgvalue = kindOf;
    o.modalonly = false;

    o = s.taboption('policy', form.Value, 'priority', _('Priority'), _('Only uplinks of the lowest number that is up are used.'));
    o.datatype = 'range(1,255)';
    o.placeholder = '1';
    o.modalonly = true;

    o = s.taboption('policy', form.Value, 'cost', _('Cost'), _('Among uplinks of one priority, those of higher cost are used last.'));
    o.datatype = 'range(0,1000)';
    o.placeholder = '0';

    o = s.taboption('policy', form.Value, 'weight', _('Weight'), _('Its share of flows in flow and host mode; without it, as measured.'));
    o.datatype = 'range(1,1000)';
    o.modalonly = true;

    o = s.taboption('limits', form.Value, 'rate_up', _('Rate up'), _('Never send more bits per second.'));
    o.validate = validateRate;
    o.placeholder = '50M';
    o.modalonly = true;

    o = s.taboption('limits', form.Value, 'rate_down', _('Rate down'), _('Ask the far side never to send more.'));
    o.validate = validateRate;
    o.placeholder = '50M';
    o.modalonly = true;

    o = s.taboption('limits', form.Value, 'quota', _('Quota'), _('Bytes per month, both directions together.'));
    o.validate = validateVolume;
    o.placeholder = '20G';

    o = s.taboption('limits', form.Value, 'quota_reserve', _('Reserve'), _('The part of the quota that is only used when no other uplink is up.'));
    o.validate = validateReserve;
    o.placeholder = '10%';
    o.modalonly = true;

    o = s.taboption('limits', form.Value, 'quota_day', _('First day'), _('Day of the month on which the quota starts anew.'));
    o.datatype = 'range(1,28)';
    o.placeholder = '1';
    o.modalonly = true;

    o = s.taboption('exit', form.DynamicList, 'tunnel_address', _('Tunnel address'), _('This end’s IPv4 and IPv6 address in the tunnel, as the operator gave them.'));
    o.datatype = 'or(ipaddr, cidr)';
    o.modalonly = true;

    o = s.taboption('exit', form.DynamicList, 'target', _('Target'), _('Addresses behind it that are asked whether it is alive.'));
    o.datatype = 'ipaddr("nomask")';
    o.placeholder = '9.9.9.9';
    o.modalonly = true;

    o = s.taboption('advanced', form.Value, 'name', _('Name'), _('If it is another one than that of the section.'));
    o.modalonly = true;

    o = s.taboption('advanced', form.ListValue, 'wirebraid', _('Interface'), _('Not needed if there is only one, or a bond.'));
    fields.offerSections(o, 'interface');
    o.modalonly = true;

    o = s.taboption('advanced', widgets.DeviceSelect, 'device', _('Device'), _('A device instead of a line.'));
    o.nocreate = true;
    o.optional = true;
    o.modalonly = true;
    o.depends('interface', '');

    o = s.taboption('advanced', form.Value, 'address', _('Source address'), _('Local address of its datagrams.'));
    o.datatype = 'ipaddr("nomask")';
    o.modalonly = true;

    o = s.taboption('advanced', form.Value, 'listen_port', _('Port'));
    o.datatype = 'port';
    o.modalonly = true;

    o = s.taboption('advanced', form.Value, 'fwmark', _('Firewall mark'), _('Of its datagrams; 0x for hexadecimal.'));
    o.modalonly = true;

    o = s.taboption('advanced', form.Value, 'persistent_keepalive', _('Keepalive'), _('Seconds, or off.'));
    o.datatype = 'or("off", range(0,65535))';
    o.placeholder = '25';
    o.modalonly = true;

    o = s.taboption('advanced', form.DynamicList, 'allowed_ips', _('Allowed addresses'), _('For an uplink without a bond: what is behind the far side.'));
    o.datatype = 'or(ipaddr, cidr)';
    o.modalonly = true;

    o = s.taboption('advanced', form.Value, 'preshared_key', _('Preshared key'), _('A secret shared with the far side.'));
    o.validate = fields.validateKey;
    o.password = true;
    o.modalonly = true;

    o = s.taboption('advanced', form.Value, 'secret_file', _('File with the private key'));
    o.placeholder = '/etc/wirebraid/dsl.key';
    o.modalonly = true;

    o = s.taboption('advanced', form.Value, 'preshared_key_file', _('File with the preshared key'));
    o.modalonly = true;

    return map.render();
  },
});
