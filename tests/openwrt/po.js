// Reads gettext's .po files, as far as LuCI uses them: msgid and msgstr.
import { readFileSync } from 'node:fs';

const unquote = (text) => JSON.parse(text);

/** Map of msgid to msgstr, without the header. */
export const readPo = (file) => {
  const entries = new Map();
  let id = null;
  let part = null;
  let value = { msgid: '', msgstr: '' };
  const flush = () => {
    if (id !== null && value.msgid !== '') entries.set(value.msgid, value.msgstr);
  };
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const found = /^(msgid|msgstr)? ?(".*")$/.exec(line.trim());
    if (!found) continue;
    if (found[1] === 'msgid') {
      flush();
      id = '';
      value = { msgid: '', msgstr: '' };
    }
    part = found[1] || part;
    value[part] += unquote(found[2]);
  }
  flush();
  return entries;
};

const quote = (text) => JSON.stringify(text);

/** The text of a .po file. `entries`: [[msgid, msgstr, [files]]]. */
export const writePo = (header, entries) => ['msgid ""', 'msgstr ""', ...header.map((line) => quote(line + '\n')), '',
  ...entries.flatMap(([msgid, msgstr, files]) =>
    [...files.map((file) => '#: ' + file), 'msgid ' + quote(msgid), 'msgstr ' + quote(msgstr), ''])].join('\n');
