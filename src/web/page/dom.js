// Making and changing elements. Text is always text: nothing of the daemon's is read as HTML.
import './words.js';

let language = 'en';

export const currentLanguage = () => language;
export const setLanguage = (lang) => {
  language = lang;
  document.documentElement.lang = lang;
};
/** The word in the page's language. */
export const t = (key, values) => WirebraidFormat.text(language, key, values);

const SVG = 'http://www.w3.org/2000/svg';

const fill = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
};

/** el('p', {class: 'notice'}, 'text', element...) */
export const el = (tag, attributes, ...children) =>
  fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/** Only if it is another one: a screen reader and the layout need not look again. */
export const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};
export const setAttribute = (element, name, value) => {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
};
export const show = (element, visible) => {
  if (element.hidden === visible) element.hidden = !visible;
};

/** Said by a screen reader, seen by nobody. */
export const announce = (text) => {
  const place = document.getElementById('announce');
  place.append(el('p', {}, text));
  while (place.children.length > 3) place.firstChild.remove();
};

export const button = (text, attributes = {}) => el('button', { type: 'button', ...attributes }, text);

export const copyButton = (text) => {
  const made = button(t('copy'), {
    class: 'small',
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        // Plain HTTP has no clipboard: by the selection.
        const area = el('textarea', { class: 'unseen' });
        area.value = text;
        made.after(area);
        area.select();
        document.execCommand('copy');
        area.remove();
        made.focus();
      }
      setText(made, t('copied'));
      announce(t('copied'));
    },
  });
  return made;
};

/** Rows of a description list; those without a value are left out. */
export const rows = (list) => list
  .filter(([, value]) => value !== null && value !== undefined && value !== '')
  .map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)));
