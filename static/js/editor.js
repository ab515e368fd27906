// Puts an editor in the place of each Markdown text area. The text area stays, holds the Markdown at every moment, and is
// what the form sends; a text the editor would change stays in it.
import { Editor, Extension } from '@tiptap/core';
import { Markdown } from '@tiptap/markdown';
import StarterKit from '@tiptap/starter-kit';
import './drafts.js';
import { ask } from './editor/ask.js';
import { Bold, Italic, markdownOf, Picture, same, tame } from './editor/markdown.js';
import { mentions } from './editor/mentions.js';
import { choose, picturesOf, send } from './editor/pictures.js';
import { toolbar } from './editor/toolbar.js';

const sendForm = form => form?.requestSubmit(form.querySelector('.primary:not([formaction])') ?? undefined);

function noteUnder(composer) {
  const note = document.createElement('p');
  note.className = 'note';
  note.setAttribute('role', 'status');
  composer.querySelector('footer').before(note);
  return (text, kind = 'info') => { note.dataset.s = kind; note.textContent = text; };
}

function upgrade(area) {
  const texts = area.dataset;
  const composer = area.closest('.composer');
  const say = noteUnder(composer);
  const mount = document.createElement('div');
  let bar, people, isSource = false;

  const editor = new Editor({
    element: mount,
    injectCSS: false,
    extensions: [
      StarterKit.configure({
        bold: false, italic: false, underline: false, heading: { levels: [1, 2, 3, 4] },
        link: { openOnClick: false, autolink: false, protocols: ['http', 'https', 'mailto'] },
      }),
      Bold, Italic, Picture,
      Markdown,
      Extension.create({ addKeyboardShortcuts: () => ({ 'Mod-Enter': () => { sendForm(area.form); return true; }, 'Mod-k': () => { link(); return true; } }) }),
    ],
    editorProps: {
      attributes: {
        class: 'writing prose', role: 'textbox', 'aria-multiline': 'true', 'aria-label': texts.label, dir: 'auto',
        ...(area.getAttribute('aria-describedby') ? { 'aria-describedby': area.getAttribute('aria-describedby') } : {}),
        ...(area.getAttribute('aria-invalid') ? { 'aria-invalid': 'true' } : {}),
      },
      handleKeyDown: (_, event) => people?.key(event) ?? false,
      handlePaste: (_, event) => take(picturesOf(event.clipboardData)),
      handleDrop: (_, event) => take(picturesOf(event.dataTransfer)),
    },
    onUpdate: () => {
      area.value = markdownOf(editor);
      empty();
      area.dispatchEvent(new Event('input', { bubbles: true }));
      people?.changed();
    },
    onBlur: () => people?.close(),
  });
  tame(editor.markdown);

  function empty() {
    editor.view.dom.toggleAttribute('data-blank', editor.isEmpty);
    editor.view.dom.dataset.placeholder = area.placeholder;
  }

  /** Whether the editor can hold the text unchanged; it does so then. */
  function load() {
    editor.commands.setContent(area.value, { contentType: 'markdown', emitUpdate: false });
    empty();
    return same(markdownOf(editor), area.value);
  }

  function toSource(reason = '') {
    isSource = true;
    mount.hidden = true;
    area.hidden = false;
    bar?.source(true);
    say(reason, 'info');
  }

  function toEditor() {
    if (!load()) { toSource(texts.keptMarkdown); return; }
    isSource = false;
    area.hidden = true;
    mount.hidden = false;
    bar?.source(false);
    say('');
  }

  function insert({ url, alt }) {
    if (isSource) {
      area.setRangeText(`![${alt.replace(/[[\]]/g, '')}](${url})`, area.selectionStart, area.selectionEnd, 'end');
      area.dispatchEvent(new Event('input', { bubbles: true }));
    } else {
      editor.view.focus();
      editor.commands.insertContent([{ type: 'image', attrs: { src: url, alt } }, { type: 'text', text: ' ' }]);
    }
  }

  function take(files) {
    if (!files.length || !texts.upload) return false;
    (async () => {
      for (const file of files) {
        const sent = await send(file, { url: texts.upload, form: area.form, texts, say });
        if (sent) insert(sent);
      }
    })();
    return true;
  }

  async function link() {
    const now = editor.getAttributes('link').href ?? '';
    const address = await ask(texts.askLink, texts, { value: now, type: 'url', remove: now ? texts.remove : null });
    editor.view.focus();
    if (address === null) return;
    const chain = editor.chain().extendMarkRange('link');
    if (!address) { chain.unsetLink().run(); return; }
    const href = /^(https?:|mailto:|\/|#)/i.test(address) ? address : `https://${address}`;
    if (editor.state.selection.empty && !now) chain.insertContent({ type: 'text', text: address, marks: [{ type: 'link', attrs: { href } }] }).run();
    else chain.setLink({ href }).run();
  }

  bar = toolbar(editor, texts, {
    link,
    picture: texts.upload ? () => choose(file => take([file])) : null,
    markdown: () => (isSource ? toEditor() : toSource()),
  });
  composer.prepend(bar.bar);
  area.after(mount);
  if (texts.mentions) attachPeople();
  area.form?.addEventListener('draft:restored', () => { if (!isSource) toEditor(); });
  area.form?.addEventListener('reset', () => setTimeout(toEditor));
  area.addEventListener('paste', event => { if (take(picturesOf(event.clipboardData))) event.preventDefault(); });
  area.addEventListener('drop', event => { if (take(picturesOf(event.dataTransfer))) event.preventDefault(); });
  document.querySelector(`label[for="${area.id}"]`)?.addEventListener('click', () => { if (!isSource) editor.commands.focus(); });
  area.addEventListener('invalid', () => { if (!isSource) editor.commands.focus(); });
  toEditor();
  if (area.autofocus || document.activeElement === area) editor.commands.focus('end');

  function attachPeople() {
    people = mentions(editor.view.dom, {
      before: () => {
        const { $from, empty: caret } = editor.state.selection;
        return caret && !editor.isActive('code') && !editor.isActive('codeBlock') ? $from.parent.textBetween(0, $from.parentOffset, '\n', ' ') : '';
      },
      put: (length, text) => {
        const { from } = editor.state.selection;
        editor.view.focus();
        editor.commands.insertContentAt({ from: from - length, to: from }, { type: 'text', text });
      },
      box: () => editor.view.coordsAtPos(editor.state.selection.from),
    }, texts.mentions, texts);
    const plain = mentions(area, {
      before: () => area.value.slice(0, area.selectionStart),
      put: (length, text) => {
        area.setRangeText(text, area.selectionStart - length, area.selectionStart, 'end');
        area.dispatchEvent(new Event('input', { bubbles: true }));
        area.focus();
      },
      box: () => area.getBoundingClientRect(),
    }, texts.mentions, texts);
    area.addEventListener('input', event => { if (isSource && event.isTrusted) plain.changed(); });
    area.addEventListener('keydown', event => plain.key(event));
    area.addEventListener('blur', () => plain.close());
  }
}

document.addEventListener('keydown', event => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.target.matches('textarea')) sendForm(event.target.form);
});
for (const area of document.querySelectorAll('textarea[data-editor]')) upgrade(area);
