// What can be done with a message: one's own verbs, and those of the applications ("Apps").

import { face } from './dom.js';
import { toast } from './dialog.js';
import { loadMenu } from './picker.js';
import { popup } from './popup.js';
import { avatarUrl, isDm, isThread, store } from './state.js';

const EPHEMERAL = 64;
const ORDINARY = { 0: 1, 19: 1, 20: 1, 23: 1 };

/** Opens the menu of a message at a point; `owner` gets the focus back. */
export async function messageMenu(message, at, owner, acts) {
  const apps = await loadMenu(message.channel_id).catch((e) => {
    toast(e.message);
    return [];
  });
  const channel = store.channels.get(message.channel_id);
  const own = message.author.id === store.me.id;
  const private_ = Boolean(message.flags & EPHEMERAL);
  const threads = channel && (channel.type === 0 || channel.type === 5) && !isThread(channel) && !isDm(channel) && !message.thread;
  popup([
    !private_ && { label: 'Add a reaction…', run: () => acts.pickReaction(message, owner) },
    !private_ && message.type in ORDINARY && { label: 'Reply', run: () => acts.reply(message) },
    !private_ && threads && { label: 'Create a thread…', run: () => acts.thread(message) },
    message.content && { label: 'Copy text', run: () => acts.copy(message) },
    'line',
    own && message.type in ORDINARY && { label: 'Edit', run: () => acts.edit(message) },
    own && { label: 'Delete…', danger: true, run: () => acts.remove(message) },
    private_ && { label: 'Dismiss', run: () => acts.dismiss(message) },
    'line',
    apps.length > 0 && { heading: 'Apps' },
    ...apps.map((command) => ({
      label: command.name, run: () => acts.runOn(command, message),
      draw: () => face(command.application?.name, avatarUrl(command.application?.bot), 20),
    })),
  ], at, owner, 'Message actions');
}
