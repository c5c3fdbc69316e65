"""discord.py against the local Discord: `python3 check.py WHERE`, where WHERE is the line of JSON that the example
`serve` prints. A line per step; ends with 1 at the first failure."""

import asyncio
import base64
import io
import json
import logging
import sys
import traceback

import aiohttp
import discord
import yarl
from discord import app_commands

WAIT = 20.0
WHERE = json.loads(sys.argv[1])
CHANNEL = int(WHERE["channel_id"])
GUILD = discord.Object(int(WHERE["guild_id"]))

discord.http.Route.BASE = WHERE["api_base"]
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(WHERE["gateway_url"])


def ok(step):
    print(f"ok discord.py {step}", flush=True)


def check(fact, what):
    """An assertion that `python -O` keeps."""
    if not fact:
        raise AssertionError(what)


def equal(have, want, what):
    check(have == want, f"{what}: {have!r} instead of {want!r}")


async def within(what, work):
    """Gives up on what takes too long, and says what that was."""
    try:
        return await asyncio.wait_for(work, WAIT)
    except asyncio.TimeoutError:
        raise AssertionError(f"waited {WAIT:.0f} s for {what}") from None


class Buttons(discord.ui.View):
    """Two buttons: one updates its message, the other opens a modal."""

    def __init__(self, done):
        super().__init__(timeout=WAIT)
        self.done = done

    @discord.ui.button(label="Ring the bell", custom_id="bell")
    async def bell(self, interaction, _button):
        await interaction.response.edit_message(content="Ding.", view=None)
        self.done["bell"].set_result(interaction)

    @discord.ui.button(label="Write", custom_id="write")
    async def write(self, interaction, _button):
        await interaction.response.send_modal(Note(self.done))


class Note(discord.ui.Modal, title="A note"):
    note = discord.ui.TextInput(label="Note", custom_id="note")

    def __init__(self, done):
        super().__init__(custom_id="note-form")
        self.done = done

    async def on_submit(self, interaction):
        await interaction.response.send_message("Noted.", ephemeral=True)
        self.done["note"].set_result(self.note.value)


class Berths(discord.ui.LayoutView):
    """Components v2: a container with a text and a select."""

    def __init__(self, done):
        super().__init__(timeout=WAIT)
        select = discord.ui.Select(custom_id="berth", options=[discord.SelectOption(label=n, value=n) for n in "12"])

        async def chosen(interaction):
            await interaction.response.defer()
            await interaction.followup.send(f"Berth {select.values[0]}.", ephemeral=True)
            done["berth"].set_result(select.values)

        select.callback = chosen
        text = discord.ui.TextDisplay("### Berths\nTwo are free.")
        self.add_item(discord.ui.Container(text, discord.ui.ActionRow(select), accent_color=0x3CC4AE))


class Bot(discord.Client):
    def __init__(self):
        intents = discord.Intents.default()
        intents.members = intents.message_content = intents.presences = True
        super().__init__(intents=intents, max_messages=1000)
        self.tree = app_commands.CommandTree(self)
        self.heard = []
        loop = asyncio.get_running_loop()
        self.done = {name: loop.create_future() for name in ("later", "direct", "chart", "menu", "fish", "bell", "note", "berth")}
        self.add_commands()

    async def on_message(self, message):
        self.heard.append(message)

    def add_commands(self):
        @self.tree.command(name="later", description="Answers later", guild=GUILD)
        async def later(interaction, text: str):
            await interaction.response.defer()
            edited = await interaction.edit_original_response(content=f"Later: {text}.")
            again = await interaction.original_response()
            more = await interaction.followup.send("Only for you.", ephemeral=True, wait=True)
            await more.edit(content="Only for you!")
            self.done["later"].set_result((interaction, edited, again, more))

        @self.tree.command(name="direct", description="Answers at once", guild=GUILD)
        async def direct(interaction):
            answer = await interaction.response.send_message("At once.", view=Buttons(self.done))
            self.done["direct"].set_result(answer.message_id)

        @self.tree.command(name="catch", description="Catches a fish", guild=GUILD)
        async def catch(interaction, fish: str, count: app_commands.Range[int, 1] = 1):
            await interaction.response.send_message(f"{count} {fish}")

        charts = app_commands.Group(name="chart", description="Sea charts", guild_ids=[GUILD.id])

        @charts.command(name="add", description="Adds one")
        async def add(interaction, file: discord.Attachment, where: discord.TextChannel):
            await interaction.response.send_message("Hung up.", ephemeral=True)
            self.done["chart"].set_result((file.filename, await file.read(), where.name))

        self.tree.add_command(charts, guild=GUILD)

        @self.tree.context_menu(name="Weigh this", guild=GUILD)
        async def weigh(interaction, message: discord.Message):
            await interaction.response.send_message("Two tons.", ephemeral=True)
            self.done["menu"].set_result(message.content)

        @catch.autocomplete("fish")
        async def fishes(_interaction, current):
            self.done["fish"].set_result(current)
            return [app_commands.Choice(name=n, value=n.lower()) for n in ("Herring", "Hake")]

    async def event(self, name, fits=lambda *args: True):
        """The first event of that name that fits."""
        return await within(f"the event {name}", self.wait_for(name, check=fits))


