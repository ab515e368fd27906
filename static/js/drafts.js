// What is typed in a form with data-keep stays in this browser until it was sent: for 7 days, per place.
const PREFIX = 'draft:';
const KEEP_FOR = 7 * 86400 * 1000;
const SENT = 'sent:';
let unsaved = false;

const fieldsOf = form => [...form.elements].filter(field =>
  field.name && field.name !== 'csrf_token' && !['hidden', 'password', 'file', 'submit', 'button'].includes(field.type));

const read = form => Object.fromEntries(fieldsOf(form)
  .filter(field => !['radio', 'checkbox'].includes(field.type) || field.checked)
  .map(field => [field.name, field.type === 'checkbox' ? 'on' : field.value]));

const write = (form, values) => {
  for (const field of fieldsOf(form)) {
    if (['radio', 'checkbox'].includes(field.type)) field.checked = field.type === 'radio' ? values[field.name] === field.value : field.name in values;
    else if (field.name in values) field.value = values[field.name];
    field.dispatchEvent(new CustomEvent('draft:restored', { bubbles: true }));
  }
};

function store(form, first) {
  const key = PREFIX + form.dataset.keep;
  const values = read(form);
  const note = form.querySelector('[data-draft-saved]');
  try {
    if (JSON.stringify(values) === JSON.stringify(first)) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify({ at: Date.now(), values }));
    unsaved = false;
    if (note) note.textContent = form.dataset.saved;
  } catch { unsaved = JSON.stringify(values) !== JSON.stringify(first); }
}

function kept(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    if (draft && Date.now() - draft.at < KEEP_FOR) return draft.values;
    localStorage.removeItem(key);
  } catch { /* no storage, or not ours: nothing is kept */ }
  return null;
}

function announce(form, first, key) {
  const note = form.querySelector('[data-draft-note]');
  if (!note) return;
  const discard = document.createElement('button');
  discard.type = 'button';
  discard.className = 'btn quiet sm push';
  discard.textContent = form.dataset.discard;
  discard.addEventListener('click', () => {
    write(form, first);
    localStorage.removeItem(key);
    note.hidden = true;
    fieldsOf(form)[0]?.focus();
  });
  const words = document.createElement('span');
  words.textContent = form.dataset.kept;
  note.replaceChildren(words, discard);
  note.hidden = false;
}

function start(form) {
  const key = PREFIX + form.dataset.keep;
  const first = read(form);
  // A page that comes back with errors already holds what was written; the draft must not go over it.
  const draft = form.querySelector('[aria-invalid="true"]') || document.getElementById('errors') ? null : kept(key);
  if (draft && JSON.stringify(draft) !== JSON.stringify(first)) {
    write(form, { ...first, ...draft });
    announce(form, first, key);
  }
  let timer;
  form.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(() => store(form, first), 400); });
  form.addEventListener('submit', () => {
    clearTimeout(timer);
    store(form, first);
    unsaved = false;
    try { sessionStorage.setItem(SENT + form.dataset.keep, '1'); } catch { /* kept until it expires */ }
  });
}

// A form was sent. If this page does not show it again with errors, it was taken, and its draft can go.
function clearSent() {
  try {
    // Going back or loading again may mean that sending failed on the way.
    const arrived = performance.getEntriesByType('navigation')[0]?.type === 'navigate';
    for (const name of Object.keys(sessionStorage).filter(key => key.startsWith(SENT))) {
      const place = name.slice(SENT.length);
      sessionStorage.removeItem(name);
      const refused = document.getElementById('errors') || document.querySelector('[data-refusal]');
      if (arrived && !refused) localStorage.removeItem(PREFIX + place);
    }
  } catch { /* no storage: nothing to clear */ }
}

window.addEventListener('beforeunload', event => { if (unsaved) event.preventDefault(); });
clearSent();
for (const form of document.querySelectorAll('form[data-keep]')) start(form);
