// The command picker: `/` lists the applications' commands, a chosen one becomes a row of fields.

import { api } from './api.js';
import { face, h, icon } from './dom.js';
import { toast } from './dialog.js';
import { readFile } from './upload.js';
import { avatarUrl, channelName, displayName, isDm, isVoice, store } from './state.js';

const KINDS = { 1: 'subcommand', 3: 'text', 4: 'whole number', 5: 'yes or no', 6: 'member', 7: 'channel', 8: 'role', 9: 'member or role', 10: 'number', 11: 'file' };
const LISTED = new Set([5, 6, 7, 8, 9]);

/** The commands of messages' menus that can be used here. */
export async function loadMenu(channel) {
  return (await api.commands(channel)).filter((c) => c.type === 3);
}

/** Every command that can be run from here: subcommands become entries of their own. */
export async function loadCommands(channel) {
  const commands = await api.commands(channel);
  return commands.filter((c) => (c.type ?? 1) === 1).flatMap((c) => flatten(c, c.options ?? [], c.name, c.description, []));
}

function flatten(command, options, name, description, path) {
  const subs = options.filter((o) => o.type === 1 || o.type === 2);
  if (!subs.length) return [{ command, name, description, path, options: options.slice().sort((a, b) => Number(Boolean(b.required)) - Number(Boolean(a.required))) }];
  return subs.flatMap((s) => flatten(command, s.options ?? [], `${name} ${s.name}`, s.description, [...path, { name: s.name, type: s.type }]));
}

/** Entries whose name begins with, or contains, what was typed. */
export function matching(entries, typed) {
  const wanted = typed.toLowerCase();
  const rank = (e) => (e.name.startsWith(wanted) ? 0 : e.name.includes(wanted) ? 1 : e.description?.toLowerCase().includes(wanted) ? 2 : 3);
  return entries.filter((e) => rank(e) < 3).sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name)).slice(0, 40)
    .map((entry) => ({
      value: entry, group: entry.command.application?.name,
      draw: () => [face(entry.command.application?.name, avatarUrl(entry.command.application?.bot), 28),
        h('span', { class: 'menu-text' },
          h('span', null, h('strong', null, `/${entry.name}`), entry.options.map((o) => h('span', { class: o.required ? 'option-hint required' : 'option-hint' }, o.name))),
          h('span', { class: 'dim' }, entry.description))],
    }));
}

/** The fields of one command in the composer's place. */
export class CommandForm {
  /** `done(sent)` is called when it closes. */
  constructor(host, menu, entry, done) {
    Object.assign(this, { host, menu, entry, done, fields: new Map() });
    this.row = h('div', { class: 'command-fields' });
    this.more = h('div', { class: 'command-more' });
    this.error = h('p', { class: 'form-error', role: 'alert', hidden: true });
    const form = h('form', { class: 'command-form', 'aria-label': `Command ${entry.name}`, onSubmit: (e) => { e.preventDefault(); this.send(); }, onKeydown: (e) => this.key(e) },
      h('div', { class: 'command-line' }, h('span', { class: 'command-name' }, `/${entry.name}`), this.row,
        h('button', { type: 'submit', class: 'icon-button send', title: 'Run (Enter)', 'aria-label': 'Run the command' }, icon('send'))),
      this.more, this.error);
    host.replaceChildren(form);
    for (const option of entry.options) if (option.required) this.add(option);
    if (!this.fields.size && entry.options.length) this.add(entry.options[0]);
    this.drawMore();
    const first = [...this.fields.values()][0];
    if (first) first.input.focus();
    else form.querySelector('.send').focus();
  }

  drawMore() {
    const rest = this.entry.options.filter((o) => !this.fields.has(o.name));
    this.more.replaceChildren(
      h('span', { class: 'dim' }, this.hint ?? this.entry.description ?? ''),
      ...rest.map((o) => h('button', { type: 'button', class: 'chip', title: o.description, onClick: () => this.add(o).input.focus() }, `+ ${o.name}`)));
  }

