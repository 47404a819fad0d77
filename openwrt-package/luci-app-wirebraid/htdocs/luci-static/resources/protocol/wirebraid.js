'use strict';
'require form';
'require network';

// The form of a network interface with protocol `wirebraid` (package wirebraid-proto). What it is
// made of is under VPN, wirebraid.

return network.registerProtocol('wirebraid', {
  getI18n() {
    return _('wirebraid (several uplinks in one)');
  },

  getIfname() {
    return this._ubus('l3_device') || this.sid;
  },

  getPackageName() {
    return 'wirebraid-proto';
  },

  isFloating() {
    return true;
  },

  isVirtual() {
    return true;
  },

  getDevices() {
    return null;
  },

  containsDevice(ifname) {
    return network.getIfnameOf(ifname) === this.getIfname();
  },

  renderFormOptions(s) {
    let o = s.taboption('general', form.DummyValue, '_where', _('Settings'));
    o.rawhtml = false;
    o.cfgvalue = () => _('Addresses, bonds and uplinks are set under VPN, wirebraid, in the interface of the same name.');

    o = s.taboption('advanced', form.Flag, 'nohostroute', _('No host routes'),
      _('Do not make routes to the far sides of uplinks that have no line of their own.'));
    o.optional = true;

    o = s.taboption('advanced', form.Value, 'tunlink', _('Line for host routes'),
      _('The interface through which those routes lead, such as wan.'));
    o.optional = true;
  },
});
