'use strict';
'require baseclass';
'require form';
'require uci';
'require ui';
'require wirebraid.daemon as daemon';

// What several forms have: keys, modes, and which section another one belongs to.

const MODES = ['packet', 'flow', 'host', 'failover', 'redundant'];

function validateKey(section_id, value) {
  return value === '' || daemon.isKey(value) || _('A key has 44 characters of base64');
}

function validateSecret(section_id, value) {
  return value === 'generate' || validateKey(section_id, value);
}

return baseclass.extend({
  modes: MODES,

  validateKey,

  /** A private key with a button that asks for a new one, in the tab 'general'. */
  addSecret(section, help, view_instance) {
    const secret = section.taboption('general', form.Value, 'secret', _('Private key'), help);
    secret.validate = validateSecret;
    secret.password = true;
    secret.optional = true;
    secret.modalonly = true;

    const button = section.taboption('general', form.Button, '_generate', _('New private key'));
    button.inputtitle = _('Generate');
    button.inputstyle = 'apply';
    button.modalonly = true;
    button.onclick = ui.createHandlerFn(view_instance,
      (section_id) => secret.getUIElement(section_id).setValue('generate'));
  },

  /** Makes `option` a choice among the sections of a type, or the only one. */
  offerSections(option, type) {
    option.value('', _('(the only one)'));
    uci.sections('wirebraid', type, (each) => option.value(each['.name']));
    option.optional = true;
  },
});