class Members:
    """What members do goes through the control API."""

    def __init__(self, session):
        self.session = session

    async def does(self, path, /, **body):
        timeout = aiohttp.ClientTimeout(total=WAIT)
        async with self.session.post(f"{WHERE['control']}/{path}", json={"as": "alice", **body}, timeout=timeout) as answer:
            text = await answer.text()
            check(answer.status == 200, f"{path}: {answer.status} {text}")
            return json.loads(text)

    async def sees(self, message, fits):
        """Waits until alice sees a message as it should be."""
        url = f"{WHERE['control']}/channels/{CHANNEL}/messages?as=alice&limit=50"
        found = None
        for _ in range(int(WAIT / 0.025)):
            async with self.session.get(url) as answer:
                page = await answer.json()
            found = next((m for m in page if m["id"] == str(message)), None)
            if found and fits(found):
                return found
            await asyncio.sleep(0.025)
        raise AssertionError(f"alice does not see message {message} as it should be: {found}")


async def guild_arrived(bot):
    await within("READY and the guild", bot.wait_until_ready())
    equal(str(bot.user.id), WHERE["application_id"], "the bot's id")
    ok(f"{discord.__version__}: logged in as {bot.user}")
    guild = bot.get_guild(GUILD.id)
    check(guild and not guild.unavailable, "GUILD_CREATE did not arrive")
    equal(guild.name, "Harbour", "the guild's name")
    channel = guild.get_channel(CHANNEL)
    equal(channel.name, "general", "the channel's name")
    equal([c.name for c in guild.voice_channels], ["Lounge"], "the voice channels")
    check(guild.chunked, "the members were not chunked")
    alice = guild.get_member(int(WHERE["member_id"]))
    equal(alice.display_name, "alice", "the member's name")
    equal(alice.status, discord.Status.online, "alice's status")
    check(channel.permissions_for(guild.me).manage_webhooks, "the bot's permissions")
    ok(f"guild, {len(guild.channels)} channels and {len(guild.members)} members received")
    return channel


async def commands(bot, members):
    made = await bot.tree.sync(guild=GUILD)
    equal(sorted(c.name for c in made), ["Weigh this", "catch", "chart", "direct", "later"], "the commands")
    ok("guild commands registered")
    answer = await members.does("command", channel=str(CHANNEL), command="/later", options={"text": "high tide"})
    equal(answer["type"], 5, "the first answer")
    interaction, edited, again, more = await within("the command", bot.done["later"])
    equal(str(interaction.user.id), WHERE["member_id"], "who ran the command")
    check(interaction.app_permissions.send_messages, "app_permissions")
    equal(again.id, edited.id, "the original response")
    check(more.flags.ephemeral, "the follow-up is not ephemeral")
    await members.sees(edited.id, lambda m: m["content"] == "Later: high tide.")
    ok("slash command deferred, edited, followed up")
    chart = {"filename": "bay.txt", "data": base64.b64encode(b"here be dragons").decode()}
    options = [{"name": "add", "options": [{"name": "file", "value": chart}, {"name": "where", "value": str(CHANNEL)}]}]
    await members.does("command", channel=str(CHANNEL), command="/chart", options=options)
    equal(await within("the chart", bot.done["chart"]), ("bay.txt", b"here be dragons", "general"), "what came with it")
    said = await members.does("say", channel=str(CHANNEL), content="a heavy anchor")
    await members.does("command", channel=str(CHANNEL), command="Weigh this", target=said["id"])
    equal(await within("the menu", bot.done["menu"]), "a heavy anchor", "the message of the menu")
    ok("subcommand with a file and a channel; command of a message's menu")
    answer = await members.does("command", channel=str(CHANNEL), command="/direct")
    equal((answer["type"], answer["message"]["content"]), (4, "At once."), "the answer")
    message = await within("the command", bot.done["direct"])
    equal(answer["message"]["id"], str(message), "the answer's id")
    ok("slash command answered directly, with buttons")
    answer = await members.does(
        "autocomplete", channel=str(CHANNEL), command="/catch", options={"fish": "he"}, focused="fish")
    equal([c["value"] for c in answer["choices"]], ["herring", "hake"], "the choices")
    equal(await within("the autocomplete", bot.done["fish"]), "he", "what was typed")
    ok("autocomplete answered")
    opened = await members.does("press", channel=str(CHANNEL), message=str(message), custom_id="write")
    equal(opened["type"], 9, "the answer to the button")
    await members.does("modal", interaction=opened["interaction"], fields={"note": "mind the step"})
    equal(await within("the modal", bot.done["note"]), "mind the step", "the note")
    ok("modal shown and submitted")
    pressed = await members.does("press", channel=str(CHANNEL), message=str(message), custom_id="bell")
    equal(pressed["type"], 7, "the answer to the button")
    interaction = await within("the button", bot.done["bell"])
    equal(interaction.message.id, message, "the button's message")
    await members.sees(message, lambda m: m["content"] == "Ding." and not m["components"])
    ok("button pressed, message updated")


