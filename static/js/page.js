// Small things on any page: "/" to the search, dialogs, menus that close, copied links, shown passwords.
import { failed, toast } from './toasts.js';

const inField = target => target.closest('input, textarea, select, [contenteditable], dialog');

document.addEventListener('keydown', event => {
  if (event.key === 'Escape') {
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      menu.open = false;
      if (menu.contains(document.activeElement)) menu.querySelector('summary').focus();
    }
  }
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || inField(event.target)) return;
  const search = document.querySelector('search input, input[type=search]');
  if (search) { event.preventDefault(); search.focus(); }
});

document.addEventListener('click', event => {
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const opener = event.target.closest('[data-dialog]');
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
    dialog.addEventListener('close', () => opener.focus(), { once: true });
  }
  if (event.target.closest('[data-close-dialog]')) {
    event.preventDefault();
    event.target.closest('dialog').close();
  }
  const copier = event.target.closest('[data-copy]');
  if (copier) { event.preventDefault(); copy(copier); }
  const reveal = event.target.closest('[data-reveal]');
  if (reveal) {
    const input = document.getElementById(reveal.dataset.reveal);
    const shown = input.type === 'password';
    input.type = shown ? 'text' : 'password';
    reveal.setAttribute('aria-pressed', shown);
  }
});

async function copy(button) {
  const given = button.dataset.copy || button.href;
  const value = /^[/#?]/.test(given) ? new URL(given, location.href).href : given;
  try {
    await navigator.clipboard.writeText(value);
    toast(button.dataset.copied, { kind: 'ok' });
  } catch { failed(); }
}

document.querySelector('[data-focus]')?.focus();
