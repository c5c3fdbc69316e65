// Discord's markdown as a tree, and the tree as DOM. Parsing knows nothing of the page, so that it can be tested.

import { h, safeUrl } from './dom.js';

const MAX_DEPTH = 12;
const text = (value) => ({ type: 'text', text: value });

/** The whole message: a list of blocks. */
export function parse(source) {
  const blocks = [];
  const fence = /```(?:([\w+#.-]*)\n)?([\s\S]*?)```/g;
  let last = 0;
  for (let m = fence.exec(source); m; m = fence.exec(source)) {
    if (!m[2].trim()) continue;
    lines(source.slice(last, m.index).replace(/\n$/, ''), blocks, 0);
    blocks.push({ type: 'codeblock', lang: m[1] || '', text: m[2].replace(/^\n+|\n+$/g, '') });
    last = fence.lastIndex;
    if (source[last] === '\n') last += 1;
  }
  lines(source.slice(last), blocks, 0);
  return blocks;
}

function lines(source, out, depth) {
  if (!source) return;
  const rows = source.split('\n');
  let paragraph = [];
  const flush = () => {
    if (paragraph.length) out.push({ type: 'p', children: inline(paragraph.join('\n')) });
    paragraph = [];
  };
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i];
    const heading = /^(#{1,3}) +(\S.*)$/.exec(row);
    const small = /^-# +(\S.*)$/.exec(row);
    const quote = /^(>>>|>) (.*)$/.exec(row);
    if (heading) {
      flush();
      out.push({ type: 'heading', level: heading[1].length, children: inline(heading[2]) });
    } else if (small) {
      flush();
      out.push({ type: 'small', children: inline(small[1]) });
    } else if (quote && depth < 2) {
      flush();
      const inner = [quote[2]];
      if (quote[1] === '>>>') while (i + 1 < rows.length) inner.push(rows[(i += 1)]);
      else while (i + 1 < rows.length && /^> /.test(rows[i + 1])) inner.push(rows[(i += 1)].slice(2));
      const children = [];
      lines(inner.join('\n'), children, depth + 1);
      out.push({ type: 'quote', children });
    } else if (BULLET.test(row)) {
      flush();
      const items = [];
      for (; i < rows.length; i += 1) {
        const item = BULLET.exec(rows[i]);
        if (!item) break;
        items.push({ indent: item[1].length, ordered: /\d/.test(item[2]), start: parseInt(item[2], 10) || 1, text: item[3] });
      }
      i -= 1;
      out.push(...lists(items));
    } else {
      paragraph.push(row);
    }
  }
  flush();
}

const BULLET = /^( *)([-*]|\d{1,9}\.) +(\S.*)$/;

function lists(items) {
  const out = [];
  let i = 0;
  while (i < items.length) {
    const { indent, ordered, start } = items[i];
    const list = { type: 'list', ordered, start, items: [] };
    while (i < items.length && items[i].indent >= indent && (items[i].indent > indent || items[i].ordered === ordered)) {
      if (items[i].indent > indent) {
        const nested = [];
        while (i < items.length && items[i].indent > indent) nested.push(items[i++]);
        list.items.at(-1).push(...lists(nested));
      } else {
        list.items.push(inline(items[i++].text));
      }
    }
    out.push(list);
  }
  return out;
}

const wrap = (type) => (m, depth) => ({ type, children: inline(m[1], depth + 1) });
const link = (url, children) => ({ type: 'link', url, children });

// Sticky expressions, tried in this order at each place that may begin something.
const RULES = [
  [/\\([^A-Za-z0-9\s])/y, (m) => text(m[1])],
  [/(?<!`)(`{1,2})(?!`)([\s\S]*?[^`])\1(?!`)/y, (m) => ({ type: 'code', text: m[1].length > 1 ? m[2].replace(/^ | $/g, '') : m[2] })],
  [/\*\*\*(?=\S)((?:\\[\s\S]|[^\\*])+?)\*\*\*/y, (m, d) => ({ type: 'bold', children: [{ type: 'italic', children: inline(m[1], d + 1) }] })],
  [/\*\*(?=\S)((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/y, wrap('bold')],
  [/__(?=\S)((?:\\[\s\S]|[^\\])+?)__(?!_)/y, wrap('underline')],
  [/\*(?=[^\s*])((?:\*\*[\s\S]+?\*\*|\\[\s\S]|[^*\\])+?)\*(?!\*)/y, wrap('italic')],
  [/_(?=[^\s_])((?:__[\s\S]+?__|\\[\s\S]|[^_\\])+?)_(?![\w_])/y, wrap('italic'), 'word'],
  [/~~(?=\S)((?:\\[\s\S]|[^\\])+?)~~/y, wrap('strike')],
  [/\|\|((?:\\[\s\S]|[^\\])+?)\|\|/y, wrap('spoiler')],
  [/\[((?:\\[\s\S]|[^[\]\\])+?)\]\(<?(https?:\/\/[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)>?\)/y, (m, d) => link(m[2], inline(m[1], d + 1))],
  [/<(https?:\/\/[^\s<>]+)>/y, (m) => link(m[1], [text(m[1])])],
  [/<@!?(\d{1,20})>/y, (m) => ({ type: 'user', id: m[1] })],
  [/<@&(\d{1,20})>/y, (m) => ({ type: 'role', id: m[1] })],
  [/<#(\d{1,20})>/y, (m) => ({ type: 'channel', id: m[1] })],
  [/<a?:(\w{2,32}):(\d{1,20})>/y, (m) => ({ type: 'emoji', name: m[1] })],
  [/<t:(-?\d{1,13})(?::([tTdDfFR]))?>/y, (m) => ({ type: 'time', unix: Number(m[1]), style: m[2] || 'f' })],
  [/<\/([\w -]{1,99}):(\d{1,20})>/y, (m) => ({ type: 'command', name: m[1] })],
  [/@(everyone|here)\b/y, (m) => ({ type: 'everyone', name: m[1] })],
  [/https?:\/\/[^\s<>]+/y, bare, 'word'],
];

/** A bare address ends before closing punctuation, and before a bracket that it did not open. */
function bare(m) {
  let url = m[0].replace(/[.,:;!?"'*_~|]+$/, '');
  while (url.endsWith(')') && url.split(')').length > url.split('(').length) url = url.slice(0, -1);
  return { ...link(url, [text(url)]), length: url.length };
}

/** Text within a line: a list of nodes. */
export function inline(source, depth = 0) {
  const out = [];
  let plain = '';
  const flush = () => {
    if (plain) out.push(text(plain));
    plain = '';
  };
  for (let i = 0; i < source.length; ) {
    const found = depth < MAX_DEPTH && /[\\`*_~|[<@h]/.test(source[i]) ? match(source, i, depth) : null;
    if (!found) {
      plain += source[i];
      i += 1;
    } else {
      if (found.node.type === 'text') plain += found.node.text;
      else {
        flush();
        out.push(found.node);
      }
      i += found.length;
    }
  }
  flush();
  return out;
}

