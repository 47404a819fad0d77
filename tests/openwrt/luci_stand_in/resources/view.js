'use strict';
'require baseclass';
const View = baseclass.extend({
  __init__() {
    const main = document.getElementById('maincontent');
    Promise.resolve(this.load ? this.load() : undefined)
      .then((data) => this.render(data))
      .then((node) => {
        main.replaceChildren();
        luciAppend(main, node);
        if (this.handleSave !== null) {
          luciAppend(main, E('button', { id: 'save', click: () => this.save() }, _('Save')));
        }
        document.body.dataset.rendered = 'yes';
      });
  },
  async save() {
    delete document.body.dataset.saved;
    for (const map of window.luciMaps || []) await map.save();
    document.body.dataset.saved = 'yes';
  },
});
// A module is an instance; views extend this one's class.
return baseclass.extend({ extend: (properties) => View.extend(properties) });
