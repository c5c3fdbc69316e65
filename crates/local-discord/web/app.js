// Wires the page together: loads the state, follows the events, and performs what the views ask for.

import { api, follow } from './api.js';
import { Composer } from './composer.js';
import { confirm, modal, pickEmoji, toast } from './dialog.js';
import { h, icon, iconButton } from './dom.js';
import { Log, restoreUnread } from './log.js';
import { dots } from './message.js';
import { adultMark, drawChannels, drawNotice, drawPeople } from './sidebar.js';
import { apply, channelName, displayName, isAdult, isDm, isThread, isVoice, isWritable, load, on, store, tell } from './state.js';

/** True if the answer is a message of its own. */
const speaks = (answer) => answer?.type === 4 || answer?.type === 5;
const $ = (id) => document.getElementById(id);
const tried = (work) => Promise.resolve().then(work).catch((e) => toast(e.message));

const line = (custom_id, label, extra = {}) => ({ type: 18, label, component: { type: 4, custom_id, style: 1, ...extra } });
const NEW_THREAD = { title: 'New thread', components: [line('name', 'Name', { max_length: 100 })] };
const NEW_POST = { title: 'New post', components: [line('name', 'Title', { max_length: 100 }), line('content', 'Text', { style: 2, max_length: 2000 })] };
const DOING = { title: 'What are you doing?', components: [line('game', 'Playing', { required: false, max_length: 128, placeholder: 'a game' }),
  line('song', 'Listening to', { required: false, max_length: 128, placeholder: 'a song' }), line('artist', 'by', { required: false, max_length: 128 }),
  line('custom', 'In your own words', { required: false, max_length: 128 })] };

/** What messages, lists and the composer may ask for. */
const acts = {
  open: openChannel,
  press: (m, id) => tried(async () => acts.pressed(await api.press(m.channel_id, m.id, id))),
  select: (m, id, values) => tried(async () => acts.pressed(await api.select(m.channel_id, m.id, id, values))),
  react: (m, emoji, mine) => tried(() => api.react(m.channel_id, m.id, emoji, mine)),
  async pickReaction(m, anchor) {
    const emoji = await pickEmoji(anchor);
    if (emoji) acts.react(m, emoji, false);
  },
  reply: (m) => composer.startReply(m),
  edit: (m) => composer.startEdit(m),
  runOn: (command, m) => tried(async () => acts.commanded(await api.menuCommand(m.channel_id, command.id, m.id))),
  thread: (m) => modal(NEW_THREAD, async ({ name }) => openNew(await api.thread(m.channel_id, name, { message: m.id }))),
  copy: (m) => tried(async () => {
    await navigator.clipboard.writeText(m.content);
    toast('Copied.', 'info');
  }),
  async remove(m) {
    if (await confirm('Delete this message?', 'It is gone for everybody.', 'Delete')) await tried(() => api.remove(m.channel_id, m.id));
  },
  dismiss: (m) => apply({ t: 'MESSAGE_DELETE', d: { channel_id: m.channel_id, id: m.id } }),
  jump: (id) => log.jump(id),
  voice: (id) => tried(() => api.voice(id)),
  greet(name) {
    closeDrawers();
    composer.set(`hey ${name}, `);
  },
  dm: (user) => tried(async () => {
    const channel = await api.dm(user);
    store.channels.set(channel.id, channel);
    tell('channels');
    await openChannel(channel.id);
  }),
  sent: () => log.toBottom(),
  lastOwn: () => log.lastOwn(),
  /** A command is answered at the end of the log; a press keeps the reader's place. */
  commanded(answer) {
    if (speaks(answer)) log.toBottom();
    acts.ran(answer);
  },
  pressed(answer) {
    if (speaks(answer) && !log.stick) toast('The answer is at the end of the channel.', 'info');
    acts.ran(answer);
  },
  /** The answer to a command or a press: most of it arrives as events, a modal is shown here. */
  ran(answer) {
    if (answer?.modal) modal(answer.modal, async (fields) => acts.ran(await api.modal(answer.interaction, fields)));
  },
};

const log = new Log($('scroll'), $('log'), acts, (text) => composer.set(text));
const composer = new Composer($('composer'), acts);

async function openChannel(id) {
  const channel = store.channels.get(id);
  if (!channel || isVoice(channel)) return;
  const changed = store.current !== id;
  store.current = id;
  closeDrawers();
  drawHeader(channel);
  tell('channels');
  tell('typing', id);
  localStorage.setItem('acore-channel', id);
  $('forum').hidden = isWritable(channel);
  $('scroll').hidden = !isWritable(channel);
  if (!isWritable(channel)) drawForum(channel);
  if (changed) composer.open(channel);
  if (isWritable(channel)) await tried(() => log.open(id));
  if (matchMedia('(hover: hover)').matches) composer.field.focus();
}

/** Shows a thread that was just made here. */
async function openNew(channel) {
  store.channels.set(channel.id, { ...store.channels.get(channel.id), ...channel });
  tell('channels');
  await openChannel(channel.id);
}

