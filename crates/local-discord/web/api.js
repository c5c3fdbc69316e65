// The control API, `/_local/v1`. Everything the page does goes through here.

const BASE = '/_local/v1';

/** What the server refused, in words for a person. */
export class Refused extends Error {}

async function read(response) {
  const body = await response.json().catch(() => null);
  if (response.ok) return body;
  throw new Refused(body?.message || `The server said ${response.status}.`);
}

async function get(path, params = {}) {
  const query = new URLSearchParams(Object.entries(params).filter(([, v]) => v !== undefined && v !== null));
  return read(await fetch(`${BASE}/${path}${query.size ? `?${query}` : ''}`));
}

async function post(path, body) {
  return read(await fetch(`${BASE}/${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  }));
}

export const api = {
  state: () => get('state'),
  messages: (channel, before, limit = 50) => get(`channels/${channel}/messages`, { before, limit }),
  commands: (channel) => get('commands', { channel }),
  say: (channel, content, extra = {}) => post('say', { channel, content, ...extra }),
  reply: (channel, message, content, extra = {}) => post('reply', { channel, message, content, ...extra }),
  edit: (channel, message, content) => post('edit', { channel, message, content }),
  remove: (channel, message) => post('delete', { channel, message }),
  react: (channel, message, emoji, remove = false) => post('react', { channel, message, emoji, remove }),
  typing: (channel) => post('typing', { channel }),
  command: (channel, command, options) => post('command', { channel, command, options }),
  menuCommand: (channel, command, target) => post('command', { channel, command, target }),
  autocomplete: (channel, command, options, focused) => post('autocomplete', { channel, command, options, focused }),
  press: (channel, message, custom_id) => post('press', { channel, message, custom_id }),
  select: (channel, message, custom_id, values) => post('select', { channel, message, custom_id, values }),
  modal: (interaction, fields) => post('modal', { interaction, fields }),
  voice: (channel) => post('voice', { channel }),
  presence: (status, activities) => post('presence', { status, activities }),
  thread: (channel, name, extra = {}) => post('thread', { channel, name, ...extra }),
  dm: (user) => post('dm', { user }),
};

/**
 * Follows the event stream from the state's `cursor` on. `onEvent({t, d})` for each event, `onState(connected)` when the line drops or returns.
 * The browser reconnects by itself and names the last event it saw; the server then replays or says `RESYNC`.
 */
export function follow(cursor, onEvent, onState) {
  let source;
  let retry;
  const open = (after) => {
    source = new EventSource(`${BASE}/events${after ? `?after=${after}` : ''}`);
    source.onopen = () => onState(true);
    source.onmessage = (message) => {
      try {
        onEvent(JSON.parse(message.data));
      } catch (error) {
        console.error('event dropped', error);
      }
    };
    source.onerror = () => {
      onState(false);
      if (source.readyState === EventSource.CLOSED) {
        clearTimeout(retry);
        retry = setTimeout(() => {
          open();
          onEvent({ t: 'RESYNC', d: {} });
        }, 1500);
      }
    };
  };
  open(cursor);
}
