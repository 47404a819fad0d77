'use strict';
'require baseclass';
const Protocol = baseclass.extend({
  sid: 'wb0',
  _ubus: () => null,
});
return baseclass.extend({
  getIfnameOf: (name) => name,
  // The module of a protocol is its class.
  registerProtocol: (name, methods) => Protocol.extend({ ...methods, getProtocol: () => name }),
});
