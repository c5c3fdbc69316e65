// The place where one writes: sending, replying, editing, mentions, files, and the door to commands.

import { api } from './api.js';
import { toast } from './dialog.js';
import { face, h, icon, iconButton } from './dom.js';
import { Menu } from './menu.js';
import { CommandForm, loadCommands, matching } from './picker.js';
import { readFile } from './upload.js';
import { authorName, avatarUrl, channelName, displayName, isDm, isWritable, snippet, store } from './state.js';

const MAX = 2000;
const TYPING_EVERY_MS = 8000;

export class Composer {
  /** `acts`: `sent()`, `lastOwn()`, `focusMessage(id)`, `commanded(answer)`. */
  constructor(host, acts) {
    Object.assign(this, { host, acts, drafts: new Map(), mentions: new Map(), files: [], reply: null, editing: null, commands: null, typedAt: 0 });
    this.menuHost = h('div', { class: 'menu-host' });
    this.menu = new Menu(this.menuHost);
    this.context = h('div', { class: 'composer-context', hidden: true });
    this.tray = h('div', { class: 'file-tray', hidden: true });
    this.counter = h('span', { class: 'counter', 'aria-live': 'polite' });
    this.field = h('textarea', {
      rows: 1, 'aria-label': 'Message', autocomplete: 'off', role: 'combobox', 'aria-expanded': 'false', 'aria-autocomplete': 'list',
      onInput: () => this.typed(), onKeydown: (e) => this.key(e), onBlur: () => this.menu.close(), onPaste: (e) => this.pasted(e),
    });
    this.chooser = h('input', { type: 'file', multiple: true, hidden: true, onChange: () => { this.attach(this.chooser.files); this.chooser.value = ''; } });
    this.box = h('div', { class: 'composer-box' },
      iconButton('plus', 'Attach files', () => this.chooser.click()), this.chooser, this.field, this.counter,
      iconButton('slash', 'Commands', () => { this.set('/'); }), iconButton('send', 'Send (Enter)', () => this.send(), { class: 'icon-button send' }));
    this.form = h('div', { class: 'command-host' });
    host.append(this.menuHost, this.context, this.tray, this.box, this.form);
    host.addEventListener('dragover', (e) => e.preventDefault());
    host.addEventListener('drop', (e) => {
      e.preventDefault();
      if (!this.command?.offer(e.dataTransfer.files)) this.attach(e.dataTransfer.files);
    });
  }

  /** Switches to the open channel; what was written in the other one waits there. */
  open(channel) {
    if (this.channel) this.drafts.set(this.channel.id, this.field.value);
    this.channel = channel;
    this.commands = null;
    this.cancel();
    this.form.replaceChildren();
    this.command = null;
    const writable = isWritable(channel) && channel.can_send !== false;
    this.box.hidden = false;
    this.field.disabled = !writable;
    this.field.placeholder = !writable ? 'You cannot write here' : `Message ${isDm(channel) ? '@' : '#'}${channelName(channel)}`;
    this.set(this.drafts.get(channel.id) ?? '', false);
  }

  set(text, focus = true) {
    this.field.value = text;
    if (focus) {
      this.field.focus();
      this.field.setSelectionRange(text.length, text.length);
    }
    this.typed(false);
  }

  typed(announce = true) {
    const { field } = this;
    field.style.height = 'auto';
    field.style.height = `${Math.min(field.scrollHeight, innerHeight * 0.4)}px`;
    const left = MAX - this.outgoing().length;
    this.counter.textContent = left < 200 ? String(left) : '';
    this.counter.classList.toggle('over', left < 0);
    this.suggest();
    if (announce && field.value && !field.value.startsWith('/') && !this.editing && Date.now() - this.typedAt > TYPING_EVERY_MS) {
      this.typedAt = Date.now();
      api.typing(store.current).catch(() => {});
    }
  }

