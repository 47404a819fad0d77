// Asking for the password.
import * as api from './api.js';
import { currentLanguage, el, setText, show, t } from './dom.js';

/** `done` is called once it was right. `remark`: why somebody is asked again. */
export const loginView = (done, remark = '') => {
  const password = el('input', {
    id: 'password', type: 'password', autocomplete: 'current-password', required: true,
    'aria-describedby': 'login-error',
  });
  const error = el('p', { id: 'login-error', class: 'problem', role: 'alert' }, remark);
  const submit = el('button', { class: 'primary' }, t('login.submit'));
  const say = (text) => {
    setText(error, text);
    password.setAttribute('aria-invalid', 'true');
    password.select();
    password.focus();
  };
  const send = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    const answer = await api.login(password.value);
    submit.disabled = false;
    if (answer.ok) {
      password.value = '';
      done();
    } else if (answer.wait_s) {
      say(t('login.wait', { time: WirebraidFormat.duration(answer.wait_s, currentLanguage()) }));
    } else {
      say(answer.status === 403 ? t('login.wrong') : (answer.error || []).join('\n') || t('error.network'));
    }
  };
  const user = el('input', { type: 'text', name: 'username', value: 'wirebraid', autocomplete: 'username', tabindex: '-1', 'aria-hidden': 'true' });
  show(user, false);
  return el('main', { class: 'login' }, el('form', { class: 'card', novalidate: true, onsubmit: send },
    el('h1', {}, 'wirebraid'), user, el('label', { for: 'password' }, t('login.password')), password, error, submit));
};
