// The message log of the open channel: keeps its place while messages stream in, loads older ones, draws separators.

import { api } from './api.js';
import { face, h, icon, iconButton } from './dom.js';
import { messageMenu } from './message_menu.js';
import { continues, dayOf, messageNode, patchMessage } from './message.js';
import { addPage, channelName, compareIds, isDm, isThread, log, markRead, on, store, tell } from './state.js';

const PAGE = 50;
const QUICK = ['👍', '❤️', '😂'];

export class Log {
  /** `scroller` holds `list`; `acts` performs what messages ask for; `start(text)` puts a starter into the composer. */
  constructor(scroller, list, acts, start) {
    Object.assign(this, { scroller, list, acts, start, nodes: new Map(), stick: true, loading: false, marker: null });
    this.tools = this.toolbar();
    this.jumper = h('button', { type: 'button', class: 'jump-down', hidden: true, onClick: () => this.toBottom() }, 'Jump to the newest', icon('down', 16));
    scroller.after(this.jumper);
    scroller.addEventListener('scroll', () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.stick && this.toBottom()).observe(list);
    new ResizeObserver(() => this.stick && this.toBottom()).observe(scroller);
    list.addEventListener('pointerover', (e) => this.offerTools(e.target.closest?.('.message')));
    list.addEventListener('focusin', (e) => this.offerTools(e.target.closest?.('.message')));
    list.addEventListener('pointerleave', () => this.tools.remove());
    list.addEventListener('keydown', (e) => this.walk(e));
    list.addEventListener('click', (e) => this.clicked(e.target));
    list.addEventListener('contextmenu', (e) => this.menu(e));
    on('log', (change) => this.changed(change));
    on('members', () => this.refresh());
    document.addEventListener('visibilitychange', () => this.seen());
  }

  /** Shows a channel from its end. */
  async open(channelId) {
    this.channel = channelId;
    this.stick = true;
    this.nodes.clear();
    this.list.replaceChildren();
    const entry = log(channelId);
    const lastRead = readMarks()[channelId];
    if (!entry.loaded) {
      this.list.append(...Array.from({ length: 6 }, (_, i) => h('li', { class: `ghost g${i % 3}`, 'aria-hidden': 'true' }, h('span'), h('b'), h('i'))));
      addPage(channelId, await api.messages(channelId, undefined, PAGE), PAGE);
      if (this.channel !== channelId) return;
      this.list.replaceChildren();
    }
    const fresh = entry.messages.find((m) => lastRead && compareIds(m.id, lastRead) > 0);
    this.marker = fresh && fresh.author.id !== store.me.id ? fresh.id : null;
    this.sync();
    this.toBottom();
    this.seen();
  }

  /** Fetches the channel anew, e.g. after the line was down. */
  async reload() {
    const channelId = this.channel;
    if (!channelId) return;
    const page = await api.messages(channelId, undefined, PAGE);
    const newest = page[0]?.id;
    const meanwhile = newest ? log(channelId).messages.filter((m) => compareIds(m.id, newest) > 0) : [];
    store.logs.clear();
    addPage(channelId, page, PAGE);
    log(channelId).messages.push(...meanwhile);
    if (this.channel !== channelId) return;
    this.keepPlace(() => {
      this.nodes.clear();
      this.sync();
    });
  }

  refresh() {
    if (!this.channel || !log(this.channel).loaded) return;
    this.keepPlace(() => this.sync(true));
  }

  changed({ channel, id, kind }) {
    if (channel !== this.channel || !log(channel).loaded) return;
    this.keepPlace(() => {
      if (kind === 'changed' && this.nodes.has(id)) {
        const { messages } = log(channel);
        const at = messages.findIndex((m) => m.id === id);
        patchMessage(this.nodes.get(id), messages[at], this.isGrouped(messages, at), this.acts);
      } else this.sync();
    });
    if (kind !== 'new') return;
    const message = log(channel).messages.find((m) => m.id === id);
    if (message?.author.id === store.me.id) {
      this.marker = null;
      this.sync();
      this.toBottom();
    } else if (document.hidden && !this.marker) {
      this.marker = id;
      this.sync();
    }
    this.seen();
  }

  isGrouped(messages, at) {
    return messages[at].id !== this.marker && continues(messages[at - 1], messages[at]);
  }

