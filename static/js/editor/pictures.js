// Sends a chosen, pasted or dropped picture and gives back where it is; says beside the text what went wrong.
import { ask } from './ask.js';

export const picturesOf = transfer => [...(transfer?.files ?? [])].filter(file => file.type.startsWith('image/'));

export function choose(then) {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = 'image/*';
  input.addEventListener('change', () => { if (input.files[0]) then(input.files[0]); });
  input.click();
}

/** Asks for the words, posts the file, resolves to {url, alt} or null. `say(text, kind)` shows a note. */
export async function send(file, { url, form, texts, say }) {
  const alt = await ask(texts.askAlt, texts);
  if (alt === null) return null;
  const token = form?.querySelector('[name=csrf_token]')?.value ?? '';
  const body = new FormData();
  body.append('file', file);
  body.append('alt', alt);
  say(texts.uploading, 'info');
  try {
    const response = await fetch(url, { method: 'POST', body, headers: { 'X-CSRFToken': token, Accept: 'application/json' } });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) { say(answer.error || texts.uploadFailed, 'bad'); return null; }
    say('', 'info');
    return { url: answer.url, alt: answer.alt ?? alt };
  } catch {
    say(texts.uploadFailed, 'bad');
    return null;
  }
}
