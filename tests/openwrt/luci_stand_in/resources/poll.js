'use strict';
'require baseclass';
return baseclass.extend({
  add(fn, interval_s) {
    setInterval(fn, 1000 * (interval_s || 5));
  },
});
