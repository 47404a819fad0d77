'use strict';
'require form';
'require uci';
'require view';
'require wirebraid.daemon as daemon';
'require wirebraid.fields as fields';
'require wirebraid.format as format';

// The service as a whole, interfaces, and bonds: uplinks to one far side.

function describeModes() {
  return E('ul', fields.modes.map((mode) =>
    E('li', [E('strong', mode), ': ', format.text(daemon.language(), 'mode.' + mode + '.help')])));
}

function addGlobals(map) {
  const s = map.section(form.NamedSection, 'globals', 'globals', _('Service'));
  let o;
  s.addremove = false;

  o = s.option(form.Flag, 'enabled', _('Enabled'));
  o.default = '1';
  o.rmempty = false;

  o = s.option(form.ListValue, 'log_level', _('Log'));
  for (const level of ['debug', 'info', 'warning', 'error', 'silent']) o.value(level);
  o.default = 'info';

  o = s.option(form.ListValue, 'engine', _('Engine'), _('How packets are read and written. auto takes the first that works.'));
  for (const engine of ['auto', 'io_uring', 'epoll']) o.value(engine);
  o.default = 'auto';

  o = s.option(form.Value, 'state_dir', _('State'), _('Directory for what metered uplinks have used.'));
  o.placeholder = '/etc/wirebraid/state';
}

function addInterfaces(map, keys, view_instance) {
  const s = map.section(form.GridSection, 'interface', _('Interfaces'));
  let o;
  s.addremove = true;
  s.nodescriptions = true;
  s.modaltitle = (section_id) => _('Interface %s').format(section_id);
  s.tab('general', _('General'));
  s.tab('advanced', _('Advanced'));

  o = s.taboption('general', form.Flag, 'enabled', _('Enabled'));
  o.default = '1';
  o.rmempty = true;
  o.editable = true;

  o = s.taboption('general', form.DynamicList, 'address', _('Addresses'), _('Of the interface, with prefix length.'));
  o.datatype = 'or(cidr4, cidr6, ipaddr)';
  o.placeholder = '10.99.0.2/24';

  o = s.taboption('general', form.Value, 'listen_port', _('Port'), _('UDP port. 0: the kernel picks one.'));
  o.datatype = 'port';
  o.placeholder = '0';

  fields.addSecret(s,
    _('For uplinks without one of their own. “generate”: the router makes one when this is applied.'), view_instance);

  o = s.taboption('general', form.DummyValue, '_public_key', _('Own public key'));
  o.cfgvalue = (section_id) => keys[section_id] || _('none yet');
  o.modalonly = true;

  o = s.taboption('advanced', form.Value, 'secret_file', _('File with the private key'));
  o.placeholder = '/etc/wirebraid/wb0.key';
  o.modalonly = true;

  o = s.taboption('advanced', form.Value, 'mtu', _('MTU'), _('Without it, worked out from the uplinks.'));
  o.datatype = 'range(576,65440)';
  o.modalonly = true;

  o = s.taboption('advanced', form.Value, 'table', _('Routing table'), _('For the routes to the far side: auto (the main one), off, or a number.'));
  o.datatype = 'or("auto", "off", uinteger)';
  o.placeholder = 'auto';
  o.modalonly = true;

  o = s.taboption('advanced', form.Value, 'metric', _('Metric'), _('Of those routes.'));
  o.datatype = 'uinteger';
  o.placeholder = '0';
  o.modalonly = true;

  o = s.taboption('advanced', form.Value, 'fwmark', _('Firewall mark'), _('Of outgoing datagrams; 0x for hexadecimal.'));
  o.modalonly = true;

  o = s.taboption('advanced', form.ListValue, 'cipher', _('Cipher'), _('Which library encrypts. auto: the fastest here, measured at the start.'));
  for (const cipher of ['auto', 'libsodium', 'openssl', 'ipsec-mb']) o.value(cipher);
  o.default = 'auto';
  o.modalonly = true;

  o = s.taboption('advanced', form.Value, 'workers', _('Workers'), _('Threads that share the bonds among them; auto: one for each core.'));
  o.datatype = 'or("auto", range(1,64))';
  o.placeholder = '1';
  o.modalonly = true;
}

function addBonds(map) {
  const s = map.section(form.GridSection, 'bond', _('Bonds'));
  let o;
  s.addremove = true;
  s.nodescriptions = true;
  s.modaltitle = (section_id) => _('Bond %s').format(section_id);

  o = s.option(form.ListValue, 'mode', _('Mode'), _('How packets are spread over the uplinks.'));
  for (const mode of fields.modes) o.value(mode);
  o.default = 'packet';

  o = s.option(form.DynamicList, 'allowed_ips', _('Behind the far side'),
    _('What is routed to it, and accepted from it: 0.0.0.0/0 and ::/0 for the internet.'));
  o.datatype = 'or(cidr4, cidr6, ipaddr)';
  o.placeholder = '0.0.0.0/0';

  o = s.option(form.Value, 'hold_time', _('Hold time'), _('Most milliseconds that a packet waits for a missing one before it.'));
  o.datatype = 'range(1,5000)';
  o.placeholder = '100';
  o.modalonly = true;

  o = s.option(form.ListValue, 'wirebraid', _('Interface'), _('Not needed if there is only one.'));
  fields.offerSections(o, 'interface');

  o = s.option(form.Value, 'name', _('Name'), _('If it is another one than that of the section.'));
  o.modalonly = true;
}

return view.extend({
  load() {
    return Promise.all([daemon.publicKeys(), uci.load('wirebraid')]);
  },

  render([keys]) {
    const map = new form.Map('wirebraid', _('Interfaces and bonds'), describeModes());
    addGlobals(map);
    addInterfaces(map, keys, this);
    addBonds(map);
    return map.render();
  },
});
