// Short messages in the page's status region. They leave after 8 seconds, but not while read with mouse or focus.
const region = () => document.getElementById('toasts');
const STAY = 8000;

export function toast(text, { kind = 'info', undo = null } = {}) {
  const place = region();
  if (!place) return null;
  const box = document.createElement('div');
  box.className = 'toast';
  box.dataset.s = kind;
  const words = document.createElement('p');
  words.textContent = text;
  box.append(words);
  if (undo) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = undo.label;
    button.addEventListener('click', () => { undo.act(); dismiss(box); });
    box.append(button);
  }
  place.append(box);
  watch(box);
  return box;
}

export const failed = () => toast(region()?.dataset[navigator.onLine ? 'failed' : 'offline'] ?? '', { kind: 'bad' });

function dismiss(box) {
  box.dataset.gone = '';
  setTimeout(() => box.remove(), 250);
}

function watch(box) {
  if (box.dataset.watched !== undefined) return;
  box.dataset.watched = '';
  const close = document.createElement('button');
  close.type = 'button';
  close.textContent = '✕';
  close.setAttribute('aria-label', region().dataset.close);
  close.addEventListener('click', () => dismiss(box));
  box.append(close);
  let timer;
  const start = () => { clearTimeout(timer); timer = setTimeout(() => dismiss(box), STAY); };
  for (const event of ['pointerenter', 'focusin']) box.addEventListener(event, () => clearTimeout(timer));
  for (const event of ['pointerleave', 'focusout']) box.addEventListener(event, start);
  start();
}

for (const box of document.querySelectorAll('#toasts .toast')) watch(box);

// What was done is told in a header; a refusal comes as plain words or as a whole page that holds them.
document.addEventListener('htmx:after:request', event => {
  const { response, text } = event.detail.ctx;
  const message = response.headers.get('X-Message');
  if (message) toast(decodeURIComponent(message), { kind: 'ok' });
  if (response.status < 400) return;
  if (/^text\/plain/.test(response.headers.get('Content-Type'))) {
    event.preventDefault();
    toast(text, { kind: 'bad' });
    return;
  }
  if (/^\s*<!doctype/i.test(text)) {
    event.preventDefault();
    const page = new DOMParser().parseFromString(text, 'text/html');
    const words = page.querySelector('[data-refusal]')?.textContent.trim();
    if (words) toast(words, { kind: 'bad' }); else failed();
  } else if (![409, 422].includes(response.status)) failed();
});
document.addEventListener('htmx:error', failed);
