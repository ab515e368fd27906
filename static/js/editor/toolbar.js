// The row of buttons over the text: role=toolbar, one tab stop, arrows move.
const SPRITE = () => document.querySelector('svg.i use').getAttribute('href').split('#')[0];

export function iconOf(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'i');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `${SPRITE()}#${name}`);
  svg.append(use);
  return svg;
}

function button(label, icon, act) {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = 'btn quiet icon sm';
  element.title = label;
  element.setAttribute('aria-label', label);
  element.append(iconOf(icon));
  element.addEventListener('click', act);
  return element;
}

const ACTS = [
  ['bold', 'bold', chain => chain.toggleBold()],
  ['italic', 'italic', chain => chain.toggleItalic()],
  ['bullets', 'ul', chain => chain.toggleBulletList(), 'bulletList'],
  ['numbers', 'ol', chain => chain.toggleOrderedList(), 'orderedList'],
  ['quote', 'quote', chain => chain.toggleBlockquote(), 'blockquote'],
  ['code', 'code', (chain, editor) => (editor.state.selection.content().content.childCount > 1 || editor.isActive('codeBlock')
    ? chain.toggleCodeBlock() : chain.toggleCode())],
];

/** Builds the toolbar. `texts` are the words of the page; `acts` has link(), picture() or null, and markdown(). */
export function toolbar(editor, texts, acts) {
  const bar = document.createElement('div');
  bar.className = 'toolbar';
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-label', texts.toolbar);
  const marks = ACTS.map(([name, icon, act, active]) => {
    const element = button(texts[name], icon, () => {
      editor.view.focus();
      act(editor.chain(), editor).run();
    });
    return { element, on: () => editor.isActive(active ?? name) || (name === 'code' && editor.isActive('codeBlock')) };
  });
  const link = button(texts.link, 'link', acts.link);
  marks.splice(2, 0, { element: link, on: () => editor.isActive('link') });
  bar.append(...marks.map(mark => mark.element));
  if (acts.picture) bar.append(button(texts.picture, 'image', acts.picture));
  const source = document.createElement('button');
  source.type = 'button';
  source.className = 'btn quiet sm push';
  source.textContent = texts.markdown;
  source.setAttribute('aria-pressed', 'false');
  source.addEventListener('click', acts.markdown);
  bar.append(source);

  const stops = [...bar.children];
  const rove = to => stops.forEach(stop => { stop.tabIndex = stop === to ? 0 : -1; });
  rove(stops[0]);
  bar.addEventListener('focusin', event => rove(event.target.closest('button')));
  bar.addEventListener('keydown', event => {
    const forward = getComputedStyle(bar).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const backward = forward === 'ArrowLeft' ? 'ArrowRight' : 'ArrowLeft';
    const usable = stops.filter(stop => !stop.disabled);
    const at = usable.indexOf(document.activeElement);
    const to = { [forward]: at + 1, [backward]: at - 1, Home: 0, End: usable.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    usable[(to + usable.length) % usable.length].focus();
  });
  const update = () => marks.forEach(({ element, on }) => element.setAttribute('aria-pressed', on()));
  editor.on('transaction', update);
  update();
  return {
    bar,
    source(isSource) {
      source.setAttribute('aria-pressed', isSource);
      for (const stop of stops) if (stop !== source) stop.disabled = isSource;
      if (isSource) rove(source);
    },
  };
}