async def messages(bot, members, channel):
    said = asyncio.create_task(bot.event("message", lambda m: m.content == "Is anybody here?"))
    await members.does("say", channel=str(CHANNEL), content="Is anybody here?")
    question = await said
    equal((question.author.name, str(question.author.id)), ("alice", WHERE["member_id"]), "the author")
    ok("a member's message received with content")
    reply = await question.reply("I am.", allowed_mentions=discord.AllowedMentions.none(), mention_author=False)
    equal(reply.reference.message_id, question.id, "the reference")
    async with channel.typing():
        sent = await channel.send("First.", embed=discord.Embed(title="Log", description="All quiet.", color=0x3CC4AE))
    equal(sent.embeds[0].title, "Log", "the embed")
    noticed = asyncio.create_task(bot.event("message_edit", lambda _, m: m.id == sent.id and m.content == "Second."))
    edited = await sent.edit(content="Second.")
    check(edited.edited_at, "edited_at")
    await noticed
    ok("sent, edited, replied")
    await question.add_reaction("⚓")
    reacted = asyncio.create_task(bot.event("reaction_add", lambda r, _: r.message.id == sent.id))
    await members.does("react", channel=str(CHANNEL), message=str(sent.id), emoji="🐟")
    reaction, user = await reacted
    equal((reaction.emoji, str(user.id)), ("🐟", WHERE["member_id"]), "the reaction")
    again = await channel.fetch_message(question.id)
    equal([(r.emoji, r.count, r.me) for r in again.reactions], [("⚓", 1, True)], "the reactions")
    equal([u.id async for u in again.reactions[0].users()], [bot.user.id], "who reacted")
    ok("reacted, reaction of a member seen")
    filed = await channel.send(file=discord.File(io.BytesIO(b"knots"), "knots.txt", description="Knots"))
    async with members.session.get(filed.attachments[0].url) as answer:
        equal(await answer.read(), b"knots", "the file")
    await sent.pin()
    check(sent.id in [m.id async for m in channel.pins()], "the pin is not listed")
    gone = asyncio.create_task(bot.event("message_delete", lambda m: m.id == filed.id))
    await filed.delete()
    await gone
    ok("file uploaded and read, message pinned, message deleted")
    newest = [m async for m in channel.history(limit=3)]
    equal(len(newest), 3, "the newest messages")
    older = [m.id async for m in channel.history(limit=2, before=sent)]
    check(older and all(i < sent.id for i in older), "the older messages")
    around = [m.id async for m in channel.history(limit=3, around=question)]
    check(question.id in around, "the messages around")
    ok("history fetched: newest, before, around")


async def webhook(bot, members, channel):
    hook = await channel.create_webhook(name="Lighthouse")
    said = asyncio.create_task(bot.event("message", lambda m: m.webhook_id == hook.id))
    sent = await hook.send(
        "Ships ahoy.", username="Keeper", avatar_url="https://example.com/keeper.png", wait=True,
        allowed_mentions=discord.AllowedMentions.none())
    arrived = await said
    equal((arrived.id, arrived.author.name), (sent.id, "Keeper"), "the webhook's message")
    shown = await members.sees(sent.id, lambda m: True)
    check(shown["author"].get("avatar") or shown["author"].get("avatar_url"), "the avatar got lost")
    await hook.edit_message(sent.id, content="Two ships ahoy.")
    await members.sees(sent.id, lambda m: m["content"] == "Two ships ahoy.")
    equal((await hook.fetch_message(sent.id)).content, "Two ships ahoy.", "the edited message")
    gone = asyncio.create_task(bot.event("message_delete", lambda m: m.id == sent.id))
    await hook.delete_message(sent.id)
    await gone
    equal([w.id for w in await channel.webhooks()], [hook.id], "the webhooks")
    await hook.delete()
    equal(await channel.webhooks(), [], "the webhooks")
    ok("webhook made, executed with name and avatar, its message edited and deleted")


