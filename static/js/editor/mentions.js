// "@" and some letters: a list of members to choose from with arrows and Enter, for the editor and for the plain text.
const TYPED = /(?:^|[\s(])@([\p{L}\p{N}._-]{0,30})$/u;
let count = 0;

/**
 * `place` gives before() the text before the caret, put(length, text) to replace its end, and box() where the caret is.
 */
export function mentions(field, place, url, texts) {
  const list = document.createElement('ul');
  list.className = 'pop people-list';
  list.id = `people-${++count}`;
  list.hidden = true;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', texts.people);
  const status = document.createElement('span');
  status.className = 'vh';
  status.setAttribute('role', 'status');
  document.body.append(list, status);
  field.setAttribute('aria-autocomplete', 'list');
  let people = [], at = 0, typed = '', timer, asked = 0;

  function close() {
    list.hidden = true;
    people = [];
    field.removeAttribute('aria-activedescendant');
    field.removeAttribute('aria-controls');
    status.textContent = '';
  }

  function mark(to) {
    at = (to + people.length) % people.length;
    [...list.children].forEach((option, index) => option.setAttribute('aria-selected', index === at));
    field.setAttribute('aria-activedescendant', `${list.id}-${at}`);
    list.children[at].scrollIntoView({ block: 'nearest' });
  }

  function show() {
    list.replaceChildren(...people.map((person, index) => option(person, index)));
    list.hidden = false;
    const box = place.box();
    list.style.insetBlockStart = `${box.bottom + window.scrollY + 6}px`;
    list.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - list.offsetWidth - 8)) + window.scrollX}px`;
    field.setAttribute('aria-controls', list.id);
    status.textContent = `${people.length} ${texts.peopleFound}`;
    mark(0);
  }

  function option(person, index) {
    const row = document.createElement('li');
    row.id = `${list.id}-${index}`;
    row.setAttribute('role', 'option');
    const face = document.createElement(person.avatar ? 'img' : 'span');
    face.className = 'av';
    face.dataset.size = 's';
    if (person.avatar) { face.src = person.avatar; face.alt = ''; } else { face.textContent = person.name.slice(0, 1).toUpperCase(); face.setAttribute('aria-hidden', 'true'); }
    const words = document.createElement('span');
    const name = document.createElement('b');
    name.textContent = person.name;
    const handle = document.createElement('small');
    handle.className = 'faint';
    handle.textContent = ` @${person.username}`;
    words.append(name, handle);
    row.append(face, words);
    row.addEventListener('pointerdown', event => { event.preventDefault(); choose(index); });
    return row;
  }

  function choose(index) {
    const person = people[index];
    close();
    place.put(typed.length + 1, `@${person.username} `);
  }

  async function look() {
    const found = TYPED.exec(place.before());
    if (!found) { close(); return; }
    typed = found[1];
    const turn = ++asked;
    const query = new URL(url, location.href);
    query.searchParams.set('q', typed);
    try {
      const response = await fetch(query, { headers: { Accept: 'application/json' } });
      const answer = response.ok ? await response.json() : [];
      if (turn !== asked) return;
      people = answer.slice(0, 8);
    } catch { people = []; }
    if (people.length) show();
    else { close(); if (typed) status.textContent = texts.noPeople; }
  }

  return {
    changed() { clearTimeout(timer); timer = setTimeout(look, 120); },
    close,
    /** Whether the key was for the list. */
    key(event) {
      if (list.hidden || !people.length) return false;
      const acts = { ArrowDown: () => mark(at + 1), ArrowUp: () => mark(at - 1), Enter: () => choose(at), Tab: () => choose(at), Escape: close };
      if (!acts[event.key] || event.ctrlKey || event.metaKey) return false;
      event.preventDefault();
      event.stopPropagation();
      acts[event.key]();
      return true;
    },
  };
}
