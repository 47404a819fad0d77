'use strict';
'require baseclass';
return baseclass.extend({
  // As LuCI: the handler gets the values that were bound, then the event's section.
  createHandlerFn: (self, fn, ...values) => (...more) => fn.call(self, ...values, ...more),
});
