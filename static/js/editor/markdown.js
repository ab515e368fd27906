// Markdown in, Markdown out: what the editor may change in a text, and what it must leave as it was written.
import { markInputRule, Node } from '@tiptap/core';
import { Bold as AnyBold } from '@tiptap/extension-bold';
import { Italic as AnyItalic } from '@tiptap/extension-italic';
import { marked } from 'marked';

// Addresses stay plain text here; the server makes them links when it shows the post. One tilde is a tilde.
marked.use({
  tokenizer: {
    url() { return undefined; },
    autolink() { return undefined; },
    del(source) {
      const found = /^~~(?=[^\s~])([\s\S]*?[^\s~])~~(?!~)/.exec(source);
      return found ? { type: 'del', raw: found[0], text: found[1], tokens: this.lexer.inlineTokens(found[1]) } : undefined;
    },
  },
});

const LINE_START = /^(\s{0,3})(#{1,6}(?=\s|$)|[-+*](?=\s|$)|>|(?:={3,}|~{3,}|`{3,})(?=\s*$)|-(?=(?:\s*-){2,}\s*$))/gm;
const NUMBER_START = /^(\s{0,3}\d{1,9})([.)])(?=\s|$)/gm;

function escapePlain(text) {
  return text
    .replace(/\\(?=[!-/:-@[-`{-~])/g, '\\\\')
    .replace(/`/g, '\\`')
    .replace(/\*/g, (star, at, all) => (/\s/.test(all[at - 1] ?? ' ') && /\s/.test(all[at + 1] ?? ' ') ? star : '\\*'))
    .replace(/_/g, (line, at, all) => (/[\p{L}\p{N}_]/u.test(all[at - 1] ?? '') && /[\p{L}\p{N}_]/u.test(all[at + 1] ?? '') ? line : '\\_'))
    .replace(/~~/g, '\\~\\~')
    .replace(/!\[|\[(?=[^\]]*\][([:])/g, bracket => bracket.replace('[', '\\['))
    .replace(/<(?=[A-Za-z/!?])/g, '\\<')
    .replace(/&(?=#?\w+;)/g, '&amp;');
}

/** A stretch of plain text as Markdown that reads as the same text again, with as few backslashes as can be. */
export function escapeText(text, startsBlock) {
  return escapePlain(text).split('\n').map((line, index) => (index || startsBlock
    ? line.replace(LINE_START, '$1\\$2').replace(NUMBER_START, '$1\\$2') : line)).join('\n');
}

/** Gives a Markdown manager our way of escaping. */
export function tame(manager) {
  const inCode = (node, parent) => (parent?.type && manager.codeTypes.has(parent.type))
    || (node.marks ?? []).some(mark => manager.codeTypes.has(mark.type ?? mark));
  manager.encodeTextForMarkdown = (text, node, parent) => (inCode(node, parent)
    ? text : escapeText(text, !parent?.content || parent.content[0] === node || parent.content[parent.content.indexOf(node) - 1]?.type === 'hardBreak'));
}

/** The editor's text as Markdown, without the marks it uses for empty lines. */
export const markdownOf = editor => tidy(editor.getMarkdown());
export const tidy = markdown => markdown.replace(/^&nbsp;$/gm, '').replace(/\n{3,}/g, '\n\n').trim();

/** Whether two texts are the same but for blank ends of lines and of the whole. */
export const same = (one, other) => plainEnds(one) === plainEnds(other);
const plainEnds = text => text.replace(/\r\n?/g, '\n').replace(/(?<! ) $/gm, '').replace(/\n{3,}/g, '\n\n').trim();

// Typed stars mark text only when they touch it, as in CommonMark: "2 * 3 * 4" is a sum.
export const Bold = AnyBold.extend({
  addInputRules() { return [markInputRule({ find: /(?:^|\s)(\*\*((?!\s)[^*]*[^*\s])\*\*)$/, type: this.type })]; },
});
export const Italic = AnyItalic.extend({
  addInputRules() {
    return [/(?:^|\s)(\*((?!\s)[^*]*[^*\s])\*)$/, /(?:^|\s)(_((?!\s)[^_]*[^_\s])_)$/].map(find => markInputRule({ find, type: this.type }));
  },
});

/** A picture in the flow of a text. */
export const Picture = Node.create({
  name: 'image',
  inline: true,
  group: 'inline',
  draggable: true,
  addAttributes: () => ({ src: { default: '' }, alt: { default: '' }, title: { default: null } }),
  parseHTML: () => [{ tag: 'img[src^="/"]' }],
  renderHTML: ({ HTMLAttributes }) => ['img', HTMLAttributes],
  markdownTokenName: 'image',
  parseMarkdown: token => ({ type: 'image', attrs: { src: token.href, alt: token.text, title: token.title || null } }),
  renderMarkdown: ({ attrs }) => `![${attrs.alt ?? ''}](${attrs.src}${attrs.title ? ` "${attrs.title}"` : ''})`,
});
