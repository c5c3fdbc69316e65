// What the page knows, and how events change it. No DOM in here: views listen with `on`.

import { plainText } from './markdown.js';

const TYPING_MS = 10_000;
const THREADS = new Set([10, 11, 12]);
const KEEP = 400;

export const store = {
  title: 'acore playground', me: null, guild: null, channels: new Map(), members: new Map(), roles: new Map(),
  applications: [], playground: null, logs: new Map(), typing: new Map(), unread: new Map(), current: null, connected: true,
};

const listeners = new Map();

/** Calls `run` whenever `topic` changes: channels, members, log, typing, notice, current, connected. */
export function on(topic, run) {
  if (!listeners.has(topic)) listeners.set(topic, []);
  listeners.get(topic).push(run);
}

export function tell(topic, detail) {
  for (const run of listeners.get(topic) ?? []) run(detail);
}

/** Snowflakes as text, compared as numbers. */
export function compareIds(a, b) {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

export const isThread = (channel) => THREADS.has(channel.type);
export const isVoice = (channel) => channel.type === 2 || channel.type === 13;
/** Age-restricted: a thread is so when its channel is. */
export const isAdult = (channel) => Boolean((isThread(channel) ? store.channels.get(channel.parent_id) : channel)?.nsfw);
export const isDm = (channel) => channel.type === 1;
export const isWritable = (channel) => ![4, 15, 16].includes(channel.type);

/** Takes in the answer of GET state. */
export function load(state) {
  store.title = state.title ?? store.title;
  store.me = state.me;
  store.guild = state.guilds[0] ?? null;
  store.applications = state.applications ?? [];
  store.playground = state.playground ?? null;
  store.channels = new Map();
  store.members = new Map();
  store.roles = new Map();
  for (const guild of state.guilds) {
    for (const role of guild.roles) store.roles.set(role.id, role);
    for (const member of guild.members) putMember(member);
    for (const channel of guild.channels) store.channels.set(channel.id, channel);
  }
  for (const channel of state.dms ?? []) store.channels.set(channel.id, channel);
  if (!store.members.has(state.me.id)) putMember({ user: state.me, roles: [] });
  tell('channels');
  tell('members');
  tell('notice');
}

function putMember(member) {
  const old = store.members.get(member.user.id);
  store.members.set(member.user.id, { status: old?.status ?? 'offline', voice: old?.voice ?? null, activities: old?.activities ?? [], ...member });
}

/** A message's log: sorted by id, with what is known of its beginning. */
export function log(channelId) {
  if (!store.logs.has(channelId)) store.logs.set(channelId, { messages: [], loaded: false, start: false });
  return store.logs.get(channelId);
}

export function addPage(channelId, page, limit) {
  const entry = log(channelId);
  for (const message of page) if (!entry.messages.some((m) => m.id === message.id)) entry.messages.push(message);
  entry.messages.sort((a, b) => compareIds(a.id, b.id));
  entry.start = page.length < limit;
  entry.loaded = true;
}

export function messageOf(channelId, id) {
  return log(channelId).messages.find((m) => m.id === id);
}

export function displayName(id) {
  const member = store.members.get(id);
  return member ? member.nick || member.user.global_name || member.user.username : null;
}

export function avatarUrl(user) {
  return user?.avatar ? `/avatars/${user.id}/${user.avatar}.png` : null;
}

/** The character of the cast under whose name a webhook wrote, or undefined. */
export function castOf(message) {
  return message.webhook_id ? store.playground?.cast?.find((c) => c.name === message.author.username) : undefined;
}

/** The colour of the member's highest coloured role, as CSS, or null. */
export function nameColor(id) {
  const ids = store.members.get(id)?.roles ?? [];
  const top = ids.map((r) => store.roles.get(r)).filter((r) => r?.color).sort((a, b) => b.position - a.position)[0];
  return top ? `#${top.color.toString(16).padStart(6, '0')}` : null;
}

export function channelName(channel) {
  if (!isDm(channel)) return channel.name;
  const others = (channel.recipients ?? []).filter((u) => u.id !== store.me.id);
  return others.map((u) => displayName(u.id) ?? u.global_name ?? u.username).join(', ') || 'yourself';
}

const VERBS = { 0: 'Playing', 1: 'Streaming', 2: 'Listening to', 3: 'Watching', 5: 'Competing in' };

/** What a member is doing, in a few words; empty if nothing. */
export function doing(member) {
  const [one] = member.activities ?? [];
  if (!one) return '';
  if (one.type === 4) return one.state ?? '';
  return `${VERBS[one.type] ?? ''} ${one.type === 2 && one.details ? `${one.details}${one.state ? ` by ${one.state}` : ''}` : one.name}`.trim();
}

/** Resolves what a text mentions. */
export const names = {
  user(id) {
    const name = displayName(id);
    return name ? { name, me: id === store.me?.id } : null;
  },
  role: (id) => store.roles.get(id) ?? null,
  channel(id) {
    const channel = store.channels.get(id);
    return channel ? { name: channelName(channel) } : null;
  },
};

/** The author's name as shown. */
export function authorName(message) {
  return (!message.webhook_id || message.interaction_metadata ? displayName(message.author.id) : null)
    ?? message.author.global_name ?? message.author.username;
}

export function snippet(message) {
  const mentions = (text) => text.replace(/<@!?(\d+)>/g, (_, id) => `@${displayName(id) ?? 'unknown'}`);
  if (message.content) return plainText(mentions(message.content)).slice(0, 140);
  if (message.attachments?.length) return 'an attachment';
  if (message.embeds?.length) return plainText(message.embeds[0].title || message.embeds[0].description || 'an embed').slice(0, 140);
  return 'a message';
}

/** Applies one event of the stream. Returns false if only a full reload can help. */
export function apply({ t, d }) {
  if (t === 'RESYNC') return false;
  // A channel that nobody told of: somebody's first direct message.
  if (t === 'MESSAGE_CREATE' && !store.channels.has(d.channel_id)) return false;
  HANDLERS[t]?.(d);
  return true;
}

const HANDLERS = {
  MESSAGE_CREATE(d) {
    const entry = log(d.channel_id);
    const fresh = !entry.messages.some((m) => m.id === d.id);
    if (fresh) {
      entry.messages.push(d);
      entry.messages.sort((a, b) => compareIds(a.id, b.id));
      if (entry.messages.length > KEEP && d.channel_id !== store.current) entry.messages.splice(0, entry.messages.length - KEEP);
    }
    const channel = store.channels.get(d.channel_id);
    if (channel) channel.last_message_id = d.id;
    store.typing.get(d.channel_id)?.delete(d.author.id);
    if (d.application_id) {
      const bot = store.applications.find((a) => a.id === d.application_id)?.bot?.id;
      store.typing.get(d.channel_id)?.delete(bot);
    }
    if (fresh && d.author.id !== store.me.id && (d.channel_id !== store.current || document.hidden)) {
      const mark = store.unread.get(d.channel_id) ?? { count: 0, pinged: false, first: d.id };
      mark.count += 1;
      mark.pinged ||= (d.mentions ?? []).some((u) => u.id === store.me.id);
      store.unread.set(d.channel_id, mark);
    }
    tell('log', { channel: d.channel_id, id: d.id, kind: 'new' });
    tell('typing', d.channel_id);
    tell('channels');
  },
  MESSAGE_UPDATE(d) {
    const known = messageOf(d.channel_id, d.id);
    if (!known) return;
    const { reactions } = known;
    Object.assign(known, d);
    known.reactions = reactions;
    tell('log', { channel: d.channel_id, id: d.id, kind: 'changed' });
  },
  MESSAGE_DELETE(d) {
    const entry = log(d.channel_id);
    entry.messages = entry.messages.filter((m) => m.id !== d.id);
    tell('log', { channel: d.channel_id, id: d.id, kind: 'gone' });
  },
  MESSAGE_DELETE_BULK(d) {
    for (const id of d.ids) HANDLERS.MESSAGE_DELETE({ channel_id: d.channel_id, id });
  },
  MESSAGE_REACTION_ADD: (d) => react(d, 1),
  MESSAGE_REACTION_REMOVE: (d) => react(d, -1),
  MESSAGE_REACTION_REMOVE_ALL: (d) => reactions(d, () => []),
  MESSAGE_REACTION_REMOVE_EMOJI: (d) => reactions(d, (list) => list.filter((r) => !sameEmoji(r.emoji, d.emoji))),
  TYPING_START(d) {
    if (d.user_id === store.me.id) return;
    if (!store.typing.has(d.channel_id)) store.typing.set(d.channel_id, new Map());
    const line = store.typing.get(d.channel_id);
    clearTimeout(line.get(d.user_id));
    line.set(d.user_id, setTimeout(() => {
      line.delete(d.user_id);
      tell('typing', d.channel_id);
    }, TYPING_MS));
    tell('typing', d.channel_id);
  },
  CHANNEL_CREATE: putChannel,
  CHANNEL_UPDATE: putChannel,
  THREAD_CREATE: putChannel,
  THREAD_UPDATE: putChannel,
  CHANNEL_DELETE: dropChannel,
  THREAD_DELETE: dropChannel,
  GUILD_UPDATE(d) {
    if (store.guild?.id === d.id) Object.assign(store.guild, { name: d.name, icon: d.icon });
    tell('channels');
  },
  GUILD_ROLE_CREATE: putRole,
  GUILD_ROLE_UPDATE: putRole,
  GUILD_ROLE_DELETE(d) {
    store.roles.delete(d.role_id);
    tell('members');
  },
  GUILD_MEMBER_ADD: memberChanged,
  GUILD_MEMBER_UPDATE: memberChanged,
  GUILD_MEMBER_REMOVE(d) {
    store.members.delete(d.user.id);
    tell('members');
  },
  PRESENCE_UPDATE(d) {
    const member = store.members.get(d.user.id);
    if (member) Object.assign(member, { status: d.status, activities: d.activities ?? [] });
    tell('members');
  },
  VOICE_STATE_UPDATE(d) {
    const member = store.members.get(d.user_id);
    if (member) member.voice = d.channel_id ?? null;
    tell('channels');
    tell('members');
  },
  NOTICE(d) {
    if (store.playground) store.playground.notice = d.notice;
    tell('notice');
  },
};

function putChannel(d) {
  store.channels.set(d.id, { ...store.channels.get(d.id), ...d });
  tell('channels');
}

function dropChannel(d) {
  store.channels.delete(d.id);
  store.logs.delete(d.id);
  tell('channels');
}

function putRole(d) {
  store.roles.set(d.role.id, d.role);
  tell('members');
}

function memberChanged(d) {
  putMember({ user: d.user, nick: d.nick ?? null, roles: d.roles ?? [] });
  tell('members');
}

const sameEmoji = (a, b) => (a.id ?? a.name) === (b.id ?? b.name);

function reactions(d, change) {
  const message = messageOf(d.channel_id, d.message_id);
  if (!message) return;
  message.reactions = change(message.reactions ?? []);
  tell('log', { channel: d.channel_id, id: d.message_id, kind: 'changed' });
}

function react(d, step) {
  const mine = d.user_id === store.me.id;
  reactions(d, (list) => {
    const next = list.map((r) => ({ ...r }));
    let one = next.find((r) => sameEmoji(r.emoji, d.emoji));
    if (!one) next.push((one = { emoji: d.emoji, count: 0, me: false }));
    if (mine && one.me === step > 0) return next.filter((r) => r.count > 0);
    one.count += step;
    if (mine) one.me = step > 0;
    return next.filter((r) => r.count > 0);
  });
}

/** Forgets that a channel has unread messages. */
export function markRead(channelId) {
  if (store.unread.delete(channelId)) tell('channels');
}
