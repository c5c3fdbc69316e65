// One message as a list item, made of slots that are only redrawn when their part of the data changes.

import { component } from './components.js';
import { face, h, icon, morph } from './dom.js';
import { attachment, embed, reactionRow } from './embeds.js';
import { render } from './markdown.js';
import { authorName, avatarUrl, castOf, displayName, names, nameColor, snippet, store } from './state.js';

const EPHEMERAL = 64;
const LOADING = 128;
const SYSTEM = {
  3: 'changed the call', 4: 'changed the channel name', 6: 'pinned a message', 7: 'joined the server', 18: 'started a thread', 21: 'started this thread',
};

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const dayName = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });

export const dayOf = (message) => dayName.format(new Date(message.timestamp));

/** True if `next` continues what `message` began: same face, same name, soon after. */
export function continues(message, next) {
  return Boolean(message) && next.type === 0 && !next.interaction_metadata && message.type in { 0: 1, 19: 1, 20: 1 }
    && message.author.id === next.author.id && message.author.username === next.author.username
    && message.author.avatar === next.author.avatar && dayOf(message) === dayOf(next)
    && ((message.flags ^ next.flags) & EPHEMERAL) === 0
    && new Date(next.timestamp) - new Date(message.timestamp) < 7 * 60_000;
}

/** Draws a message. `acts` performs what its parts ask for; see `log.js`. */
export function messageNode(message, grouped, acts) {
  const node = h('li', {
    class: 'message', id: `m-${message.id}`, tabindex: -1, data: { id: message.id },
  });
  node.slots = {};
  node.append(
    slot(node, 'reply'), h('div', { class: 'gutter' }, slot(node, 'face', 'div', 'avatar')),
    h('div', { class: 'main' }, slot(node, 'head'), slot(node, 'content', 'div', 'content md'), slot(node, 'attachments'),
      slot(node, 'embeds'), slot(node, 'components'), slot(node, 'reactions', 'div', 'reactions'), slot(node, 'foot')),
  );
  patchMessage(node, message, grouped, acts);
  return node;
}

function slot(node, name, tag = 'div', cls = name) {
  node.slots[name] = { element: h(tag, { class: cls, hidden: true }), signature: null };
  return node.slots[name].element;
}

function fill(node, name, signature, make) {
  const one = node.slots[name];
  const text = JSON.stringify(signature);
  if (one.signature === text) return;
  one.signature = text;
  const fresh = h('div', null, make());
  one.element.hidden = !fresh.hasChildNodes();
  if (name === 'content') morph(one.element, fresh);
  else one.element.replaceChildren(...fresh.childNodes);
}

