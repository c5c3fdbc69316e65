// The two columns beside the conversation: channels on the left, people and cast on the right.

import { face, h, icon } from './dom.js';
import { render } from './markdown.js';
import { avatarUrl, channelName, displayName, doing, isAdult, isDm, isThread, isVoice, nameColor, names, store } from './state.js';

const order = (a, b) => a.position - b.position || a.id.length - b.id.length || (a.id < b.id ? -1 : 1);

/** Draws the list of channels. `acts.open(id)`, `acts.voice(id)`. */
export function drawChannels(host, acts) {
  const focused = document.activeElement?.closest?.('#channels [data-go]')?.dataset.go;
  const all = [...store.channels.values()];
  const inGuild = all.filter((c) => !isDm(c) && !isThread(c) && c.type !== 4).sort(order);
  const groups = [{ id: null, name: null }, ...all.filter((c) => c.type === 4).sort(order)];
  const dms = all.filter(isDm);
  const parts = groups.map((group) => {
    const mine = inGuild.filter((c) => (c.parent_id ?? null) === group.id);
    if (!mine.length) return null;
    return h('section', null, group.name && h('h3', null, group.name), h('ul', null, mine.map((c) => channelItem(c, all, acts))));
  });
  if (dms.length) {
    parts.push(h('section', null, h('h3', null, 'Direct messages'), h('ul', null, dms.map((c) => h('li', null, row(c, acts))))));
  }
  host.replaceChildren(...parts.filter(Boolean));
  if (focused) host.querySelector(`[data-go="${CSS.escape(focused)}"]`)?.focus();
}

function channelItem(channel, all, acts) {
  const threads = all.filter((c) => isThread(c) && c.parent_id === channel.id && !c.thread_metadata?.archived).sort(order);
  const inside = isVoice(channel) ? [...store.members.values()].filter((m) => m.voice === channel.id) : [];
  return h('li', null, row(channel, acts),
    threads.length > 0 && h('ul', { class: 'threads' }, threads.map((t) => h('li', null, row(t, acts)))),
    inside.length > 0 && h('ul', { class: 'in-voice' }, inside.map((m) =>
      h('li', null, face(displayName(m.user.id), avatarUrl(m.user), 22), displayName(m.user.id)))));
}

/** The mark of an age-restricted channel. */
export const adultMark = () => h('span', { class: 'pill adult', role: 'img', title: 'Age-restricted channel', 'aria-label': 'age-restricted' }, '18+');

function row(channel, acts) {
  const mark = store.unread.get(channel.id);
  const current = channel.id === store.current;
  const voice = isVoice(channel);
  const joined = voice && store.members.get(store.me.id)?.voice === channel.id;
  const other = isDm(channel) && (channel.recipients ?? []).find((u) => u.id !== store.me.id);
  const kind = voice ? 'voice' : isThread(channel) ? 'thread' : channel.type === 15 || channel.type === 16 ? 'forum' : 'hash';
  return h('button', {
    type: 'button', data: { go: channel.id }, class: `channel${current ? ' current' : ''}${mark ? ' unread' : ''}`,
    'aria-current': current ? 'page' : null,
    onClick: () => (voice ? acts.voice(joined ? null : channel.id) : acts.open(channel.id)),
    title: voice ? (joined ? 'Leave the call' : 'Join the call') : channel.topic,
  },
  other ? face(displayName(other.id) ?? other.username, avatarUrl(other), 24) : icon(kind, 18),
  h('span', { class: 'channel-name' }, channelName(channel)),
  isAdult(channel) && !isThread(channel) && adultMark(),
  joined && h('span', { class: 'pill quiet' }, 'leave'),
  mark && mark.count > 0 && h('span', { class: mark.pinged ? 'pill ping' : 'pill', 'aria-label': `${mark.count} unread` }, String(mark.count)));
}

/** Draws who is here, and the cast of characters. `acts.greet(name)`, `acts.dm(userId)`. */
export function drawPeople(host, acts) {
  const cast = store.playground?.cast ?? [];
  const members = [...store.members.values()].sort((a, b) => Number(b.user.id === store.me.id) - Number(a.user.id === store.me.id)
    || displayName(a.user.id).localeCompare(displayName(b.user.id)));
  const people = members.filter((m) => !m.user.bot);
  const apps = members.filter((m) => m.user.bot);
  host.replaceChildren(...[
    cast.length > 0 && h('section', null, h('h3', null, `Characters · ${cast.length}`),
      h('ul', { class: 'cast' }, cast.map((c) => h('li', null, h('button', {
        type: 'button', class: 'cast-member', title: `Say hey to ${c.name}`, style: c.color ? { '--tint': c.color } : {}, onClick: () => acts.greet(c.name),
      }, face(c.name, c.avatar_url, 40, c.color), h('span', { class: 'cast-text' }, h('strong', null, c.name), h('span', { class: 'dim' }, c.tagline))))))),
    section('Apps', apps, acts), section('People', people, acts),
  ].filter(Boolean));
}

function section(title, list, acts) {
  if (!list.length) return null;
  return h('section', null, h('h3', null, `${title} · ${list.length}`), h('ul', { class: 'people' }, list.map((m) => person(m, acts))));
}

function person(member, acts) {
  const { id } = member.user;
  const me = id === store.me.id;
  const color = nameColor(id);
  const name = displayName(id);
  return h('li', null, h('button', { type: 'button', class: 'person', disabled: me, title: me ? 'This is you' : `Message ${name}`, onClick: () => acts.dm(id) },
    h('span', { class: `with-status ${member.status}` }, face(name, avatarUrl(member.user), 32)),
    h('span', { class: 'person-text' }, h('span', { class: 'person-name', style: color ? { color } : {} }, name), doing(member) && h('span', { class: 'dim' }, doing(member))),
    me && h('span', { class: 'pill quiet' }, 'you'), member.user.bot && h('span', { class: 'badge' }, 'APP')));
}

/** The host program's line: what model runs, how to connect a better one. */
export function drawNotice(host) {
  const text = store.playground?.notice ?? '';
  const closed = sessionStorage.getItem('acore-notice') === text;
  host.hidden = !text || closed;
  if (host.hidden) return;
  host.replaceChildren(icon('spark', 16), h('div', { class: 'md' }, render(text, names)),
    h('button', { type: 'button', class: 'icon-button', 'aria-label': 'Hide this notice', title: 'Hide', onClick: () => {
      sessionStorage.setItem('acore-notice', text);
      host.hidden = true;
    } }, icon('close', 16)));
}
