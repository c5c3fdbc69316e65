// Things that lie on top of the page: notices, modals of applications, the emoji box, questions.

import { h, iconButton } from './dom.js';
import { render } from './markdown.js';
import { readFile } from './upload.js';
import { channelName, displayName, isDm, names, store } from './state.js';

const EMOJI = ('👍 👎 ❤️ 😂 😮 😢 😡 🎉 🔥 👀 ✅ ❌ ⭐ 💯 🙏 👏 🤔 😅 😊 😍 😎 🥳 😴 🤖 👻 💀 🧙 🐉 🐱 🐶 🦊 🐸 '
  + '🌟 🌈 ☕ 🍕 🍪 🎵 🎲 📚 ✏️ 💡 🔔 ❓ ❗ ➕ 🚀 🌙').split(' ');

/** A short notice that goes away by itself. */
export function toast(text, kind = 'error') {
  const host = document.getElementById('toasts');
  const node = h('div', { class: `toast ${kind}`, role: kind === 'error' ? 'alert' : 'status' }, text);
  host.append(node);
  while (host.children.length > 4) host.firstChild.remove();
  setTimeout(() => node.remove(), 5000);
}

function open(node) {
  document.body.append(node);
  node.addEventListener('close', () => node.remove());
  node.addEventListener('click', (event) => {
    if (event.target === node) node.close();
  });
  node.showModal();
  return node;
}

/** Asks yes or no; gives a promise of true or false. */
export function confirm(title, text, yes) {
  return new Promise((resolve) => {
    const node = h('dialog', { class: 'dialog', 'aria-label': title },
      h('h2', null, title), h('p', null, text),
      h('div', { class: 'dialog-buttons' },
        h('button', { type: 'button', class: 'button secondary', onClick: () => node.close('no') }, 'Cancel'),
        h('button', { type: 'button', class: 'button danger', autofocus: true, onClick: () => node.close('yes') }, yes)));
    node.addEventListener('close', () => resolve(node.returnValue === 'yes'));
    open(node);
  });
}

/** A small box of emoji next to `anchor`; gives the chosen one or null. */
export function pickEmoji(anchor) {
  return new Promise((resolve) => {
    let chosen = null;
    const choose = (emoji) => {
      chosen = emoji;
      node.close();
    };
    const own = h('input', { type: 'text', placeholder: 'or type one', 'aria-label': 'Another emoji', maxlength: 16 });
    const node = h('dialog', { class: 'emoji-box', 'aria-label': 'Choose an emoji' },
      h('div', { class: 'emoji-grid' }, EMOJI.map((e) => h('button', { type: 'button', class: 'glyph', 'aria-label': e, onClick: () => choose(e) }, e))),
      h('form', { onSubmit: (e) => { e.preventDefault(); if (own.value.trim()) choose(own.value.trim()); } }, own));
    node.addEventListener('close', () => resolve(chosen));
    const box = anchor.getBoundingClientRect();
    open(node);
    const { offsetWidth: w, offsetHeight: hgt } = node;
    node.style.left = `${Math.max(8, Math.min(box.right - w, innerWidth - w - 8))}px`;
    node.style.top = `${box.bottom + hgt + 8 < innerHeight ? box.bottom + 6 : Math.max(8, box.top - hgt - 6)}px`;
  });
}

/**
 * Shows an application's modal. `send(fields)` gets `{custom_id: value or values}` and returns a promise;
 * the dialog stays open with the error if that fails.
 */
export function modal(data, send) {
  const fields = [];
  const error = h('p', { class: 'form-error', role: 'alert', hidden: true });
  const submit = h('button', { type: 'submit', class: 'button primary' }, 'Submit');
  const form = h('form', { method: 'dialog', class: 'dialog-form' },
    (data.components ?? []).map((c) => modalPart(c, fields)), error,
    h('div', { class: 'dialog-buttons' },
      h('button', { type: 'button', class: 'button secondary', onClick: () => node.close() }, 'Cancel'), submit));
  const node = h('dialog', { class: 'dialog', 'aria-label': data.title },
    h('header', null, h('h2', null, data.title), iconButton('close', 'Close', () => node.close())), form);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      const filled = await Promise.all(fields.map(async (f) => [f.id, await f.value()]));
      await send(Object.fromEntries(filled));
      node.close();
    } catch (e) {
      error.textContent = e.message;
      error.hidden = false;
    } finally {
      submit.disabled = false;
    }
  });
  open(node);
  form.querySelector('input, textarea, select')?.focus();
}

function modalPart(data, fields, label) {
  switch (data.type) {
    case 1: return data.components.map((c) => modalPart(c, fields));
    case 4: return textInput(data, fields, label);
    case 10: return h('div', { class: 'md' }, render(data.content ?? '', names));
    case 18: return modalPart(data.component, fields, data);
    case 3: case 5: case 6: case 7: case 8: return choice(data, fields, label);
    case 19: return fileInput(data, fields, label);
    default: return null;
  }
}

function fileInput(data, fields, label) {
  const required = data.required !== false;
  const input = h('input', { type: 'file', multiple: (data.max_values ?? 1) > 1, required });
  fields.push({ id: data.custom_id, value: () => Promise.all([...input.files].map(readFile)) });
  return labelled(label?.label ?? data.custom_id, label?.description, required, input);
}

function labelled(title, description, required, control) {
  return h('label', { class: 'field' },
    h('span', { class: 'field-name' }, title, required && h('span', { class: 'star', 'aria-label': 'required' }, ' *')),
    description && h('span', { class: 'dim' }, description), control);
}

function textInput(data, fields, label) {
  const long = data.style === 2;
  const required = data.required !== false;
  const input = h(long ? 'textarea' : 'input', {
    ...(long ? { rows: 5 } : { type: 'text' }), placeholder: data.placeholder, required, minlength: data.min_length,
    maxlength: data.max_length ?? 4000, value: data.value ?? '',
  });
  fields.push({ id: data.custom_id, value: () => input.value });
  return labelled(label?.label ?? data.label ?? data.custom_id, label?.description, required, input);
}

function choice(data, fields, label) {
  const people = [...store.members.values()].map((m) => ({ label: displayName(m.user.id), value: m.user.id }));
  const roles = [...store.roles.values()].map((r) => ({ label: r.name, value: r.id }));
  const places = [...store.channels.values()].filter((c) => !isDm(c)).map((c) => ({ label: `#${channelName(c)}`, value: c.id }));
  const options = { 3: data.options ?? [], 5: people, 6: roles, 7: [...people, ...roles], 8: places }[data.type];
  const multiple = (data.max_values ?? 1) > 1;
  const required = data.required !== false;
  const input = h('select', { class: 'select', multiple, required, ...(multiple ? { size: Math.min(options.length, 6) } : {}) },
    !multiple && h('option', { value: '' }, data.placeholder || 'Choose…'),
    options.map((o) => h('option', { value: o.value, selected: o.default }, o.label)));
  fields.push({ id: data.custom_id, value: () => [...input.selectedOptions].map((o) => o.value).filter(Boolean) });
  return labelled(label?.label ?? data.placeholder ?? data.custom_id, label?.description, required, input);
}