  add(option) {
    const input = option.type === 11
      ? h('input', { type: 'file', 'aria-label': `${option.name}: ${option.description ?? 'file'}` })
      : h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', role: 'combobox', 'aria-expanded': 'false', 'aria-label': `${option.name}: ${option.description ?? KINDS[option.type]}`, placeholder: KINDS[option.type], maxlength: option.max_length ?? 6000 });
    const field = { option, input, picked: null };
    field.chip = h('label', { class: option.required ? 'field-chip required' : 'field-chip' }, h('span', null, option.name), input);
    this.fields.set(option.name, field);
    this.row.append(field.chip);
    field.set = (label, value) => { input.value = label; field.picked = { label, value }; grow(); this.after(field); };
    if (option.type === 11) this.takesFile(field);
    const grow = () => { input.style.width = `${Math.min(Math.max(input.value.length + 2, 9), 40)}ch`; };
    if (option.type !== 11) input.addEventListener('input', () => { field.picked = null; field.chip.classList.remove('wrong'); grow(); this.suggest(field); });
    input.addEventListener('focus', () => { this.hint = `${option.name}: ${option.description ?? ''}`; this.drawMore(); this.suggest(field); });
    input.addEventListener('blur', () => this.menu.close());
    this.drawMore();
    return field;
  }

  /** Reads what is chosen in a field for files. */
  takesFile(field) {
    const { input, chip } = field;
    input.addEventListener('change', async () => {
      field.picked = null;
      chip.classList.remove('wrong');
      this.complain('');
      const [file] = input.files;
      if (!file) return;
      field.reading = readFile(file).then((value) => { if (input.files[0] === file) field.picked = { label: file.name, value }; }, (e) => {
        input.value = '';
        this.complain(e.message);
      });
      await field.reading;
      if (field.picked) this.after(field);
    });
  }

  /** Takes dropped files for options that still want one; true if there was such an option. */
  offer(files) {
    const wanted = this.entry.options.filter((o) => o.type === 11);
    if (!wanted.length) return false;
    [...files].slice(0, wanted.length).forEach((file, i) => {
      const field = this.fields.get(wanted[i].name) ?? this.add(wanted[i]);
      const list = new DataTransfer();
      list.items.add(file);
      field.input.files = list.files;
      field.input.dispatchEvent(new Event('change'));
    });
    return true;
  }

  /** Moves on to the next field that is still empty. */
  after(field) {
    const next = [...this.fields.values()].find((f) => f !== field && f.option.required && !f.input.value);
    (next ?? field).input.focus();
    if (!next) this.menu.close();
  }

