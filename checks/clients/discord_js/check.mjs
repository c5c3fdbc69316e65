// discord.js against the local Discord: `node check.mjs WHERE MODULES`, where WHERE is the line of JSON that the
// example `serve` prints and MODULES the folder with discord.js. A line per step; ends with 1 at the first failure.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const where = JSON.parse(process.argv[2]);
const { ButtonStyle, Client, ComponentType, Events, GatewayIntentBits, MessageFlags, Partials, TextInputStyle, version } =
  createRequire(join(process.argv[3], 'package.json'))('discord.js');

const WAIT_MS = 20_000;
const bits = GatewayIntentBits;
const client = new Client({
  rest: { api: where.api_base.replace(/\/v10$/, ''), timeout: WAIT_MS },
  intents: [bits.DirectMessages, bits.Guilds, bits.GuildMembers, bits.GuildMessages, bits.MessageContent, bits.GuildMessageReactions, bits.GuildPresences],
  partials: [Partials.Channel, Partials.Message, Partials.Reaction],
});
/** Every message that arrived, to see each exactly once. */
const heard = [];
client.on(Events.MessageCreate, (message) => heard.push(message));
client.on(Events.Error, (error) => fail('the client reported an error', error));
client.on(Events.Invalidated, () => fail('the session was invalidated', new Error('it should have been resumed')));

function fail(what, error) {
  console.error(`not ok ${what}: ${error?.stack ?? error}`);
  process.exit(1);
}

function ok(step) {
  console.log(`ok discord.js ${step}`);
}