  async suggest() {
    const text = this.field.value.slice(0, this.field.selectionStart);
    if (document.activeElement !== this.field) return this.menu.close();
    const command = /^\/([\p{L}\p{N}_' -]*)$/u.exec(text);
    if (command && !this.editing) return this.suggestCommands(command[1]);
    const mention = /(?:^|\s)@([\p{L}\p{N}_ -]{0,32})$/u.exec(text);
    if (mention) return this.suggestPeople(mention[1]);
    return this.menu.close();
  }

  async suggestCommands(typed) {
    const channel = store.current;
    if (!this.commands) {
      try {
        this.commands = await loadCommands(channel);
      } catch (e) {
        return toast(e.message);
      }
      if (!this.field.value.startsWith('/') || store.current !== channel) return undefined;
    }
    const items = matching(this.commands, typed.trimEnd());
    if (!items.length && !typed) toast('No application has registered commands yet.', 'info');
    return this.menu.show(this.field, 'Commands', items, (entry) => this.startCommand(entry));
  }

  startCommand(entry) {
    this.set('', false);
    this.box.hidden = true;
    const channel = store.current;
    const form = new CommandForm(this.form, this.menu, entry, () => {
      this.command = null;
      this.box.hidden = false;
      this.field.focus();
    });
    this.command = form;
    form.run = async (command, options) => this.acts.commanded(await api.command(channel, command.id, options));
  }

  suggestPeople(typed) {
    const wanted = typed.toLowerCase();
    const cast = (store.playground?.cast ?? []).map((c) => ({ name: c.name, note: c.tagline, url: c.avatar_url, color: c.color, group: 'Characters' }));
    const people = [...store.members.values()].filter((m) => m.user.id !== store.me.id)
      .map((m) => ({ name: displayName(m.user.id), note: m.user.username, url: avatarUrl(m.user), id: m.user.id, group: 'Members' }));
    const found = [...cast, ...people].filter((c) => c.name.toLowerCase().includes(wanted)).slice(0, 12);
    this.menu.show(this.field, 'Mention', found.map((c) => ({
      value: c, group: c.group,
      draw: () => [face(c.name, c.url, 26, c.color), h('span', { class: 'menu-text' }, h('strong', null, c.name), h('span', { class: 'dim' }, c.note))],
    })), (c) => {
      const { field } = this;
      const before = field.value.slice(0, field.selectionStart).replace(/@[^@]*$/, `@${c.name} `);
      const after = field.value.slice(field.selectionStart);
      if (c.id) this.mentions.set(c.name, c.id);
      field.value = before + after;
      field.setSelectionRange(before.length, before.length);
      this.typed();
    });
  }

  /** The text with mentions as Discord writes them: those that were picked, and names that were written out. */
  outgoing() {
    let text = this.field.value.trim();
    for (const [name, id] of this.mentions) text = text.split(`@${name}`).join(`<@${id}>`);
    const known = new Map([...store.members.values()].map((m) => [m.user.username.toLowerCase(), m.user.id]));
    return text.replace(/(^|\s)@([\p{L}\p{N}_.]+)/gu, (whole, gap, name) => {
      const id = known.get(name.toLowerCase());
      return id ? `${gap}<@${id}>` : whole;
    });
  }

  key(event) {
    if (this.menu.key(event) || event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === 'Escape') {
      if (this.reply || this.editing) this.cancel(true);
      else this.field.blur();
    } else if (event.key === 'ArrowUp' && !this.field.value) {
      const own = this.acts.lastOwn();
      if (own) {
        event.preventDefault();
        this.startEdit(own);
      }
    }
  }

  startReply(message) {
    this.editing = null;
    this.reply = message;
    this.showContext('reply', ['Replying to ', h('strong', null, authorName(message)), h('span', { class: 'dim' }, ` ${snippet(message)}`)]);
  }

  startEdit(message) {
    this.reply = null;
    this.editing = message;
    const shown = message.content.replace(/<@!?(\d+)>/g, (whole, id) => {
      const name = displayName(id);
      if (name) this.mentions.set(name, id);
      return name ? `@${name}` : whole;
    });
    this.showContext('edit', ['Editing your message', h('span', { class: 'dim' }, ' · Enter saves, Esc cancels')]);
    this.set(shown);
  }

  showContext(kind, content) {
    this.context.replaceChildren(icon(kind, 15), h('span', { class: 'context-text' }, content), iconButton('close', 'Cancel', () => this.cancel(true)));
    this.context.hidden = false;
    this.field.focus();
  }

  cancel(clear = false) {
    if (clear && this.editing) this.set('');
    this.reply = null;
    this.editing = null;
    this.context.hidden = true;
  }

  async send() {
    const text = this.outgoing();
    if (this.field.disabled || this.busy) return;
    if (!text && !this.files.length) return;
    if (text.length > MAX) return toast(`A message holds ${MAX} characters; this one has ${text.length}.`);
    const { reply, editing, files } = this;
    const channel = store.current;
    const kept = this.field.value;
    if (!editing && /^\/[\p{L}\p{N}_]/u.test(text)) return toast('Choose a command from the list, or begin with a space to send this as text.', 'info');
    this.set('');
    this.cancel();
    this.files = [];
    this.drawTray();
    this.typedAt = 0;
    this.busy = true;
    try {
      const extra = files.length ? { files } : {};
      if (editing) await api.edit(channel, editing.id, text);
      else if (reply) await api.reply(channel, reply.id, text, extra);
      else await api.say(channel, text, extra);
      this.mentions.clear();
      this.acts.sent();
    } catch (e) {
      toast(e.message);
      if (!this.field.value && store.current === channel) {
        this.set(kept);
        this.files = files;
        this.drawTray();
      }
    } finally {
      this.busy = false;
    }
    return undefined;
  }

  pasted(event) {
    const files = event.clipboardData?.files;
    if (files?.length) {
      event.preventDefault();
      this.attach(files);
    }
  }

  async attach(list) {
    for (const file of [...list].slice(0, 10 - this.files.length)) {
      try {
        this.files.push(await readFile(file));
      } catch (e) {
        toast(e.message);
      }
    }
    this.drawTray();
    this.field.focus();
  }

  drawTray() {
    this.tray.hidden = !this.files.length;
    this.tray.replaceChildren(...this.files.map((f, i) => h('span', { class: 'chip' }, preview(f), f.filename,
      h('button', { type: 'button', class: 'text-button', 'aria-label': `Remove ${f.filename}`, onClick: () => { this.files.splice(i, 1); this.drawTray(); } }, '×'))));
  }
}

/** What a chosen file looks like: pictures small, others as a sheet. */
function preview(file) {
  if (!/^image\/(png|jpeg|gif|webp)$/.test(file.content_type ?? '')) return icon('file', 15);
  return h('img', { class: 'tray-image', alt: '', src: `data:${file.content_type};base64,${file.data}` });
}
