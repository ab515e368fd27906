// Passkeys: a button asks the device for one; while signing in, those it knows are offered in the address field.
const forms = [...document.querySelectorAll('form[data-passkey]')];
let waiting;

if (window.PublicKeyCredential) {
  for (const form of forms) {
    form.hidden = false;
    form.querySelector('button').addEventListener('click', () => ask(form));
    // Enter in the field for the name does what the button does.
    form.addEventListener('submit', event => { event.preventDefault(); event.stopImmediatePropagation(); ask(form); }, true);
    if ('quietly' in form.dataset) offer(form);
  }
  for (const words of document.querySelectorAll('[data-no-passkeys]')) words.hidden = true;
}

async function ask(form) {
  const button = form.querySelector('button');
  if (button.hasAttribute('aria-busy')) return;
  waiting?.abort();
  button.setAttribute('aria-busy', 'true');
  tell(form, '');
  try {
    const publicKey = await options(form);
    const key = form.dataset.passkey === 'create'
      ? await navigator.credentials.create({ publicKey })
      : await navigator.credentials.get({ publicKey });
    send(form, key);
  } catch (error) {
    button.removeAttribute('aria-busy');
    tell(form, { NotAllowedError: form.dataset.cancelled, AbortError: form.dataset.cancelled, InvalidStateError: form.dataset.known }[error.name] || form.dataset.failed);
  }
}

// The browser waits, without a window of its own, until somebody picks a passkey in the address field.
async function offer(form) {
  if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
  waiting = new AbortController();
  try {
    const publicKey = await options(form);
    send(form, await navigator.credentials.get({ publicKey, mediation: 'conditional', signal: waiting.signal }));
  } catch { /* The button is still there. */ }
}

async function options(form) {
  const body = new URLSearchParams({ csrf_token: form.querySelector('[name=csrf_token]').value });
  const answer = await fetch(form.dataset.ask, { method: 'POST', body });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const given = await answer.json();
  given.challenge = bytes(given.challenge);
  if (given.user) given.user.id = bytes(given.user.id);
  for (const list of ['excludeCredentials', 'allowCredentials']) {
    given[list] = given[list]?.map(key => ({ ...key, id: bytes(key.id) }));
  }
  return given;
}

function send(form, key) {
  const said = key.response;
  const response = { clientDataJSON: text(said.clientDataJSON) };
  for (const part of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (said[part]) response[part] = text(said[part]);
  }
  form.querySelector('[data-credential]').value = JSON.stringify({
    id: key.id, rawId: text(key.rawId), type: key.type, response, clientExtensionResults: {},
  });
  form.submit();
}

function tell(form, words) {
  const place = form.querySelector('[data-refused]');
  place.textContent = words;
  place.hidden = !words;
}

const bytes = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0));
const text = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
