// Nothing that is typed in a form with data-keep is lost. It is kept in this browser at once and on the server soon after;
// what another window saved meanwhile is never written over; what cannot be sent now is sent when there is a connection again.
import { read, same, write } from './drafts/fields.js';
import { drop, keep, keyOf, kept, SENT } from './drafts/local.js';
import * as server from './drafts/server.js';

const HERE_AFTER = 400, THERE_AFTER = 1500, AT_LATEST = 10000; // milliseconds after a key
const AGAIN_AFTER = [3000, 5000, 10000, 30000, 60000];
const EXCERPT = 400;

class Writing {
  constructor(form) {
    this.form = form;
    this.key = keyOf(form);
    this.texts = JSON.parse(form.dataset.texts);
    this.note = document.querySelector(`[data-draft-note="${CSS.escape(form.dataset.keep)}"]`);
    this.told = form.querySelector('[data-draft-saved]');
    this.known = read(form); // what the server has, or what it gave us to begin with
    this.begin();
    form.addEventListener('input', () => this.typed());
    form.addEventListener('change', () => this.typed());
    form.addEventListener('submit', event => this.submitted(event));
    this.note?.addEventListener('submit', event => { event.preventDefault(); this.discard(); });
    document.addEventListener('visibilitychange', () => { if (document.hidden) this.leave(); });
    window.addEventListener('pagehide', () => this.leave());
    window.addEventListener('pageshow', event => { if (event.persisted) this.back(); });
    window.addEventListener('online', () => this.connected());
    window.addEventListener('beforeunload', event => { if (this.isUnsaved) event.preventDefault(); });
  }

  get sequence() { return Number(this.form.elements.draft?.value) || 0; }
  set sequence(number) { if (this.form.elements.draft) this.form.elements.draft.value = number || ''; }
  get submission() { return this.form.elements.submission?.value; }
  set submission(key) { if (this.form.elements.submission && key) this.form.elements.submission.value = key; }
  get isLocal() { return !this.form.dataset.draft; }

  // -- Beginning -----------------------------------------------------------

  begin() {
    // A page that comes back with errors already holds what was written; nothing older must go over it.
    if (this.form.querySelector('[aria-invalid="true"]') || document.getElementById('errors')) { this.known = {}; this.later(); return; }
    const entry = kept(this.key);
    if (!entry) return;
    if (same(entry.values, this.known)) { drop(this.key); return; }
    this.submission = entry.submission;
    const there = { values: this.known, sequence: this.sequence };
    write(this.form, { ...this.known, ...entry.values });
    if (there.sequence && entry.sequence !== there.sequence) { this.choose({ ...there, message: this.texts.conflict }); return; }
    if (entry.waiting) { this.wait(this.texts.notSent); return; }
    this.say(this.texts.kept, [[this.texts.discard, () => this.discard()]]);
    this.later(0); // it may have been sent, from a page that then went
  }

  // -- Saving --------------------------------------------------------------

  typed() {
    this.tell('');
    clearTimeout(this.hereTimer);
    this.hereTimer = setTimeout(() => this.keepHere(), HERE_AFTER);
    this.later();
  }

  later(wait = THERE_AFTER) {
    this.since ??= Date.now();
    clearTimeout(this.thereTimer);
    this.thereTimer = setTimeout(() => this.save(), Math.min(wait, Math.max(0, this.since + AT_LATEST - Date.now())));
  }

  keepHere() {
    clearTimeout(this.hereTimer);
    if (this.isDone) return;
    const values = read(this.form);
    if (!this.isWaiting && same(values, this.known)) { drop(this.key); this.isUnsaved = false; return; }
    const entry = { values, sequence: this.sequence, submission: this.submission, waiting: this.isWaiting };
    this.isUnsaved = !keep(this.key, entry);
    if (this.isLocal && !this.isUnsaved) this.tell(this.texts.local);
  }

  save(options) {
    clearTimeout(this.thereTimer);
    this.since = null;
    if (this.isLocal || this.isDone || this.isSending || this.isStopped) return this.saving;
    if (this.saving) { this.later(); return this.saving; }
    const values = read(this.form);
    if (same(values, this.known)) return null;
    this.keepHere();
    this.saving = server.save(this.form, options).then(reply => this.saved(values, reply), () => this.unsaved(this.texts.offline))
      .finally(() => { this.saving = null; });
    return this.saving;
  }

  saved(values, { status, answer }) {
    if (this.isDone || this.isSending) return;
    if (status === 200) {
      this.tries = 0;
      this.known = values;
      this.sequence = answer.sequence;
      this.keepHere();
      if (same(read(this.form), values)) this.tell(this.texts.saved);
      return;
    }
    if (status === 409 && answer.message) { this.choose(answer); return; }
    this.unsaved(this.texts.local, status === 429 || status >= 500);
    if (status === 401) this.say(this.texts.signedOut, [], { href: this.texts.login, text: this.texts.signIn, blank: true });
  }

  unsaved(words, again = true) {
    this.tell(this.isUnsaved ? '' : words);
    if (again) this.retry(() => this.save());
  }

  retry(act) {
    clearTimeout(this.retryTimer);
    this.tries = Math.min((this.tries ?? 0) + 1, AGAIN_AFTER.length);
    this.retryTimer = setTimeout(act, AGAIN_AFTER[this.tries - 1]);
  }

  connected() {
    clearTimeout(this.retryTimer);
    this.tries = 0;
    if (this.isWaiting) this.send(); else this.save();
  }