  async suggest(field) {
    const { option, input } = field;
    const typed = input.value.toLowerCase();
    if (field.picked) return this.menu.close();
    let choices = null;
    if (option.autocomplete) {
      const asked = (field.asked = (field.asked ?? 0) + 1);
      await new Promise((r) => setTimeout(r, 120));
      if (asked !== field.asked || document.activeElement !== input) return undefined;
      try {
        const answer = await api.autocomplete(store.current, this.entry.command.id, this.values(true).options, option.name);
        choices = answer.choices;
      } catch (e) {
        choices = [];
        this.complain(e.message);
      }
      if (asked !== field.asked || document.activeElement !== input) return undefined;
    } else if (option.choices?.length) choices = option.choices.filter((c) => c.name.toLowerCase().includes(typed));
    else if (LISTED.has(option.type)) choices = entities(option).filter((c) => c.name.toLowerCase().includes(typed.replace(/^[@#]/, '')));
    if (!choices) return this.menu.close();
    return this.menu.show(input, option.description || option.name, choices.slice(0, 25).map((c) => ({
      value: c, draw: () => [c.user && face(c.name, avatarUrl(c.user), 24), h('span', null, c.name)],
    })), (c) => field.set(c.name, c.value));
  }

  key(event) {
    if (this.menu.key(event)) return;
    const field = [...this.fields.values()].find((f) => f.input === event.target);
    if (event.key === 'Escape') {
      event.preventDefault();
      this.close(false);
    } else if (event.key === 'Backspace' && field && !field.input.value && field.option.type !== 11) {
      event.preventDefault();
      const all = [...this.fields.values()];
      const before = all[all.indexOf(field) - 1];
      if (!field.option.required) {
        this.fields.delete(field.option.name);
        field.chip.remove();
        this.drawMore();
      } else if (!before) return this.close(false);
      before?.input.focus();
    } else if (event.key === 'Tab' && !event.shiftKey && field) {
      const all = [...this.fields.values()];
      const rest = this.entry.options.find((o) => !this.fields.has(o.name));
      if (all.at(-1) === field && rest) {
        event.preventDefault();
        this.add(rest).input.focus();
      }
    }
  }

  /** The options as the API takes them; with `lenient`, what is not valid yet goes along as text. */
  values(lenient = false) {
    const options = [];
    for (const { option, input, picked, chip } of this.fields.values()) {
      const text = input.value.trim();
      if ((!text && !option.required) || (lenient && option.type === 11)) continue;
      const value = convert(option, text, picked);
      if (value === undefined) {
        if (lenient) {
          if (text) options.push({ name: option.name, value: text });
          continue;
        }
        chip.classList.add('wrong');
        input.focus();
        return { wrong: text ? `“${text}” does not fit ${option.name} (${KINDS[option.type]}${range(option)}).` : `${option.name} is required.` };
      }
      options.push({ name: option.name, value });
    }
    const nested = this.entry.path.reduceRight((inner, step) => [{ name: step.name, type: step.type, options: inner }], options);
    return { options: nested };
  }

  complain(text) {
    this.error.textContent = text;
    this.error.hidden = !text;
  }

  async send() {
    await Promise.all([...this.fields.values()].map((f) => f.reading));
    const { options, wrong } = this.values();
    if (wrong) return this.complain(wrong);
    this.complain('');
    const { command } = this.entry;
    this.close(true);
    try {
      return await this.run(command, options);
    } catch (e) {
      return toast(`/${this.entry.name}: ${e.message}`);
    }
  }

  close(sent) {
    this.menu.close();
    this.host.replaceChildren();
    this.done(sent);
  }
}

const range = (o) => (o.min_value !== undefined || o.max_value !== undefined ? ` from ${o.min_value ?? '…'} to ${o.max_value ?? '…'}` : '');

function entities(option) {
  const people = [...store.members.values()].map((m) => ({ name: displayName(m.user.id), value: m.user.id, user: m.user }));
  const roles = [...store.roles.values()].map((r) => ({ name: r.name, value: r.id }));
  switch (option.type) {
    case 5: return [{ name: 'Yes', value: true }, { name: 'No', value: false }];
    case 6: return people;
    case 8: return roles;
    case 9: return [...people, ...roles];
    default: return [...store.channels.values()].filter((c) => !isDm(c) && (!option.channel_types?.length || option.channel_types.includes(c.type)))
      .map((c) => ({ name: `${isVoice(c) ? '' : '#'}${channelName(c)}`, value: c.id }));
  }
}

function convert(option, text, picked) {
  if (picked) return picked.value;
  if (!text) return undefined;
  const named = (list) => list.find((c) => c.name.toLowerCase() === text.toLowerCase())?.value;
  if (option.choices?.length) return named(option.choices);
  if (LISTED.has(option.type)) return named(entities(option));
  if (option.type === 4 || option.type === 10) {
    const n = Number(text);
    const whole = option.type === 10 || Number.isInteger(n);
    return Number.isFinite(n) && whole && n >= (option.min_value ?? -Infinity) && n <= (option.max_value ?? Infinity) ? n : undefined;
  }
  if (option.type === 3) return text.length >= (option.min_length ?? 0) ? text : undefined;
  return undefined;
}
