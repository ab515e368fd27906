// A form with a text was sent by the browser. If this page does not show it again with errors, it was taken, and what was kept of it goes.
import { drop, SENT } from './drafts/local.js';

try {
  // Going back or loading again may mean that sending failed on the way.
  const arrived = performance.getEntriesByType('navigation')[0]?.type === 'navigate';
  for (const name of Object.keys(sessionStorage).filter(key => key.startsWith(SENT))) {
    sessionStorage.removeItem(name);
    const refused = document.getElementById('errors') || document.querySelector('[data-refusal]');
    if (arrived && !refused) drop(name.slice(SENT.length));
  }
} catch { /* no storage: nothing was kept */ }
