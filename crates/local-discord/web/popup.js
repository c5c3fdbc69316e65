// A menu that opens beside what it is about: right click, the menu key, or a button.

import { h } from './dom.js';

/**
 * Shows `items` at a point. An item is `{label, draw?, run, danger?}`, `{heading}` or `'line'`; what is falsy is left out.
 * The menu closes by itself and gives the focus back to `owner`.
 */
export function popup(items, { x, y }, owner, label) {
  const rows = tidy(items).map((item) => {
    if (item === 'line') return h('li', { class: 'popup-line', role: 'separator' });
    if (item.heading) return h('li', { class: 'popup-heading', role: 'presentation' }, item.heading);
    return h('li', { role: 'none' }, h('button', {
      type: 'button', role: 'menuitem', tabindex: -1, data: { label: item.label.toLowerCase() }, class: item.danger ? 'popup-item danger' : 'popup-item',
      onClick: () => { close(); item.run(); }, onPointermove: (e) => e.currentTarget.focus({ preventScroll: true }),
    }, item.draw?.() ?? null, h('span', null, item.label)));
  });
  const node = h('ul', { class: 'popup', role: 'menu', popover: 'auto', 'aria-label': label, tabindex: -1 }, rows);
  const buttons = [...node.querySelectorAll('button')];
  const close = () => node.hidePopover();
  node.addEventListener('toggle', (event) => {
    if (event.newState !== 'closed') return;
    if (!document.activeElement || document.activeElement === document.body || node.contains(document.activeElement)) owner?.focus?.({ preventScroll: true });
    node.remove();
  });
  node.addEventListener('keydown', (event) => {
    const at = buttons.indexOf(document.activeElement);
    const go = (n) => buttons[(n + buttons.length) % buttons.length]?.focus();
    if (event.key === 'ArrowDown') go(at + 1);
    else if (event.key === 'ArrowUp') go(at < 0 ? -1 : at - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(-1);
    else if (event.key === 'Tab') close();
    else if (event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey) {
      const wanted = event.key.toLowerCase();
      [...buttons.slice(at + 1), ...buttons.slice(0, at + 1)].find((b) => b.dataset.label.startsWith(wanted))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  node.addEventListener('contextmenu', (event) => event.preventDefault());
  document.body.append(node);
  node.showPopover();
  const { offsetWidth: w, offsetHeight: hgt } = node;
  node.style.left = `${Math.max(8, Math.min(x, innerWidth - w - 8))}px`;
  node.style.top = `${Math.max(8, y + hgt + 8 < innerHeight ? y : Math.min(y, innerHeight) - hgt)}px`;
  buttons[0]?.focus({ preventScroll: true });
}

/** Without empty groups: no line at an end, none after another. */
function tidy(items) {
  const out = [];
  for (const item of items.filter(Boolean)) if (item !== 'line' || (out.length && out.at(-1) !== 'line')) out.push(item);
  while (out.at(-1) === 'line') out.pop();
  return out;
}
