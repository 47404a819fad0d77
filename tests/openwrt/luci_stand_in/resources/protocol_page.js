'use strict';
'require baseclass';
'require form';
'require uci';
'require protocol.wirebraid as protocol';
// The form of a protocol, as the page of network interfaces shows it.
return baseclass.extend({
  async __init__() {
    await uci.load('network');
    const map = new form.Map('network', protocol.getI18n());
    const s = map.section(form.NamedSection, 'wb0', 'interface');
    s.tab('general', 'General');
    s.tab('advanced', 'Advanced');
    protocol.renderFormOptions(s);
    luciAppend(document.getElementById('maincontent'), await map.render());
    document.body.dataset.rendered = 'yes';
  },
});
