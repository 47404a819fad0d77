// Talking to wirebraid-web (docs/web.md).

let csrf = '';
let onLoggedOut = () => {};

export const whenLoggedOut = (call) => { onLoggedOut = call; };

/** {status, ok, error: [...], ...}; never throws. */
const ask = async (path, options = {}) => {
  try {
    const response = await fetch(path, { ...options, credentials: 'same-origin' });
    const body = await response.json();
    if (response.status === 401) onLoggedOut();
    return { ...body, status: response.status };
  } catch {
    return { ok: false, status: 0, error: [] };
  }
};

const post = (path, body = {}) => ask(path, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
  body: JSON.stringify(body),
});

const withInterface = (path, name, more = '') =>
  path + '?interface=' + encodeURIComponent(name) + more;

export const session = async () => {
  const answer = await ask('api/session');
  if (answer.csrf) csrf = answer.csrf;
  return answer;
};
export const login = async (password) => {
  // A token for it: the page may have been open for long.
  await session();
  const answer = await post('api/login', { password });
  if (answer.ok) await session();
  return answer;
};
export const logout = () => post('api/logout');
export const interfaces = () => ask('api/interfaces');
export const events = (name) => ask(withInterface('api/events', name, '&since=0'));
export const configuration = (name) => ask(withInterface('api/configuration', name));
export const change = (name, body) => post(withInterface('api/change', name), body);
export const confirm = (name) => post(withInterface('api/confirm', name));
export const revert = (name) => post(withInterface('api/revert', name));
export const speedtest = (name, body) => post(withInterface('api/speedtest', name), body);
export const reload = (name) => post(withInterface('api/reload', name));
export const liveAddress = (name) => withInterface('api/live', name);
