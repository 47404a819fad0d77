'use strict';
'require baseclass';
'require form';
const choices = (names) => form.ListValue.extend({
  __init__(...values) {
    form.ListValue.prototype.__init__.apply(this, values);
    this.value('', '');
    for (const name of names) this.value(name);
  },
});
return baseclass.extend({
  NetworkSelect: choices(['wan', 'wwan', 'bat']),
  DeviceSelect: choices(['eth0', 'eth1', 'wwan0']),
});
