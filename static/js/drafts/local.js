// What is typed, in this browser: until the server has it, and for 7 days at most. One entry for each member and place.
const PREFIX = 'draft:';
export const SENT = 'sent:'; // before the key of a form the browser is sending, in the storage of the window
const KEEP_FOR = 7 * 86400 * 1000;

export const keyOf = form => `${PREFIX}${form.dataset.owner ?? ''}:${form.dataset.keep}`;

/** The entry, `{ at, values, sequence, submission, waiting }`, or null when there is none that we can use. */
export function kept(key) {
  try {
    const entry = JSON.parse(localStorage.getItem(key));
    if (entry?.values && Date.now() - entry.at < KEEP_FOR) return entry;
    localStorage.removeItem(key);
  } catch { /* no storage, or not ours: nothing is kept */ }
  return null;
}

/** Whether it could be kept. */
export function keep(key, entry) {
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), ...entry }));
    return true;
  } catch { return false; }
}

export function drop(key) {
  try { localStorage.removeItem(key); } catch { /* nothing was kept */ }
}
