// The list under a search box: arrows go through it, Enter follows, Escape closes (the combobox pattern of ARIA).
for (const input of document.querySelectorAll('[data-list]')) {
  const list = document.getElementById(input.dataset.list);
  const options = () => [...list.querySelectorAll('[role=option]')];
  let at = -1;

  for (const [name, value] of Object.entries({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-controls': list.id, 'aria-expanded': 'false' })) {
    input.setAttribute(name, value);
  }

  const show = open => {
    list.hidden = !open;
    input.setAttribute('aria-expanded', open);
    if (!open) choose(-1);
  };

  const choose = index => {
    at = index;
    options().forEach((option, n) => option.setAttribute('aria-selected', n === at));
    const chosen = options()[at];
    if (chosen) { input.setAttribute('aria-activedescendant', chosen.id); chosen.scrollIntoView({ block: 'nearest' }); }
    else input.removeAttribute('aria-activedescendant');
  };

  new MutationObserver(() => { at = -1; show(options().length > 0 && document.activeElement === input); }).observe(list, { childList: true });
  input.addEventListener('input', () => { if (!input.value.trim()) { list.replaceChildren(); show(false); } });
  input.addEventListener('focus', () => show(options().length > 0));
  input.addEventListener('keydown', event => {
    const all = options();
    if (event.key === 'Escape' && !list.hidden) { event.preventDefault(); show(false); return; }
    if (!all.length) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (list.hidden) show(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      choose(at + step < -1 ? all.length - 1 : at + step >= all.length ? -1 : at + step);
    }
    if (event.key === 'Enter' && !list.hidden && all[at]) { event.preventDefault(); all[at].click(); }
  });
  document.addEventListener('click', event => { if (!event.target.closest('search')) show(false); });
  input.closest('search')?.addEventListener('focusout', event => {
    if (event.relatedTarget && !event.relatedTarget.closest('search')) show(false);
  });
}