function match(source, at, depth) {
  for (const [rule, make, where] of RULES) {
    if (where === 'word' && at > 0 && /\w/.test(source[at - 1])) continue;
    rule.lastIndex = at;
    const m = rule.exec(source);
    if (m) {
      const { length = m[0].length, ...node } = make(m, depth);
      return { node, length };
    }
  }
  return null;
}

/** The text without its marks, for quoted lines and notices. */
export function plainText(source) {
  const flat = (node) => node.text ?? node.name ?? (node.items ?? [node.children ?? []]).flat().map(flat).join('');
  return parse(source).map(flat).join(' ').replace(/\s+/g, ' ').trim();
}

const TAGS = { bold: 'strong', underline: 'u', italic: 'em', strike: 's' };

/** The message as DOM. `names` resolves ids: `user(id)`, `role(id)`, `channel(id)` give `{name, ...}` or null. */
export function render(source, names) {
  const out = document.createDocumentFragment();
  out.append(...parse(source).map((block) => blockNode(block, names)));
  return out;
}

function blockNode(block, names) {
  switch (block.type) {
    case 'heading': return h(`h${block.level + 2}`, { class: `md-h${block.level}` }, kids(block.children, names));
    case 'small': return h('p', { class: 'md-small' }, kids(block.children, names));
    case 'quote': return h('blockquote', null, block.children.map((b) => blockNode(b, names)));
    case 'codeblock': return h('pre', { class: 'code', tabindex: 0 },
      block.lang && h('span', { class: 'lang', 'aria-hidden': 'true' }, block.lang), h('code', null, block.text));
    case 'list': return h(block.ordered ? 'ol' : 'ul', block.ordered && block.start !== 1 ? { start: block.start } : null,
      block.items.map((item) => h('li', null, kids(item, names))));
    default: return h('p', null, kids(block.children, names));
  }
}

function kids(nodes, names) {
  return nodes.map((node) => inlineNode(node, names));
}

function inlineNode(node, names) {
  if (TAGS[node.type]) return h(TAGS[node.type], null, kids(node.children, names));
  switch (node.type) {
    case 'text': return document.createTextNode(node.text);
    case 'list': return blockNode(node, names);
    case 'code': return h('code', { class: 'inline' }, node.text);
    case 'spoiler': return h('span', { class: 'spoiler', role: 'button', tabindex: 0, 'aria-label': 'Spoiler, press to reveal' },
      h('span', null, kids(node.children, names)));
    case 'link': {
      const href = safeUrl(node.url);
      return href ? h('a', { href, target: '_blank', rel: 'noopener noreferrer', title: href }, kids(node.children, names))
        : h('span', null, kids(node.children, names));
    }
    case 'user': {
      const user = names.user(node.id);
      return h('span', { class: user?.me ? 'mention me' : 'mention', data: { user: node.id } }, `@${user?.name ?? 'unknown'}`);
    }
    case 'role': return h('span', { class: 'mention' }, `@${names.role(node.id)?.name ?? 'role'}`);
    case 'channel': return h('span', { class: 'mention link', data: { channel: node.id }, role: 'link', tabindex: 0 },
      `#${names.channel(node.id)?.name ?? 'unknown'}`);
    case 'everyone': return h('span', { class: 'mention me' }, `@${node.name}`);
    case 'command': return h('span', { class: 'mention' }, `/${node.name}`);
    case 'emoji': return h('span', { class: 'emoji' }, `:${node.name}:`);
    case 'time': return timeNode(node);
    default: return document.createTextNode('');
  }
}

const FORMATS = {
  t: { timeStyle: 'short' }, T: { timeStyle: 'medium' }, d: { dateStyle: 'short' }, D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' }, F: { dateStyle: 'full', timeStyle: 'short' },
};
const UNITS = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]];

function timeNode({ unix, style }) {
  const at = new Date(unix * 1000);
  if (Number.isNaN(at.getTime())) return document.createTextNode(`<t:${unix}>`);
  const full = new Intl.DateTimeFormat(undefined, FORMATS.F).format(at);
  const shown = style === 'R' ? relative(unix) : new Intl.DateTimeFormat(undefined, FORMATS[style]).format(at);
  return h('time', { class: 'stamp', datetime: at.toISOString(), title: full }, shown);
}

function relative(unix) {
  const seconds = Math.round(unix - Date.now() / 1000);
  const [unit, size] = UNITS.find(([, s]) => Math.abs(seconds) >= s) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}
