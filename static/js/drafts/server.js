// What is asked of the server while somebody writes. Throws when there is no connection, or none that answers.
const AWAY = [502, 503, 504];
const PATIENCE = 30000;

class Away extends Error {}

async function ask(url, options) {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), ...options });
  if (AWAY.includes(response.status)) throw new Away(url);
  return response;
}

const asked = form => ask(form.dataset.draft, { headers: { 'HX-Request': 'true' } });

/** Posts the form; the key of a page that was open for too long is renewed, once. */
async function post(form, url, body, options) {
  const response = await ask(url, { method: 'POST', body: body(), ...options });
  if (response.status !== 400) return response;
  const there = await asked(form);
  if (!there.ok) return there;
  const { token } = await there.json();
  for (const field of document.querySelectorAll('input[name=csrf_token]')) field.value = token;
  return ask(url, { method: 'POST', body: body(), ...options });
}

/** What the server keeps for the place of the form: `{ sequence, values, saved }`; null when it does not tell. */
export async function state(form) {
  const response = await asked(form);
  return response.ok ? response.json() : null;
}

const textOf = form => new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === 'string'));
const KEEPALIVE_MAX = 60000; // bytes; browsers refuse more from a page that goes

/** Saves what the form holds; `{ status, answer }`. */
export async function save(form, { leaving = false } = {}) {
  const keepalive = leaving && new Blob([textOf(form)]).size < KEEPALIVE_MAX;
  const response = await post(form, form.dataset.draft, () => textOf(form), { keepalive, headers: { 'HX-Request': 'true' } });
  const isJson = /json/.test(response.headers.get('Content-Type'));
  return { status: response.status, answer: isJson ? await response.json() : {} };
}

const byScript = { headers: { 'X-Sent-By': 'script' } };
const placeOf = response => (response.status === 204 ? response.headers.get('X-Location') : null);

/** Throws the draft away; the address of the page with an empty form, null when the server refuses. */
export const discard = async form => placeOf(await post(form, `${form.dataset.draft}/discard`, () => textOf(form), byScript));

/** Sends the form as its button would; the address to go to when it was taken, null when the server refuses it. */
export const send = async form => placeOf(await post(form, form.getAttribute('action'), () => new FormData(form), byScript));
