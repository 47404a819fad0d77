'use strict';
'require baseclass';

// Stands for LuCI's validation.js: datatypes as expressions.

const split = (text) => {
  const parts = [];
  let depth = 0;
  let part = '';
  for (const char of text) {
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (char === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else {
      part += char;
    }
  }
  return [...parts, part.trim()];
};

const is4 = (text) => {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
};
const is6 = (text) => {
  try {
    return text.includes(':') && new URL('http://[' + text + ']/').hostname !== '';
  } catch {
    return false;
  }
};
const isCidr = (text, test, most) => {
  const [address, length, more] = text.split('/');
  return more === undefined && test(address) && /^\d+$/.test(length || '') && Number(length) <= most;
};
const isPort = (text) => /^\d+$/.test(text) && Number(text) < 65536;

const TYPES = {
  string: () => true,
  uinteger: (text) => /^\d+$/.test(text),
  port: isPort,
  portrange: (text) => isPort(text) || /^\d+-\d+$/.test(text) && text.split('-').every(isPort),
  cidr4: (text) => isCidr(text, is4, 32),
  cidr6: (text) => isCidr(text, is6, 128),
  cidr: (text) => isCidr(text, is4, 32) || isCidr(text, is6, 128),
  ipaddr: (text, nomask) => is4(text) || is6(text) ||
    (nomask !== '"nomask"' && (isCidr(text, is4, 32) || isCidr(text, is6, 128))),
  or: (text, ...types) => types.some((type) => fits(type, text)),
  range: (text, low, high) => /^-?\d+$/.test(text) && Number(text) >= Number(low) && Number(text) <= Number(high),
};

const fits = (type, text) => {
  if (/^".*"$/.test(type)) return text === type.slice(1, -1);
  const found = /^(\w+)(?:\((.*)\))?$/.exec(type);
  if (!found || !TYPES[found[1]]) throw new Error('no datatype ' + type);
  return TYPES[found[1]](text, ...(found[2] === undefined ? [] : split(found[2])));
};

return baseclass.extend({ fits });
