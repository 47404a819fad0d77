'use strict';
'require baseclass';
'require rpc';

// What the rpcd plugin answers.

const callStatus = rpc.declare({ object: 'wirebraid', method: 'status', expect: { interfaces: [] } });
const callKeys = rpc.declare({ object: 'wirebraid', method: 'public_keys', expect: { keys: {} } });
const callCheck = rpc.declare({ object: 'wirebraid', method: 'check', expect: { problems: [] } });

return baseclass.extend({
  /** Interfaces, as `wirebraid show --json` has them; none if the service does not run. */
  status() {
    return L.resolveDefault(callStatus(), []);
  },

  /** {section: public key} of every section that has a secret. */
  publicKeys() {
    return L.resolveDefault(callKeys(), {});
  },

  /** [{priority, section, option, message}]: what is wrong with the configuration. */
  problems() {
    return L.resolveDefault(callCheck(), []);
  },

  /** 'de' or 'en', as the words of the `format` module. */
  language() {
    return /^de\b/i.test(document.documentElement.lang) ? 'de' : 'en';
  },

  /** True if every character is what base64 of a key has. */
  isKey(value) {
    return /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(value);
  },
});