function drawForum(channel) {
  const threads = [...store.channels.values()].filter((c) => isThread(c) && c.parent_id === channel.id);
  $('forum').replaceChildren(h('h2', null, channelName(channel)), h('p', { class: 'dim' }, channel.topic || 'Posts of this forum'),
    h('button', { type: 'button', class: 'button primary new-post', onClick: () => modal(NEW_POST, async ({ name, content }) => openNew(await api.thread(channel.id, name, { content }))) }, icon('plus', 16), 'New post'),
    ...threads.map((t) => h('button', { type: 'button', class: 'forum-post', onClick: () => openChannel(t.id) }, icon('thread'), t.name)));
}

function drawHeader(channel) {
  const kind = isDm(channel) ? 'at' : isThread(channel) ? 'thread' : isWritable(channel) ? 'hash' : 'forum';
  $('channel-title').replaceChildren(...[icon(kind, 20), h('h1', null, channelName(channel)), isAdult(channel) && adultMark(),
    channel.topic && h('span', { class: 'topic dim', title: channel.topic }, channel.topic)].filter(Boolean));
  drawTitle();
}

function drawTitle() {
  const unread = [...store.unread.values()].reduce((sum, u) => sum + u.count, 0);
  const channel = store.channels.get(store.current);
  document.title = `${unread ? `(${unread}) ` : ''}${channel ? `${isDm(channel) ? '@' : '#'}${channelName(channel)} · ` : ''}${store.title}`;
}

function drawTyping() {
  const who = [...(store.typing.get(store.current)?.keys() ?? [])].map((id) => displayName(id) ?? 'Somebody');
  const line = who.length === 0 ? [] : [dots(), h('span', null,
    who.length === 1 ? [h('strong', null, who[0]), ' is typing…'] : who.length <= 3 ? [h('strong', null, who.join(', ')), ' are typing…'] : 'Several people are typing…')];
  $('typing').replaceChildren(...line);
}

function closeDrawers() {
  document.body.classList.remove('left-open', 'right-open');
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem('acore-theme', theme);
  const dark = theme === 'dark' || (theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  const button = iconButton(dark ? 'sun' : 'moon', dark ? 'Light theme' : 'Dark theme', () => setTheme(dark ? 'light' : 'dark'));
  $('theme').replaceChildren(button);
}

function buildFrame() {
  $('open-left').append(iconButton('menu', 'Channels', () => document.body.classList.toggle('left-open')));
  $('open-right').append(iconButton('people', 'Show or hide the people', () => {
    if (innerWidth < 1000) document.body.classList.toggle('right-open');
    else localStorage.setItem('acore-people', document.body.classList.toggle('no-right') ? 'hidden' : 'shown');
  }));
  $('shade').addEventListener('click', closeDrawers);
  document.body.classList.toggle('no-right', localStorage.getItem('acore-people') === 'hidden');
  setTheme(localStorage.getItem('acore-theme') ?? 'auto');
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') closeDrawers();
    const typing = event.target.closest?.('input, textarea, select, dialog, [contenteditable]');
    if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && event.key.length === 1 && event.key !== ' ') composer.field.focus();
    if ((event.key === 'Enter' || event.key === ' ') && event.target.matches?.('.spoiler, .mention.link')) event.target.click();
  });
  on('channels', () => { drawChannels($('channels'), acts); drawTitle(); });
  on('members', () => { drawPeople($('people'), acts); drawMe(); });
  on('notice', () => { drawNotice($('notice')); drawPeople($('people'), acts); });
  on('typing', (channel) => channel === store.current && drawTyping());
}

function drawMe() {
  const status = store.members.get(store.me.id)?.status ?? 'online';
  const change = () => {
    if (choice.value !== 'doing') return tried(() => api.presence(choice.value));
    choice.value = status;
    return modal(DOING, ({ game, song, artist, custom }) => api.presence('online', [game && { game }, song && { song, artist }, custom && { custom }].filter(Boolean)));
  };
  const choice = h('select', { class: 'status-choice', 'aria-label': 'Your status', onChange: change },
    ['online', 'idle', 'dnd', 'offline', 'doing'].map((s) => h('option', { value: s, selected: s === status }, { online: 'Online', idle: 'Idle', dnd: 'Do not disturb', offline: 'Invisible', doing: 'What you are doing…' }[s])));
  $('me').replaceChildren(h('span', { class: 'me-name' }, displayName(store.me.id)), choice);
  $('server').textContent = store.guild?.name ?? store.title;
}

async function resync() {
  load(await api.state());
  drawMe();
  if (!store.channels.has(store.current)) await openFirst();
  else await log.reload();
}

async function openFirst() {
  const wanted = [location.hash.slice(1), localStorage.getItem('acore-channel'), store.guild?.system_channel_id];
  const channel = wanted.map((id) => store.channels.get(id)).find((c) => c && !isVoice(c) && isWritable(c))
    ?? [...store.channels.values()].find((c) => c.type === 0);
  if (channel) await openChannel(channel.id);
}

async function begin() {
  buildFrame();
  const state = await api.state();
  load(state);
  drawMe();
  restoreUnread();
  follow(state.cursor, (event) => {
    if (!apply(event)) {
      tried(async () => {
        await resync();
        if (event.t !== 'RESYNC') apply(event);
      });
    }
    if (event.t === 'COMMANDS_UPDATE') composer.commands = null;
  }, (connected) => {
    store.connected = connected;
    $('offline').hidden = connected;
  });
  await openFirst();
  document.body.classList.add('ready');
}

begin().catch((error) => {
  $('offline').hidden = false;
  $('offline').textContent = `The playground does not answer: ${error.message}. Reload to try again.`;
});
