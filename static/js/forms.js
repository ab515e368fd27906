// Forms: no double sending, selects that send themselves, a question before acts that cannot be undone.
import { toast } from './toasts.js';

const CLEAR_AFTER = 15000;

document.addEventListener('submit', event => {
  const form = event.target;
  if (form.dataset.sending !== undefined) { event.preventDefault(); return; }
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  if (form.method !== 'post' || form.matches('[hx-post], [hx-get]')) return;
  const button = event.submitter;
  queueMicrotask(() => {
    if (event.defaultPrevented) return;
    form.dataset.sending = '';
    button?.setAttribute('aria-busy', 'true');
    setTimeout(() => rest(form), CLEAR_AFTER);
  });
}, true);

function rest(form) {
  delete form.dataset.sending;
  for (const busy of form.querySelectorAll('[aria-busy]')) busy.removeAttribute('aria-busy');
}

// Back from the history, a page comes as it was left: ready again.
window.addEventListener('pageshow', () => { for (const form of document.forms) rest(form); });
window.addEventListener('offline', () => {
  const words = document.getElementById('toasts')?.dataset.offline;
  if (words && document.querySelector('form[data-keep]')) toast(words, { kind: 'warn' });
});

document.addEventListener('change', event => {
  if (event.target.matches('[data-autosubmit]')) event.target.form.requestSubmit();
});

document.addEventListener('htmx:before:request', event => {
  event.target.querySelector?.('button')?.setAttribute('aria-busy', 'true');
});
document.addEventListener('htmx:finally:request', event => {
  event.target.querySelector?.('[aria-busy]')?.removeAttribute('aria-busy');
});
