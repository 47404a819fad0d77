'use strict';
'require baseclass';
// As ubus over HTTP: an answer that is none is an error.
return baseclass.extend({
  declare({ object, method, params, expect }) {
    return async (...values) => {
      const named = Object.fromEntries((params || []).map((name, i) => [name, values[i]]));
      const answer = await fetch('/ubus/' + object + '/' + method, { method: 'POST', body: JSON.stringify(named) });
      if (!answer.ok) throw new Error(object + '.' + method + ': ' + answer.status);
      const json = await answer.json();
      const name = Object.keys(expect || {})[0];
      if (name === undefined || name === '') return json;
      return json[name] === undefined ? expect[name] : json[name];
    };
  },
});