/** Brings a message's item up to date. */
export function patchMessage(node, message, grouped, acts) {
  const ephemeral = Boolean(message.flags & EPHEMERAL);
  const waiting = Boolean(message.flags & LOADING) && !message.content && !message.embeds?.length && !message.components?.length;
  const name = authorName(message);
  const pinged = message.mention_everyone || (message.mentions ?? []).some((u) => u.id === store.me.id);
  node.classList.toggle('grouped', grouped);
  node.classList.toggle('ephemeral', ephemeral);
  node.classList.toggle('pinged', pinged && message.author.id !== store.me.id);
  node.dataset.author = message.author.id;

  const origin = message.interaction_metadata;
  const quoted = message.referenced_message;
  fill(node, 'reply', [message.type === 19 && quoted && [quoted.id, quoted.content, quoted.author.username], message.type, origin?.name, origin?.user?.id], () => quoteLine(message, acts));
  fill(node, 'face', [grouped, message.author.id, name, message.author.avatar], () => (grouped
    ? [h('span', { class: 'only-read' }, name), h('time', { class: 'side-time', datetime: message.timestamp }, clock.format(new Date(message.timestamp)))]
    : face(name, avatarUrl(message.author) ?? castOf(message)?.avatar_url, 42, castOf(message)?.color)));
  fill(node, 'head', [grouped, name, message.author.bot, nameColor(message.author.id)], () => (grouped ? [] : head(message, name)));
  fill(node, 'content', [message.content, waiting, Boolean(message.edited_timestamp), message.type], () => content(message, waiting));
  fill(node, 'attachments', message.attachments ?? [], () => (message.attachments ?? []).map(attachment));
  const shown = message.flags & 4 ? [] : message.embeds ?? [];
  fill(node, 'embeds', shown, () => shown.map(embed));
  fill(node, 'components', message.components ?? [], () => (message.components ?? []).map((c) => component(c, {
    press: (id) => acts.press(message, id), select: (id, values) => acts.select(message, id, values),
  })));
  fill(node, 'reactions', message.reactions ?? [], () => reactionRow(message.reactions ?? [], (emoji, mine) => acts.react(message, emoji, mine)));
  fill(node, 'foot', [ephemeral, message.thread?.id, message.thread?.name], () => [
    message.thread && h('button', { type: 'button', class: 'thread-link', onClick: () => acts.open(message.thread.id) }, icon('thread', 16), message.thread.name),
    ephemeral && h('div', { class: 'only-you' }, 'Only you can see this · ', h('button', { type: 'button', class: 'text-button', onClick: () => acts.dismiss(message) }, 'Dismiss')),
  ]);
}

function head(message, name) {
  const at = new Date(message.timestamp);
  const color = message.webhook_id && !message.interaction_metadata ? null : nameColor(message.author.id);
  return h('div', { class: 'head-line' },
    h('span', { class: 'author', style: color ? { color } : {} }, name),
    message.author.bot && h('span', { class: 'badge' }, 'APP'),
    h('time', { class: 'dim', datetime: message.timestamp, title: full.format(at) }, clock.format(at)));
}

function content(message, waiting) {
  if (waiting) {
    return h('p', { class: 'thinking' }, dots(), h('span', { class: 'dim' }, `${authorName(message)} is thinking…`));
  }
  if (SYSTEM[message.type]) return h('p', { class: 'dim' }, `${SYSTEM[message.type]}${message.content ? `: ${message.content}` : ''}`);
  if (!message.content) return [];
  const out = [...render(message.content, names).childNodes];
  if (message.edited_timestamp) {
    const mark = h('span', { class: 'edited', title: full.format(new Date(message.edited_timestamp)) }, ' (edited)');
    const last = out.at(-1);
    if (last?.nodeName === 'P') last.append(mark);
    else out.push(h('p', null, mark));
  }
  const onlyEmoji = /^(?:\p{Extended_Pictographic}[\u{1F3FB}-\u{1F3FF}\u200d\ufe0f]*\s*){1,12}$/u.test(message.content);
  if (onlyEmoji) out[0]?.classList?.add('jumbo');
  return out;
}

export function dots() {
  return h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i'));
}

function quoteLine(message, acts) {
  const origin = message.interaction_metadata;
  if (origin?.name) {
    const who = displayName(origin.user.id) ?? origin.user.username;
    return h('div', { class: 'quote-line' }, h('span', { class: 'hook' }), face(who, avatarUrl(origin.user), 18), h('strong', null, who), 'used', h('span', { class: 'mention' }, `${(origin.command_type ?? 1) === 1 ? '/' : ''}${origin.name}`));
  }
  if (message.type !== 19) return [];
  const quoted = message.referenced_message;
  if (!quoted) return h('div', { class: 'quote-line' }, h('span', { class: 'hook' }), h('em', null, 'The message was deleted'));
  return h('button', { type: 'button', class: 'quote-line', onClick: () => acts.jump(quoted.id) },
    h('span', { class: 'hook' }), face(authorName(quoted), avatarUrl(quoted.author) ?? castOf(quoted)?.avatar_url, 18, castOf(quoted)?.color), h('strong', null, authorName(quoted)),
    h('span', { class: 'quoted' }, snippet(quoted)));
}
