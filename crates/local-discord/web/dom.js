// Building DOM nodes. Text only ever enters the page as text nodes or attributes: there is no innerHTML anywhere.

/** Makes an element. Props: `class`, `on*` listeners, `data` and `style` objects, everything else is an attribute. */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === 'class') node.className = value;
    else if (key === 'data') Object.assign(node.dataset, value);
    else if (key === 'style') for (const [name, v] of Object.entries(value)) node.style.setProperty(name, v);
    else if (key.startsWith('on')) node.addEventListener(key.slice(2).toLowerCase(), value);
    else if (key === 'value') node.value = value;
    else node.setAttribute(key, value === true ? '' : String(value));
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

const PATHS = {
  hash: 'M9 4 7 20M17 4l-2 16M4 9h17M3 15h17',
  voice: 'M4 9v6h4l5 4V5L8 9H4zM16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12',
  thread: 'M6 4v9a4 4 0 0 0 4 4h9M15 13l4 4-4 4',
  forum: 'M4 5h16v11H9l-5 4V5zM8 9h8M8 12h5',
  at: 'M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0zm0 0v1.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-4 7.5',
  reply: 'M9 6 4 11l5 5M4 11h9a7 7 0 0 1 7 7v1',
  edit: 'M4 20h4L19 9l-4-4L4 16v4zM13 7l4 4',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
  smile: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14a4 4 0 0 0 7 0M9 9.5v.5M15 9.5v.5',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  menu: 'M4 7h16M4 12h16M4 17h16',
  people: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14a6.5 6.5 0 0 1 3.5 6',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5 19 19M5 19l1.5-1.5M17.5 6.5 19 5',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  send: 'M4 12 20 4l-5 16-3-7-8-1z',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  down: 'M6 10l6 6 6-6',
  slash: 'M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM14 8l-4 8',
  file: 'M6 3h8l5 5v13H6zM14 3v5h5',
  link: 'M14 5h5v5M19 5l-8 8M12 5H5v14h14v-7',
  more: 'M5 12a.8.8 0 1 0 1.6 0A.8.8 0 1 0 5 12zM11.2 12a.8.8 0 1 0 1.6 0 .8.8 0 1 0-1.6 0zM17.4 12a.8.8 0 1 0 1.6 0 .8.8 0 1 0-1.6 0z',
  spark: 'M12 3l2 6.5 6.5 2.5-6.5 2.5L12 21l-2-6.5L3.5 12 10 9.5 12 3z',
};

/** A line icon; decorative, so hidden from assistive technology. */
export function icon(name, size = 18) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [k, v] of Object.entries({
    viewBox: '0 0 24 24', width: size, height: size, fill: 'none', stroke: 'currentColor',
    'stroke-width': 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true',
  })) svg.setAttribute(k, v);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', PATHS[name] ?? PATHS.hash);
  svg.append(path);
  return svg;
}

/** A button with an icon and a name that is read aloud and shown as a tooltip. */
export function iconButton(name, label, onClick, props = {}) {
  return h('button', { type: 'button', class: 'icon-button', title: label, 'aria-label': label, onClick, ...props }, icon(name));
}

/** An address that may be followed: http and https only, otherwise null. */
export function safeUrl(text) {
  try {
    const url = new URL(text, location.href);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}

const HUES = [168, 28, 262, 340, 200, 95, 50, 225];

/** A stable hue for a name, for faces without a picture. */
export function hueOf(text) {
  let sum = 7;
  for (const c of String(text)) sum = (sum * 31 + c.codePointAt(0)) >>> 0;
  return HUES[sum % HUES.length];
}

/** A face: the picture if there is one, else the initial on a colour (its own, or one that follows from the name). */
export function face(name, url, size = 40, color = null) {
  const initial = [...String(name || '?').trim()][0]?.toUpperCase() ?? '?';
  const node = h('span', {
    class: 'face', 'aria-hidden': 'true', style: { '--size': `${size}px`, '--hue': hueOf(name), ...(color ? { '--own': color } : {}) },
    ...(color ? { data: { own: '1' } } : {}),
  }, h('span', { class: 'initial' }, initial));
  const src = url && (url.startsWith('data:image/') ? url : safeUrl(url));
  if (src) {
    const image = h('img', { alt: '', src, loading: 'lazy', decoding: 'async' });
    image.addEventListener('error', () => image.remove());
    node.append(image);
  }
  return node;
}

/**
 * Makes `old` look like `fresh` while touching as little as possible: equal nodes stay and text grows in place,
 * so that text which streams in does not flicker and keeps its selection.
 */
export function morph(old, fresh) {
  const a = [...old.childNodes];
  const b = [...fresh.childNodes];
  while (a.length && b.length && a[0].isEqualNode(b[0])) {
    a.shift();
    b.shift();
  }
  let next = null;
  while (a.length && b.length && a.at(-1).isEqualNode(b.at(-1))) {
    next = a.pop();
    b.pop();
  }
  while (a.length && b.length && grow(a[0], b[0])) {
    a.shift();
    b.shift();
  }
  for (const node of a) node.remove();
  for (const node of b) old.insertBefore(node, next);
}

/** Turns `x` into `y` in place if they are of one kind. */
function grow(x, y) {
  if (x.nodeType === Node.TEXT_NODE && y.nodeType === Node.TEXT_NODE) {
    if (y.data.startsWith(x.data)) x.appendData(y.data.slice(x.data.length));
    else x.data = y.data;
    return true;
  }
  if (x.nodeName !== y.nodeName || !x.cloneNode(false).isEqualNode(y.cloneNode(false))) return false;
  morph(x, y);
  return true;
}
