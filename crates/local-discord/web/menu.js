// A list of suggestions above the composer, steered from the text field that has the focus.

import { h } from './dom.js';

let count = 0;

export class Menu {
  /** `host` is where the list is drawn. */
  constructor(host) {
    this.host = host;
    this.items = [];
    this.active = 0;
    this.id = `menu-${(count += 1)}`;
  }

  get isOpen() {
    return this.items.length > 0;
  }

  /** Shows `items` (`{draw: () => nodes, group?, value}`); `choose(value)` is called with the picked one. */
  show(field, title, items, choose) {
    this.field = field;
    this.choose = choose;
    this.items = items;
    this.active = 0;
    if (!items.length) {
      this.close();
      return;
    }
    let group = null;
    const rows = [];
    items.forEach((item, i) => {
      if (item.group && item.group !== group) rows.push(h('li', { class: 'menu-group', role: 'presentation' }, item.group));
      group = item.group;
      rows.push(h('li', {
        role: 'option', id: `${this.id}-${i}`, class: 'menu-item', onMousedown: (e) => e.preventDefault(),
        onClick: () => this.pick(i), onMousemove: () => this.active !== i && this.mark(i),
      }, item.draw()));
    });
    this.list = h('ul', { role: 'listbox', id: this.id, 'aria-label': title }, rows);
    this.host.replaceChildren(h('div', { class: 'menu' }, h('div', { class: 'menu-title' }, title), this.list));
    field.setAttribute('aria-controls', this.id);
    field.setAttribute('aria-expanded', 'true');
    this.mark(0);
  }

  mark(index) {
    this.active = index;
    for (const row of this.list.querySelectorAll('[role=option]')) {
      const on = row.id === `${this.id}-${index}`;
      row.setAttribute('aria-selected', String(on));
      if (on) row.scrollIntoView({ block: 'nearest' });
    }
    this.field.setAttribute('aria-activedescendant', `${this.id}-${index}`);
  }

  pick(index = this.active) {
    const item = this.items[index];
    const { choose } = this;
    this.close();
    if (item) choose(item.value);
  }

  close() {
    if (!this.items.length && !this.host.hasChildNodes()) return;
    this.items = [];
    this.host.replaceChildren();
    this.field?.removeAttribute('aria-activedescendant');
    this.field?.setAttribute('aria-expanded', 'false');
  }

  /** Handles a key of the field; true if the menu took it. */
  key(event) {
    if (!this.isOpen || event.isComposing) return false;
    const last = this.items.length - 1;
    if (event.key === 'ArrowDown') this.mark(this.active === last ? 0 : this.active + 1);
    else if (event.key === 'ArrowUp') this.mark(this.active === 0 ? last : this.active - 1);
    else if (event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey)) this.pick();
    else if (event.key === 'Escape') this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
