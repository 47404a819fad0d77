'use strict';
return L.Class.extend({ extend: (properties) => L.Class.extend(properties) });