/** Gives up on what takes too long, and says what that was. */
function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${WAIT_MS / 1000} s for ${what}`)), WAIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The first event of that name that fits. */
function event(name, fits = () => true) {
  const found = new Promise((resolve) => {
    const look = (...args) => {
      if (!fits(...args)) return;
      client.off(name, look);
      resolve(args.length > 1 ? args : args[0]);
    };
    client.on(name, look);
  });
  return within(`the event ${name}`, found);
}

/** What members do goes through the control API. */
async function control(path, body) {
  const init = body && { method: 'POST', body: JSON.stringify({ as: 'alice', ...body }), headers: { 'content-type': 'application/json' } };
  const answer = await fetch(`${where.control}/${path}`, { ...init, signal: AbortSignal.timeout(WAIT_MS) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** A message as alice sees it; `fits` waits until it looks so. */
async function seen(id, fits = () => true) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const page = await control(`channels/${where.channel_id}/messages?as=alice&limit=50`);
    const found = page.find((m) => m.id === id);
    if (found && fits(found)) return found;
    if (Date.now() > end) throw new Error(`alice does not see message ${id} as it should be: ${JSON.stringify(found)}`);
    await new Promise((r) => setTimeout(r, 25));
  }
}

async function logIn() {
  const ready = event(Events.ClientReady);
  await within('the login', client.login(where.token));
  await ready;
  assert.equal(client.user.id, where.application_id);
  ok(`${version}: logged in as ${client.user.tag}`);
  const guild = client.guilds.cache.get(where.guild_id);
  assert.ok(guild?.available, 'GUILD_CREATE did not arrive');
  assert.equal(guild.name, 'Harbour');
  const channel = guild.channels.cache.get(where.channel_id);
  assert.equal(channel.name, 'general');
  assert.ok(guild.channels.cache.some((c) => c.isVoiceBased() && c.name === 'Lounge'));
  const members = await within('the members', guild.members.fetch());
  const alice = members.get(where.member_id);
  assert.equal(alice?.displayName, 'alice');
  assert.ok(guild.members.me.permissions.has('ManageWebhooks'));
  ok(`guild, ${guild.channels.cache.size} channels and ${members.size} members received`);
  return { guild, channel, alice };
}

async function commands(guild) {
  const fish = { type: 3, name: 'fish', description: 'Which fish', required: true, autocomplete: true };
  const made = await guild.commands.set([
    { name: 'later', description: 'Answers later', options: [{ type: 3, name: 'text', description: 'What', required: true }] },
    { name: 'Weigh this', type: 3 },
    { name: 'chart', description: 'Sea charts', options: [{ type: 1, name: 'add', description: 'Adds one', options: [
      { type: 11, name: 'file', description: 'The chart', required: true },
      { type: 7, name: 'where', description: 'Where it hangs', channel_types: [0] }] }] },
    { name: 'catch', description: 'Catches a fish', options: [fish, { type: 4, name: 'count', description: 'How many', min_value: 1 }] },
  ]);
  assert.equal(made.size, 4);
  await guild.commands.create({ name: 'direct', description: 'Answers at once' });
  const all = await guild.commands.fetch();
  assert.deepEqual([...all.values()].map((c) => c.name).sort(), ['Weigh this', 'catch', 'chart', 'direct', 'later']);
  ok('guild commands registered, one added, listed');
}

async function deferred() {
  const asked = event(Events.InteractionCreate, (i) => i.isChatInputCommand() && i.commandName === 'later');
  const ran = control('command', { channel: where.channel_id, command: '/later', options: { text: 'high tide' } });
  const interaction = await asked;
  assert.equal(interaction.user.id, where.member_id);
  assert.equal(interaction.options.getString('text'), 'high tide');
  assert.ok(interaction.appPermissions.has('SendMessages'));
  await within('the deferral', interaction.deferReply());
  assert.equal((await ran).type, 5);
  const edited = await within('the edit', interaction.editReply('The high tide is at noon.'));
  const shown = await seen(edited.id, (m) => m.content === 'The high tide is at noon.');
  assert.equal(shown.interaction_metadata.user.id, where.member_id);
  assert.equal((await interaction.fetchReply()).id, edited.id);
  const more = await within('the follow-up', interaction.followUp({ content: 'Only for you.', flags: MessageFlags.Ephemeral }));
  assert.ok(more.flags.has(MessageFlags.Ephemeral));
  await interaction.deleteReply(more.id);
  ok('slash command deferred, edited, followed up');
}

async function fileAndMenu() {
  const asked = event(Events.InteractionCreate, (i) => i.isChatInputCommand() && i.commandName === 'chart');
  const data = Buffer.from('here be dragons').toString('base64');
  const options = [{ name: 'add', options: [{ name: 'file', value: { filename: 'bay.txt', data } }, { name: 'where', value: where.channel_id }] }];
  const ran = control('command', { channel: where.channel_id, command: '/chart', options });
  const interaction = await asked;
  assert.equal(interaction.options.getSubcommand(), 'add');
  assert.equal(interaction.options.getChannel('where').name, 'general');
  const file = interaction.options.getAttachment('file');
  assert.equal(file.name, 'bay.txt');
  assert.equal(await (await fetch(file.url)).text(), 'here be dragons');
  await interaction.reply({ content: 'Hung up.', flags: MessageFlags.Ephemeral });
  assert.equal((await ran).type, 4);

  const said = await control('say', { channel: where.channel_id, content: 'a heavy anchor' });
  const chosen = event(Events.InteractionCreate, (i) => i.isMessageContextMenuCommand());
  const weighed = control('command', { channel: where.channel_id, command: 'Weigh this', target: said.id });
  const menu = await chosen;
  assert.equal(menu.targetMessage.content, 'a heavy anchor');
  await menu.reply({ content: 'Two tons.', flags: MessageFlags.Ephemeral });
  assert.equal((await weighed).message.interaction_metadata.target_message_id, said.id);
  ok('subcommand with a file and a channel; command of a message\'s menu');
}

async function activity(alice) {
  const changed = event(Events.PresenceUpdate, (_, now) => now.userId === alice.id && now.activities.length === 2);
  await control('presence', { activities: [{ game: 'Chess' }, { song: 'Low Tide', artist: 'The Mudlarks' }] });
  const [, now] = await changed;
  assert.deepEqual(now.activities.map((a) => [a.type, a.details ?? a.name]), [[0, 'Chess'], [2, 'Low Tide']]);
  const left = event(Events.GuildMemberRemove, (member) => member.id === alice.id);
  await control('guild', { leave: true });
  await left;
  const back = event(Events.GuildMemberAdd, (member) => member.id === alice.id);
  await control('guild', {});
  await back;
  ok('a game and a song seen; a member left and came back');
}

async function direct() {
  const asked = event(Events.InteractionCreate, (i) => i.isChatInputCommand() && i.commandName === 'direct');
  const ran = control('command', { channel: where.channel_id, command: '/direct' });
  const interaction = await asked;
  const buttons = { type: ComponentType.ActionRow, components: [
    { type: ComponentType.Button, style: ButtonStyle.Primary, label: 'Ring the bell', customId: 'bell' },
    { type: ComponentType.Button, style: ButtonStyle.Secondary, label: 'Write', customId: 'write' },
  ] };
  const sent = await interaction.reply({ content: 'At once.', components: [buttons], withResponse: true });
  const message = sent.resource.message;
  assert.equal(message.content, 'At once.');
  const answer = await ran;
  assert.equal(answer.type, 4);
  assert.equal(answer.message.id, message.id);
  ok('slash command answered directly, with buttons');
  return message;
}

async function autocomplete() {
  const asked = event(Events.InteractionCreate, (i) => i.isAutocomplete());
  const ran = control('autocomplete', { channel: where.channel_id, command: '/catch', options: { fish: 'he' }, focused: 'fish' });
  const interaction = await asked;
  assert.deepEqual(interaction.options.getFocused(true).value, 'he');
  await interaction.respond([{ name: 'Herring', value: 'herring' }, { name: 'Hake', value: 'hake' }]);
  assert.deepEqual((await ran).choices.map((c) => c.value), ['herring', 'hake']);
  ok('autocomplete answered');
}

async function press(message) {
  const pressed = event(Events.InteractionCreate, (i) => i.isButton() && i.customId === 'write');
  const opening = control('press', { channel: where.channel_id, message: message.id, custom_id: 'write' });
  const field = { type: ComponentType.TextInput, customId: 'note', label: 'Note', style: TextInputStyle.Short };
  const row = { type: ComponentType.ActionRow, components: [field] };
  await (await pressed).showModal({ title: 'A note', customId: 'note-form', components: [row] });
  const opened = await opening;
  assert.equal(opened.type, 9);
  const submitted = event(Events.InteractionCreate, (i) => i.isModalSubmit());
  const submitting = control('modal', { interaction: opened.interaction, fields: { note: 'mind the step' } });
  const form = await submitted;
  assert.equal(form.fields.getTextInputValue('note'), 'mind the step');
  await form.reply({ content: 'Noted.', flags: MessageFlags.Ephemeral });
  assert.equal((await submitting).type, 4);
  ok('modal shown and submitted');

  const rung = event(Events.InteractionCreate, (i) => i.isButton() && i.customId === 'bell');
  const ringing = control('press', { channel: where.channel_id, message: message.id, custom_id: 'bell' });
  const interaction = await rung;
  assert.equal(interaction.message.id, message.id);
  await interaction.update({ content: 'Ding.', components: [] });
  assert.equal((await ringing).type, 7);
  await seen(message.id, (m) => m.content === 'Ding.' && m.components.length === 0);
  ok('button pressed, message updated');
}

async function messages(channel) {
  const said = event(Events.MessageCreate, (m) => m.content === 'Is anybody here?');
  await control('say', { channel: where.channel_id, content: 'Is anybody here?' });
  const question = await said;
  assert.equal(question.author.username, 'alice');
  assert.equal(question.member.id, where.member_id);
  ok("a member's message received with content");
  const reply = await question.reply({ content: 'I am.', allowedMentions: { parse: [], repliedUser: false } });
  assert.equal((await reply.fetchReference()).id, question.id);
  await channel.sendTyping();
  const embed = { title: 'Log', description: 'All quiet.', color: 0x3cc4ae, fields: [{ name: 'Wind', value: 'west', inline: true }] };
  const sent = await channel.send({ content: 'First.', embeds: [embed], nonce: '4711', enforceNonce: true });
  const noticed = event(Events.MessageUpdate, (_, now) => now.id === sent.id && now.content === 'Second.');
  const edited = await sent.edit('Second.');
  assert.ok(edited.editedTimestamp);
  await noticed;
  ok('sent, edited, replied');
  await question.react('⚓');
  const reacted = event(Events.MessageReactionAdd, (r, user) => r.message.id === sent.id && user.id === where.member_id);
  await control('react', { channel: where.channel_id, message: sent.id, emoji: '🐟' });
  const [reaction] = await reacted;
  assert.equal(reaction.emoji.name, '🐟');
  assert.deepEqual((await question.fetch(true)).reactions.cache.map((r) => [r.emoji.name, r.count, r.me]), [['⚓', 1, true]]);
  ok('reacted, reaction of a member seen');
  const filed = await channel.send({ files: [{ attachment: Buffer.from('knots'), name: 'knots.txt', description: 'Knots' }] });
  const file = filed.attachments.first();
  assert.equal(await (await fetch(file.url, { signal: AbortSignal.timeout(WAIT_MS) })).text(), 'knots');
  await sent.pin();
  assert.ok((await channel.messages.fetchPins()).items.some((p) => p.message.id === sent.id));
  const gone = event(Events.MessageDelete, (m) => m.id === filed.id);
  await filed.delete();
  await gone;
  ok('file uploaded and read, message pinned, message deleted');
  const page = await channel.messages.fetch({ limit: 3, cache: false });
  assert.equal(page.size, 3);
  const before = await channel.messages.fetch({ limit: 2, before: sent.id, cache: false });
  assert.ok([...before.keys()].every((id) => BigInt(id) < BigInt(sent.id)));
  const around = await channel.messages.fetch({ limit: 3, around: question.id, cache: false });
  assert.ok(around.has(question.id));
  ok('history fetched: newest, before, around');
}

async function webhook(channel) {
  const hook = await channel.createWebhook({ name: 'Lighthouse' });
  assert.equal(hook.applicationId, where.application_id);
  const avatarURL = 'https://example.com/keeper.png';
  const said = event(Events.MessageCreate, (m) => m.webhookId === hook.id);
  const sent = await hook.send({ content: 'Ships ahoy.', username: 'Keeper', avatarURL, allowedMentions: { parse: [] } });
  const arrived = await said;
  assert.equal(arrived.id, sent.id);
  assert.equal(arrived.author.username, 'Keeper');
  const shown = await seen(sent.id);
  assert.ok(shown.author.avatar || shown.author.avatar_url, 'the avatar got lost');
  await hook.editMessage(sent.id, { content: 'Two ships ahoy.' });
  await seen(sent.id, (m) => m.content === 'Two ships ahoy.');
  assert.equal((await hook.fetchMessage(sent.id)).content, 'Two ships ahoy.');
  const gone = event(Events.MessageDelete, (m) => m.id === sent.id);
  await hook.deleteMessage(sent.id);
  await gone;
  assert.ok((await channel.fetchWebhooks()).has(hook.id));
  await hook.delete();
  assert.equal((await channel.fetchWebhooks()).size, 0);
  ok('webhook made, executed with name and avatar, its message edited and deleted');
}

async function thread(channel) {
  const made = event(Events.ThreadCreate);
  const start = await channel.send('A thread begins here.');
  const opened = await start.startThread({ name: 'knots and ropes', autoArchiveDuration: 60 });
  const [created] = await made;
  assert.equal(created.id, opened.id);
  const inside = await opened.send('Bowline.');
  assert.equal(inside.channelId, opened.id);
  await opened.delete();
  ok('thread opened, written in, deleted');
}

async function layout(channel) {
  const text = { type: ComponentType.TextDisplay, content: '### Berths\nTwo are free.' };
  const choice = { type: ComponentType.StringSelect, customId: 'berth', options: [{ label: 'One', value: '1' }, { label: 'Two', value: '2' }] };
  const box = { type: ComponentType.Container, accentColor: 0x3cc4ae, components: [text, { type: ComponentType.ActionRow, components: [choice] }] };
  const sent = await channel.send({ flags: MessageFlags.IsComponentsV2, components: [box] });
  assert.equal(sent.components[0].components[0].content, text.content);
  const chosen = event(Events.InteractionCreate, (i) => i.isStringSelectMenu());
  const choosing = control('select', { channel: where.channel_id, message: sent.id, custom_id: 'berth', values: ['2'] });
  const interaction = await chosen;
  assert.deepEqual(interaction.values, ['2']);
  await interaction.deferUpdate();
  assert.equal((await choosing).type, 6);
  await interaction.followUp({ content: 'Berth two.', flags: MessageFlags.Ephemeral });
  ok('components v2 with a select: chosen, answered');
}

async function privately(alice) {
  const direct = await alice.createDM();
  const said = event(Events.MessageCreate, (m) => m.channelId === direct.id && m.author.id === where.member_id);
  await direct.send('A word in private?');
  await control('say', { channel: direct.id, content: 'Go on.' });
  const answer = await said;
  assert.equal(answer.content, 'Go on.');
  assert.equal(answer.guildId, null);
  ok('direct messages in both directions');
}

async function limited(channel) {
  for (const scope of ['user', 'global', 'shared']) {
    const order = { method: 'POST', path: '/channels/*/messages', count: 1, status: 429, scope, retry_after_ms: 300 };
    await control('faults/fail-requests', order);
    const sent = await within('a message in spite of a 429', channel.send(`Slowly: ${scope}.`));
    assert.equal(sent.content, `Slowly: ${scope}.`);
  }
  await control('faults/fail-requests', { method: 'POST', path: '/channels/*/messages', count: 1, status: 502 });
  await within('a message in spite of a 502', channel.send('Once more.'));
  ok('429s of a user, global and shared, and a 502 survived');
}

async function resume() {
  const resumed = event(Events.ShardResume);
  const afterwards = event(Events.MessageCreate, (m) => m.content === 'after the storm');
  const { sockets } = await control('faults/drop-sockets', { application: where.application_id });
  assert.equal(sockets, 1, 'there was no socket to drop');
  await control('say', { channel: where.channel_id, content: 'in the storm' });
  await resumed;
  await control('say', { channel: where.channel_id, content: 'after the storm' });
  await afterwards;
  const count = heard.filter((m) => m.content === 'in the storm').length;
  assert.equal(count, 1, `the message sent meanwhile arrived ${count} times`);
  ok('socket dropped: resumed, the message sent meanwhile arrived once');

  const asked = event(Events.ShardResume);
  await control('faults/reconnect', { application: where.application_id });
  await asked;
  const anew = event(Events.ShardReady);
  await control('faults/invalidate-session', { application: where.application_id, resumable: false });
  await anew;
  const last = event(Events.MessageCreate, (m) => m.content === 'all well?');
  await control('say', { channel: where.channel_id, content: 'all well?' });
  await last;
  ok('asked to reconnect: resumed; session invalidated: a new one');
}

async function main() {
  const { guild, channel, alice } = await logIn();
  await commands(guild);
  await deferred();
  await fileAndMenu();
  const message = await direct();
  await autocomplete();
  await press(message);
  await messages(channel);
  await webhook(channel);
  await thread(channel);
  await layout(channel);
  await privately(alice);
  await activity(alice);
  await limited(channel);
  await resume();
  const ids = heard.map((m) => m.id);
  assert.equal(new Set(ids).size, ids.length, 'a message arrived twice');
  await within('the logout', client.destroy());
  ok('logged out');
}

main().then(() => process.exit(0), (error) => fail('discord.js', error));
