'use strict';
'require form';
'require uci';
'require view';
'require wirebraid.fields as fields';

// Classes: packets of a bond that are treated in a way of their own. Their order is that of matching.

return view.extend({
  load() {
    return uci.load('wirebraid');
  },

  render() {
    const map = new form.Map('wirebraid', _('Classes'),
      _('Packets that are treated in a way of their own, such as calls. The first class that fits takes a packet; all that is given must hold.'));
    const s = map.section(form.GridSection, 'class');
    let o;
    s.addremove = true;
    s.sortable = true;
    s.nodescriptions = true;
    s.modaltitle = (section_id) => _('Class %s').format(section_id);

    o = s.option(form.ListValue, 'bond', _('Bond'), _('Not needed if there is only one.'));
    fields.offerSections(o, 'bond');

    o = s.option(form.ListValue, 'mode', _('Mode'), _('Without one, as the bond.'));
    o.value('', _('as the bond'));
    for (const mode of fields.modes) o.value(mode);
    o.optional = true;

    o = s.option(form.MultiValue, 'uplinks', _('Uplinks'), _('Those that may carry it; without any, all of the bond.'));
    uci.sections('wirebraid', 'uplink', (uplink) => o.value(uplink['.name']));

    o = s.option(form.DynamicList, 'protocol', _('Protocol'), _('tcp, udp, icmp and others, or a number.'));
    o.placeholder = 'udp';

    o = s.option(form.DynamicList, 'port', _('Port'), _('Source or destination: 5060 or 16384-32767.'));
    o.datatype = 'or(port, portrange)';

    o = s.option(form.DynamicList, 'prefix', _('Prefix'), _('Source or destination is in one of them.'));
    o.datatype = 'or(cidr4, cidr6, ipaddr)';
    o.modalonly = true;

    o = s.option(form.DynamicList, 'dscp', _('DSCP'), _('A name such as ef, or a number.'));
    o.placeholder = 'ef';

    o = s.option(form.Value, 'min_size', _('Least size'), _('Bytes of the packet, with its IP header.'));
    o.datatype = 'range(0,65535)';
    o.modalonly = true;

    o = s.option(form.Value, 'max_size', _('Largest size'), _('Bytes of the packet, with its IP header.'));
    o.datatype = 'range(0,65535)';
    o.modalonly = true;

    o = s.option(form.ListValue, 'wirebraid', _('Interface'), _('Not needed if there is only one, or a bond.'));
    fields.offerSections(o, 'interface');
    o.modalonly = true;

    o = s.option(form.Value, 'name', _('Name'), _('If it is another one than that of the section.'));
    o.modalonly = true;

    return map.render();
  },
});
