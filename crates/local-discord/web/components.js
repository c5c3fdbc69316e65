// Message components, both generations: buttons, selects, sections, containers, galleries.
// https://docs.discord.com/developers/components/reference

import { h, icon, safeUrl } from './dom.js';
import { picture } from './embeds.js';
import { render } from './markdown.js';
import { channelName, displayName, isDm, names, store } from './state.js';

const STYLES = { 1: 'primary', 2: 'secondary', 3: 'success', 4: 'danger', 5: 'link' };

/**
 * Draws one component. `use.press(custom_id)` and `use.select(custom_id, values)` return promises;
 * the control is busy until they settle.
 */
export function component(data, use) {
  switch (data.type) {
    case 1: return h('div', { class: 'action-row' }, data.components.map((c) => component(c, use)));
    case 2: return button(data, use);
    case 3: return select(data, data.options ?? [], use);
    case 5: return select(data, users(), use);
    case 6: return select(data, roles(), use);
    case 7: return select(data, [...users(), ...roles()], use);
    case 8: return select(data, channels(data.channel_types), use);
    case 9: return h('div', { class: 'section' },
      h('div', { class: 'section-text' }, data.components.map((c) => component(c, use))),
      data.accessory && h('div', { class: 'accessory' }, component(data.accessory, use)));
    case 10: return h('div', { class: 'md' }, render(data.content ?? '', names));
    case 11: return hidden(data.spoiler, picture(data.media?.url, { class: 'embed-thumb' }, data.description ?? ''));
    case 12: return h('div', { class: `gallery n${Math.min((data.items ?? []).length, 4)}` },
      (data.items ?? []).map((item) => hidden(item.spoiler, picture(item.media?.url, {}, item.description ?? ''))));
    case 13: return fileLine(data);
    case 14: return h('hr', { class: data.spacing === 2 ? 'separator wide' : 'separator', ...(data.divider === false ? { data: { blank: '1' } } : {}) });
    case 17: return h('div', { class: data.accent_color ? 'container striped' : 'container',
      style: data.accent_color ? { '--stripe': `#${data.accent_color.toString(16).padStart(6, '0')}` } : {} },
    data.components.map((c) => component(c, use)));
    default: return null;
  }
}

function hidden(spoiler, node) {
  return spoiler ? h('span', { class: 'spoiler media', role: 'button', tabindex: 0, 'aria-label': 'Spoiler, press to reveal' }, h('span', null, node)) : node;
}

function fileLine(data) {
  const href = safeUrl(data.file?.url ?? '');
  const name = data.name ?? data.file?.url?.split('/').pop() ?? 'file';
  return h('div', { class: 'attached-file' }, icon('file', 26),
    href ? h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, name) : h('span', null, name));
}

function emojiOf(emoji) {
  return emoji ? h('span', { class: 'glyph' }, emoji.id ? `:${emoji.name}:` : emoji.name) : null;
}

function button(data, use) {
  const style = STYLES[data.style] ?? 'secondary';
  const inner = [emojiOf(data.emoji), data.label && h('span', null, data.label)];
  if (data.style === 5) {
    const href = safeUrl(data.url ?? '');
    return h('a', { class: 'button link', href, target: '_blank', rel: 'noopener noreferrer', 'aria-disabled': data.disabled ? 'true' : null }, inner, icon('link', 14));
  }
  const node = h('button', { type: 'button', class: `button ${style}`, disabled: data.disabled }, inner);
  node.addEventListener('click', () => busy(node, () => use.press(data.custom_id)));
  return node;
}

async function busy(node, work) {
  node.classList.add('busy');
  node.setAttribute('aria-busy', 'true');
  node.disabled = true;
  try {
    await work();
  } finally {
    node.classList.remove('busy');
    node.removeAttribute('aria-busy');
    node.disabled = false;
  }
}

const users = () => [...store.members.values()].map((m) => ({ label: displayName(m.user.id), value: m.user.id }));
const roles = () => [...store.roles.values()].map((r) => ({ label: `@${r.name}`.replace('@@', '@'), value: r.id }));
const channels = (kinds) => [...store.channels.values()].filter((c) => !isDm(c) && (!kinds?.length || kinds.includes(c.type)))
  .map((c) => ({ label: `#${channelName(c)}`, value: c.id }));

function select(data, options, use) {
  const min = data.min_values ?? 1;
  const max = Math.min(data.max_values ?? 1, options.length || 1);
  const placeholder = data.placeholder || 'Choose…';
  if (max <= 1 && min <= 1) {
    const node = h('select', { class: 'select', disabled: data.disabled, 'aria-label': placeholder },
      h('option', { value: '' }, placeholder),
      options.map((o) => h('option', { value: o.value, title: o.description ?? '', selected: o.default },
        `${o.emoji?.name && !o.emoji.id ? `${o.emoji.name} ` : ''}${o.label}${o.description ? ` — ${o.description}` : ''}`)));
    node.addEventListener('change', () => {
      if (node.value || min === 0) busy(node, () => use.select(data.custom_id, node.value ? [node.value] : []));
    });
    return node;
  }
  return multiSelect(data, options, { min, max, placeholder }, use);
}

function multiSelect(data, options, { min, max, placeholder }, use) {
  const boxes = options.map((o) => h('input', { type: 'checkbox', value: o.value, checked: o.default }));
  const apply = h('button', { type: 'button', class: 'button primary' }, 'Apply');
  const check = () => {
    const n = boxes.filter((b) => b.checked).length;
    apply.disabled = n < min || n > max;
    for (const b of boxes) b.disabled = !b.checked && n >= max;
  };
  const node = h('details', { class: 'multi-select' },
    h('summary', null, placeholder, h('span', { class: 'dim' }, ` ${min === max ? min : `${min}–${max}`}`)),
    h('div', { class: 'multi-options' }, options.map((o, i) => h('label', null, boxes[i],
      h('span', null, o.label, o.description && h('span', { class: 'dim' }, ` ${o.description}`)))), apply));
  for (const b of boxes) b.addEventListener('change', check);
  check();
  apply.addEventListener('click', () => busy(apply, async () => {
    await use.select(data.custom_id, boxes.filter((b) => b.checked).map((b) => b.value));
    node.open = false;
  }));
  return node;
}