  /** Makes the list's items those that should be there, moving only what is out of place. */
  sync(patchAll = false) {
    const entry = log(this.channel);
    const wanted = [entry.start ? this.welcome(entry) : this.keyed('older', () => h('li', { class: 'older dim' }, 'Loading older messages…'))];
    let day = null;
    entry.messages.forEach((message, at) => {
      const today = dayOf(message);
      if (today !== day) wanted.push(this.keyed(`day-${today}`, () => h('li', { class: 'day', role: 'separator' }, h('span', null, today))));
      day = today;
      if (message.id === this.marker) wanted.push(this.keyed('marker', () => h('li', { class: 'new-marker', role: 'separator' }, h('span', null, 'New'))));
      const grouped = this.isGrouped(entry.messages, at);
      let node = this.nodes.get(message.id);
      if (!node) this.nodes.set(message.id, (node = messageNode(message, grouped, this.acts)));
      else if (patchAll || node.classList.contains('grouped') !== grouped) patchMessage(node, message, grouped, this.acts);
      wanted.push(node);
    });
    const keep = new Set(wanted);
    for (const [key, node] of this.nodes) if (!keep.has(node)) this.nodes.delete(key);
    for (const node of [...this.list.children]) if (!keep.has(node)) node.remove();
    let place = this.list.firstChild;
    for (const node of wanted) {
      if (node === place) place = place.nextSibling;
      else this.list.insertBefore(node, place);
    }
  }

  keyed(key, make) {
    if (!this.nodes.has(key)) this.nodes.set(key, make());
    return this.nodes.get(key);
  }

  welcome(entry) {
    const channel = store.channels.get(this.channel);
    const empty = entry.messages.length === 0;
    const cast = store.playground?.cast ?? [];
    return this.keyed(`welcome-${empty}`, () => h('li', { class: empty ? 'welcome empty' : 'welcome' },
      h('div', { class: 'welcome-icon' }, icon(channel && isDm(channel) ? 'at' : channel && isThread(channel) ? 'thread' : 'hash', 30)),
      h('h2', null, channel && isDm(channel) ? channelName(channel) : `#${channel ? channelName(channel) : ''}`),
      h('p', { class: 'dim' }, channel?.topic || (channel && isDm(channel) ? 'This is the beginning of your conversation.' : 'This is where the channel begins.')),
      empty && cast.length > 0 && h('div', { class: 'starters' },
        h('p', null, 'Say hey to somebody:'),
        cast.slice(0, 6).map((c) => h('button', { type: 'button', class: 'starter face-starter', title: c.tagline, onClick: () => this.start(`hey ${c.name}, `) },
          face(c.name, c.avatar_url, 24, c.color), `hey ${c.name}`))),
      empty && store.playground?.starters?.length > 0 && h('div', { class: 'starters' },
        h('p', null, 'Or try one of these:'),
        store.playground.starters.map((s) => h('button', { type: 'button', class: 'starter', onClick: () => this.start(s) }, s)))));
  }

  /** Runs a change of the list without moving what the reader looks at. */
  keepPlace(change) {
    if (this.stick) {
      change();
      this.toBottom();
      return;
    }
    const top = this.scroller.getBoundingClientRect().top;
    const anchor = [...this.list.children].find((n) => n.classList.contains('message') && n.getBoundingClientRect().bottom > top);
    const before = anchor?.getBoundingClientRect().top;
    const id = anchor?.dataset.id;
    change();
    const after = id && this.nodes.get(id)?.isConnected && this.nodes.get(id).getBoundingClientRect().top;
    if (typeof after === 'number') this.scroller.scrollTop += after - before;
  }

  toBottom() {
    this.stick = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.jumper.hidden = true;
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.stick = scrollHeight - scrollTop - clientHeight < 48;
    this.jumper.hidden = scrollHeight - scrollTop - clientHeight < 320;
    if (this.stick) this.seen();
    if (scrollTop < 300) this.older();
  }

  async older() {
    const channelId = this.channel;
    const entry = channelId && log(channelId);
    if (!entry?.loaded || entry.start || this.loading || !entry.messages.length) return;
    this.loading = true;
    try {
      addPage(channelId, await api.messages(channelId, entry.messages[0].id, PAGE), PAGE);
      if (this.channel === channelId) this.keepPlace(() => this.sync());
    } catch {
      // The banner says that the line is down; scrolling tries again.
    } finally {
      this.loading = false;
    }
  }

  /** Remembers the newest message as read, if the reader can see it. */
  seen() {
    if (document.hidden || !this.stick || !this.channel) return;
    markRead(this.channel);
    const newest = log(this.channel).messages.at(-1);
    if (newest) rememberRead(this.channel, newest.id);
  }

