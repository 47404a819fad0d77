'use strict';
'require baseclass';
return baseclass.extend({
  content(node, children) {
    node.replaceChildren();
    luciAppend(node, children);
  },
  append: (node, children) => luciAppend(node, children),
});
