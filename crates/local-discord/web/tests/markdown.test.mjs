import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inline, parse, plainText } from '../markdown.js';

/** The tree in one line: `bold(text)`. */
function show(nodes) {
  return nodes.map((n) => {
    if (n.type === 'text') return n.text;
    if (n.type === 'list') return `${n.ordered ? 'ol' : 'ul'}[${n.items.map(show).join('|')}]`;
    const inner = n.children ? show(n.children) : n.text ?? n.id ?? n.name ?? n.unix;
    return `${n.type}${n.lang ? `.${n.lang}` : ''}${n.level ?? ''}(${inner})`;
  }).join('');
}
const line = (s) => show(inline(s));
const blocks = (s) => show(parse(s));

test('marks nest and stay literal when they do not close', () => {
  assert.equal(line('a **b *c* d** ~~e~~ __f__ ||g||'), 'a bold(b italic(c) d) strike(e) underline(f) spoiler(g)');
  assert.equal(line('***x***'), 'bold(italic(x))');
  assert.equal(line('2 * 3 * 4 and **open'), '2 * 3 * 4 and **open');
  assert.equal(line('snake_case_name and _it_'), 'snake_case_name and italic(it)');
  assert.equal(line('\\*not\\* \\_this\\_'), '*not* _this_');
});

test('code shields what is inside', () => {
  assert.equal(line('`**x**` ``a ` b``'), 'code(**x**) code(a ` b)');
  assert.equal(blocks('hi\n```rust\nlet x = **1**;\n```\nbye'), 'p(hi)codeblock.rust(let x = **1**;)p(bye)');
  assert.equal(blocks('```one line```'), 'codeblock(one line)');
  assert.equal(blocks('```js\nstill open'), 'p(```js\nstill open)');
});

test('links are http only and bare ones end sensibly', () => {
  assert.equal(line('[a](https://x.test/b_(c))'), 'link(a)');
  assert.equal(line('[a](javascript:alert(1))'), '[a](javascript:alert(1))');
  assert.equal(line('(see https://x.test/y).'), '(see link(https://x.test/y)).');
  assert.equal(line('<https://x.test>'), 'link(https://x.test)');
});

test('mentions, emoji, timestamps', () => {
  assert.equal(line('<@1> <@!2> <@&3> <#4> <:cat:55> <t:60:R> </chat:7> @here'),
    'user(1) user(2) role(3) channel(4) emoji(cat) time(60) command(chat) everyone(here)');
  assert.equal(line('<script>alert(1)</script>'), '<script>alert(1)</script>');
});

test('blocks: headings, quotes, small text and nested lists', () => {
  assert.equal(blocks('# A\n## B\n-# c\n> q\n> r\nend'), 'heading1(A)heading2(B)small(c)quote(p(q\nr))p(end)');
  assert.equal(blocks('>>> all\nof it'), 'quote(p(all\nof it))');
  assert.equal(blocks('- a\n  - b\n- c\n1. d'), 'ul[aul[b]|c]ol[d]');
});

test('hostile input ends quickly', () => {
  for (const piece of ['*', '_', '**', '||', '[', '`', '> ', '<@', '~~', '***a']) parse(piece.repeat(2000 / piece.length));
});

test('plain text drops the marks', () => {
  assert.equal(plainText('**Hi** [you](https://x.test)\n- one'), 'Hi you one');
});