  jump(id) {
    const node = this.nodes.get(id);
    if (!node) return;
    this.stick = false;
    node.scrollIntoView({ block: 'center', behavior: 'smooth' });
    node.classList.add('flash');
    setTimeout(() => node.classList.remove('flash'), 1600);
  }

  message(id) {
    return log(this.channel).messages.find((m) => m.id === id);
  }

  lastOwn() {
    return [...log(this.channel).messages].reverse().find((m) => m.author.id === store.me.id && m.type in { 0: 1, 19: 1 });
  }

  toolbar() {
    const on = (run) => () => {
      const message = this.message(this.tools.dataset.id);
      if (message) run(message);
    };
    const tools = h('div', { class: 'tools', role: 'toolbar', 'aria-label': 'Message actions' },
      QUICK.map((emoji) => h('button', { type: 'button', class: 'icon-button glyph', title: `React with ${emoji}`, 'aria-label': `React with ${emoji}`, onClick: on((m) => this.acts.react(m, emoji, false)) }, emoji)),
      iconButton('smile', 'React', on((m) => this.acts.pickReaction(m, this.tools))),
      iconButton('reply', 'Reply', on((m) => this.acts.reply(m))),
      iconButton('copy', 'Copy text', on((m) => this.acts.copy(m))));
    this.ownTools = [iconButton('edit', 'Edit', on((m) => this.acts.edit(m))), iconButton('trash', 'Delete', on((m) => this.acts.remove(m)), { class: 'icon-button danger' })];
    const more = iconButton('more', 'More and apps', () => {
      const box = more.getBoundingClientRect();
      on((m) => messageMenu(m, { x: box.left, y: box.bottom + 4 }, this.nodes.get(m.id), this.acts))();
    }, { 'aria-haspopup': 'menu' });
    tools.append(...this.ownTools, more);
    return tools;
  }

  offerTools(node) {
    if (!node || this.tools.parentNode === node) return;
    const message = this.message(node.dataset.id);
    if (!message) {
      this.tools.remove();
      return;
    }
    for (const tool of this.tools.children) tool.hidden = Boolean(message.flags & 64) && tool !== this.tools.lastChild;
    this.tools.dataset.id = message.id;
    for (const tool of this.ownTools) tool.hidden ||= message.author.id !== store.me.id;
    node.append(this.tools);
  }

  /** Right click, or the menu key on a focused message; on links and selected text the browser's own menu stays. */
  menu(event) {
    const node = event.target.closest?.('.message');
    const message = node && this.message(node.dataset.id);
    if (!message || event.shiftKey || event.target.closest('a, img, input, textarea, select') || !getSelection().isCollapsed) return;
    event.preventDefault();
    const box = node.getBoundingClientRect();
    const pointed = event.clientX || event.clientY;
    messageMenu(message, pointed ? { x: event.clientX, y: event.clientY } : { x: box.left + 70, y: box.top + 24 }, node, this.acts);
  }

  /** Arrow keys walk from message to message. */
  walk(event) {
    const here = event.target.closest?.('.message');
    if (event.target !== here || !['ArrowUp', 'ArrowDown'].includes(event.key)) return;
    const all = [...this.list.querySelectorAll('.message')];
    const next = all[all.indexOf(here) + (event.key === 'ArrowUp' ? -1 : 1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  clicked(target) {
    const spoiler = target.closest?.('.spoiler:not(.open)');
    if (spoiler) {
      spoiler.classList.add('open');
      return;
    }
    const channel = target.closest?.('[data-channel]');
    if (channel && store.channels.has(channel.dataset.channel)) this.acts.open(channel.dataset.channel);
  }
}

function readMarks() {
  try {
    return JSON.parse(localStorage.getItem('acore-read') ?? '{}');
  } catch {
    return {};
  }
}

function rememberRead(channelId, messageId) {
  const marks = readMarks();
  if (marks[channelId] === messageId) return;
  marks[channelId] = messageId;
  localStorage.setItem('acore-read', JSON.stringify(marks));
}

/** Marks channels as unread that got messages while the page was closed. */
export function restoreUnread() {
  const marks = readMarks();
  for (const channel of store.channels.values()) {
    const read = marks[channel.id];
    if (read && channel.last_message_id && compareIds(channel.last_message_id, read) > 0) {
      store.unread.set(channel.id, { count: 0, pinged: false, first: null });
    }
  }
  tell('channels');
}