  leave() {
    if (this.isDone || this.isSending) return;
    this.keepHere();
    this.save({ leaving: true });
  }

  /** The page comes out of the history as it was left. */
  async back() {
    if (this.isDone) { location.reload(); return; }
    const there = await server.state(this.form).catch(() => null);
    if (there && there.sequence !== this.sequence) this.choose({ ...there, message: there.values ? this.texts.conflict : this.texts.gone });
  }

  async discard() {
    this.isDone = true;
    drop(this.key);
    go((!this.isLocal && await server.discard(this.form).catch(() => null)) || location.pathname);
  }

  // -- Two texts -----------------------------------------------------------

  choose({ message, values, sequence, sent, saved, is_same: isSame }) {
    this.isStopped = true;
    this.tell('');
    const go = () => { this.isStopped = false; this.hush(); };
    const another = () => { this.submission = newKey(); this.sequence = 0; this.known = {}; go(); };
    if (sent && isSame) {
      write(this.form, {});
      another();
      this.keepHere();
      this.say(message, [], { href: sent, text: this.texts.see });
    } else if (sent) {
      this.say(message, [[this.texts.another, () => { another(); this.later(0); }]], { href: sent, text: this.texts.see });
    } else if (!values) {
      this.say(message, [
        [this.texts.keepNew, () => { this.sequence = 0; this.known = {}; go(); this.save(); }],
        [this.texts.discard, () => this.discard()],
      ]);
    } else {
      const mine = read(this.form);
      const adopt = () => { this.sequence = sequence; this.known = values; };
      const keepMine = () => { adopt(); go(); this.save(); };
      const take = () => {
        adopt();
        write(this.form, values);
        go();
        drop(this.key);
        this.say(this.texts.taken, [[this.texts.back, () => { write(this.form, mine); this.hush(); this.save(); }]]);
      };
      this.say(message, [[this.texts.keepMine, keepMine], [this.texts.takeOther, take]], null, excerptOf(values), saved);
    }
    this.keepHere();
  }

  // -- Sending -------------------------------------------------------------

  submitted(event) {
    if (event.defaultPrevented || event.submitter?.hasAttribute('formaction')) return;
    if (this.isLocal) { this.byBrowser(() => {}); return; }
    event.preventDefault();
    this.tries = 0;
    this.send(event.submitter);
  }

  async send(button = this.form.querySelector('.primary')) {
    if (this.isSending) return;
    this.isSending = this.isWaiting = true;
    this.form.dataset.sending = '';
    button?.setAttribute('aria-busy', 'true');
    clearTimeout(this.thereTimer);
    clearTimeout(this.retryTimer);
    this.keepHere();
    await this.saving?.catch(() => null);
    let url, isAway = false;
    try { url = await server.send(this.form); } catch { isAway = true; }
    this.isSending = false;
    if (url) { this.isDone = true; drop(this.key); go(url); return; }
    delete this.form.dataset.sending;
    button?.removeAttribute('aria-busy');
    if (isAway) { this.wait(this.texts.waiting); this.retry(() => this.send()); return; }
    // What the server refuses, the browser sends once more, and shows the answer: that is the page for it.
    this.isWaiting = false;
    this.byBrowser(() => { this.isDone = true; HTMLFormElement.prototype.submit.call(this.form); });
  }

  byBrowser(submit) {
    this.keepHere();
    this.isUnsaved = false;
    try { sessionStorage.setItem(SENT + this.key, '1'); } catch { /* kept until it expires */ }
    submit();
  }

  wait(words) {
    this.isWaiting = true;
    this.keepHere();
    this.tell('');
    this.say(words, [
      [this.texts.sendNow, () => { this.tries = 0; this.send(); }],
      [this.texts.doNotSend, () => { this.isWaiting = false; clearTimeout(this.retryTimer); this.hush(); this.keepHere(); this.later(); }],
    ]);
  }

  // -- Telling -------------------------------------------------------------

  tell(words) { if (this.told) this.told.textContent = words; }

  hush() { if (this.note) this.note.hidden = true; }

  say(words, buttons, link, excerpt, aside) {
    if (!this.note) return;
    const text = element('span', words + (aside ? ` (${aside})` : ''));
    const parts = buttons.map(([label, act]) => {
      const button = element('button', label, 'btn sm');
      button.type = 'button';
      button.addEventListener('click', act);
      return button;
    });
    if (link) {
      const anchor = element('a', link.text, 'btn sm');
      anchor.href = link.href;
      if (link.blank) { anchor.target = '_blank'; anchor.rel = 'noopener'; }
      parts.unshift(anchor);
    }
    const row = element('span', '', 'row row-wrap gap2 push');
    row.append(...parts);
    const quote = excerpt ? [element('q', excerpt)] : [];
    if (excerpt) quote[0].dir = 'auto';
    this.note.setAttribute('role', 'status');
    this.note.replaceChildren(text, ...quote, row);
    this.note.hidden = false;
  }
}

function element(name, text, className = '') {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function excerptOf({ title = '', body = '' }) {
  const text = [title, body].filter(Boolean).join('\n');
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text;
}

const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');

/** To another page, or to another place of this one, which has changed. */
function go(url) {
  const { pathname, search, hash } = new URL(url, location.href);
  if (!hash || pathname !== location.pathname || search !== location.search) { location.assign(url); return; }
  history.scrollRestoration = 'manual'; // else the place in the address is not gone to
  history.replaceState(null, '', url);
  location.reload();
}

for (const form of document.querySelectorAll('form[data-keep]')) new Writing(form);