async def thread(bot, channel):
    start = await channel.send("A thread begins here.")
    made = asyncio.create_task(bot.event("thread_create"))
    opened = await start.create_thread(name="knots and ropes", auto_archive_duration=60)
    equal((await made).id, opened.id, "the thread")
    inside = await opened.send("Bowline.")
    equal(inside.channel.id, opened.id, "where it was written")
    await opened.delete()
    ok("thread opened, written in, deleted")


async def layout(bot, members, channel):
    sent = await channel.send(view=Berths(bot.done))
    equal(sent.components[0].children[0].content, "### Berths\nTwo are free.", "the text")
    answer = await members.does("select", channel=str(CHANNEL), message=str(sent.id), custom_id="berth", values=["2"])
    equal(answer["type"], 6, "the answer to the select")
    equal(await within("the select", bot.done["berth"]), ["2"], "what was chosen")
    ok("components v2 with a select: chosen, answered")


async def privately(bot, members, channel):
    alice = channel.guild.get_member(int(WHERE["member_id"]))
    direct = await alice.create_dm()
    said = asyncio.create_task(bot.event("message", lambda m: m.channel.id == direct.id and m.author.id == alice.id))
    await direct.send("A word in private?")
    await members.does("say", channel=str(direct.id), content="Go on.")
    answer = await said
    equal((answer.content, answer.guild), ("Go on.", None), "the answer")
    ok("direct messages in both directions")


async def limited(members, channel):
    for scope in ("user", "global", "shared"):
        await members.does(
            "faults/fail-requests", method="POST", path="/channels/*/messages", count=1, status=429, scope=scope,
            retry_after_ms=300)
        sent = await within("a message in spite of a 429", channel.send(f"Slowly: {scope}."))
        equal(sent.content, f"Slowly: {scope}.", "the message")
    await members.does("faults/fail-requests", method="POST", path="/channels/*/messages", count=1, status=502)
    await within("a message in spite of a 502", channel.send("Once more."))
    ok("429s of a user, global and shared, and a 502 survived")


async def resume(bot, members):
    resumed = asyncio.create_task(bot.event("resumed"))
    after = asyncio.create_task(bot.event("message", lambda m: m.content == "after the storm"))
    dropped = await members.does("faults/drop-sockets", application=WHERE["application_id"])
    equal(dropped["sockets"], 1, "sockets to drop")
    await members.does("say", channel=str(CHANNEL), content="in the storm")
    await resumed
    await members.does("say", channel=str(CHANNEL), content="after the storm")
    await after
    count = sum(m.content == "in the storm" for m in bot.heard)
    equal(count, 1, "how often the message sent meanwhile arrived")
    ok("socket dropped: resumed, the message sent meanwhile arrived once")

    asked = asyncio.create_task(bot.event("resumed"))
    await members.does("faults/reconnect", application=WHERE["application_id"])
    await asked
    anew = asyncio.create_task(bot.event("ready"))
    await members.does("faults/invalidate-session", application=WHERE["application_id"], resumable=False)
    await anew
    last = asyncio.create_task(bot.event("message", lambda m: m.content == "all well?"))
    await members.does("say", channel=str(CHANNEL), content="all well?")
    await last
    ok("asked to reconnect: resumed; session invalidated: a new one")


async def steps(bot, members):
    channel = await guild_arrived(bot)
    await commands(bot, members)
    await messages(bot, members, channel)
    await webhook(bot, members, channel)
    await thread(bot, channel)
    await layout(bot, members, channel)
    await privately(bot, members, channel)
    await limited(members, channel)
    await resume(bot, members)
    ids = [m.id for m in bot.heard]
    equal(len(set(ids)), len(ids), "messages that arrived")


async def main():
    discord.utils.setup_logging(level=logging.WARNING)
    for noisy in ("client", "http"):  # voice libraries that are missing, rate limits that we asked for
        logging.getLogger(f"discord.{noisy}").setLevel(logging.ERROR)
    async with aiohttp.ClientSession() as session:
        bot = Bot()
        await within("the login", bot.login(WHERE["token"]))
        connection = asyncio.create_task(bot.connect())
        work = asyncio.create_task(steps(bot, Members(session)))
        await asyncio.wait({connection, work}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await connection
            raise AssertionError("the connection ended before the work did")
        await work
        await within("the logout", bot.close())
        await within("the end of the connection", connection)
        ok("logged out")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except Exception:  # whatever it was, it is the result
        traceback.print_exc()
        print("not ok discord.py", file=sys.stderr)
        sys.exit(1)
