// Embeds, attachments and reactions of a message.

import { face, h, icon, safeUrl } from './dom.js';
import { render } from './markdown.js';
import { names } from './state.js';

const colour = (value) => (Number.isInteger(value) ? `#${value.toString(16).padStart(6, '0')}` : null);

/** A picture that opens in a new tab; null if its address is not one that may be followed. */
export function picture(url, props = {}, alt = '') {
  const src = safeUrl(url ?? '');
  if (!src) return null;
  const image = h('img', { src, alt, loading: 'lazy', ...props });
  image.addEventListener('error', () => image.classList.add('broken'));
  return h('a', { class: 'picture', href: src, target: '_blank', rel: 'noopener noreferrer' }, image);
}

export function embed(data) {
  const title = data.title && render(data.title, names);
  const href = safeUrl(data.url ?? '') && data.url;
  const stripe = colour(data.color);
  return h('article', { class: 'embed', style: stripe ? { '--stripe': stripe } : {} },
    h('div', { class: 'embed-main' },
      data.provider?.name && h('div', { class: 'embed-small' }, data.provider.name),
      data.author && h('div', { class: 'embed-author' },
        data.author.icon_url && face(data.author.name, data.author.icon_url, 22), linked(data.author.name, data.author.url)),
      title && h('div', { class: 'embed-title' }, href ? h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, title) : title),
      data.description && h('div', { class: 'embed-text md' }, render(data.description, names)),
      data.fields?.length > 0 && h('div', { class: 'embed-fields' }, data.fields.map((field) =>
        h('div', { class: field.inline ? 'embed-field inline' : 'embed-field' },
          h('div', { class: 'embed-field-name' }, render(field.name, names)),
          h('div', { class: 'md' }, render(field.value, names))))),
      data.image && picture(data.image.url, { class: 'embed-image' }, data.image.description ?? ''),
      (data.footer || data.timestamp) && h('div', { class: 'embed-footer' },
        data.footer?.icon_url && face(data.footer.text, data.footer.icon_url, 18),
        [data.footer?.text, data.timestamp && new Date(data.timestamp).toLocaleString()].filter(Boolean).join(' · '))),
    data.thumbnail && picture(data.thumbnail.url, { class: 'embed-thumb' }, data.thumbnail.description ?? ''));
}

function linked(text, url) {
  const href = safeUrl(url ?? '') && url;
  return href ? h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, text) : h('span', null, text);
}

const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1_048_576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`);

export function attachment(file) {
  const spoiler = file.filename.startsWith('SPOILER_');
  const kind = file.content_type ?? '';
  if (kind.startsWith('image/') && kind !== 'image/svg+xml') {
    const ratio = file.width && file.height ? { 'aspect-ratio': `${file.width} / ${file.height}` } : {};
    const width = file.width ? { width: `${Math.min(file.width, 420, (file.width / (file.height || 1)) * 320)}px` } : {};
    const node = picture(file.url, { class: 'attached-image', style: { ...ratio, ...width } }, file.description ?? file.filename);
    return spoiler ? h('span', { class: 'spoiler media', role: 'button', tabindex: 0, 'aria-label': 'Spoiler, press to reveal' }, h('span', null, node)) : node;
  }
  const href = safeUrl(file.url);
  if (kind.startsWith('audio/') && href) return h('audio', { controls: true, src: href, preload: 'none', 'aria-label': file.filename });
  return h('div', { class: 'attached-file' }, icon('file', 26),
    h('div', null, href ? h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, file.filename) : file.filename,
      h('div', { class: 'dim' }, size(file.size))));
}

/** The row of reactions. `toggle(emoji, mine)` is called when one is pressed. */
export function reactionRow(list, toggle) {
  return list.map((r) => {
    const shown = r.emoji.id ? `:${r.emoji.name}:` : r.emoji.name;
    return h('button', {
      type: 'button', class: r.me ? 'reaction mine' : 'reaction', 'aria-pressed': String(Boolean(r.me)),
      'aria-label': `${shown}, ${r.count} ${r.count === 1 ? 'reaction' : 'reactions'}${r.me ? ', yours too' : ''}`,
      onClick: () => toggle(r.emoji.id ? `${r.emoji.name}:${r.emoji.id}` : r.emoji.name, r.me),
    }, h('span', { class: r.emoji.id ? 'dim' : 'glyph' }, shown), h('span', { class: 'count' }, String(r.count)));
  });
}
