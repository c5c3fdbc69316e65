//! How people sound.

use super::{List, Marks};

const PRAISE: Marks = Marks::PRAISE;
const BLAME: Marks = Marks::BLAME;

/// Faces made of signs; found between spaces.
pub(super) const EMOTICONS: &[&str] =
    &[":)", ":-)", ":d", "=)", "<3", "^^", ";)", ":3", ":/", ":-/", ":(", ":-(", ":'("];

pub(super) const LISTS: &[List] = &[
    // English
    (PRAISE, "great, good, nice, cool, awesome, amazing, love, loved, loving, lovely, wonderful, fantastic, brilliant,
        excellent, perfect, beautiful, sweet, fun, happy, glad, yay, yeah, yes!, hooray, thanks, thank, thx, congrats,
        congratulations, best, excited, incredible, delicious, adorable, cute, proud, enjoy, enjoyed, like it, hyped,
        can't wait, cant wait, well done, not bad, no problem, so good, looking forward, impressive, epic, wholesome, passed my, made it, got the job, we won, finally won, won the, so happy, so glad, so excited, so proud, i won, happy birthday, proud of you"),
    (BLAME, "bad, terrible, ignoring me, ignore me, let down, awful, horrible, worst, sucks, ugly, broken, fail, failed, failing,
        disappointing, disappointed, useless, worse, mess, painful, unfair, ruined, nightmare"),
    (Marks::ANGER, "hate, hated, tired of, annoying, annoyed, stupid, ugh, angry, furious, mad at, frustrated, frustrating, idiot,
        idiotic, dumb, damn, pissed, fed up, argh, grr, rage, sick of, shut up, ridiculous, infuriating, hell no"),
    (Marks::SORROW, "sad, unhappy, cry, crying, cried, lonely, so alone, got fired, so sad, so tired, broke up with, dumped me, lost my job, all alone, feel alone, feeling alone, miserable, depressed, heartbroken, grief, grieving,
        hopeless, hurts, hurt, hurting, miss him, miss her, miss you, miss them, passed away, died, upset, devastated,
        worried, afraid, scared, tears, lost my, funeral, exhausted, homesick"),
    (Marks::NEGATION, "not, no, never, don't, dont, doesn't, doesnt, didn't, didnt, isn't, isnt, wasn't, wasnt, aren't,
        arent, won't, wont, can't, cant, cannot, ain't, aint, without, hardly, wouldn't, wouldnt, nobody, nothing"),
    (Marks::LAUGHTER, "lol, lmao, lmfao, rofl, haha, hahaha, hahahaha, hehe, hehehe, xd, hilarious, funny, joke, jokes, lolz"),
    (PRAISE, "lol, lmao, rofl, haha, hahaha, hahahaha, hehe, hilarious, funny"),
    (Marks::WOW, "wow, cool, nice, awesome, amazing, epic, incredible, whoa, insane, impressive, sick play"),
    (Marks::BORED, "bored, boring, bores me, nothing to do, so dull"),
    (Marks::REGRET, "sorry, unfortunately, sadly, my condolences, condolences, regret, apologies"),
    // German
    (PRAISE, "gut, super, toll, schön, klasse, prima, geil, liebe es, liebe dich, liebt, wunderbar, großartig, fantastisch, genial,
        perfekt, spitze, freue, freu, freut, glücklich, froh, danke, dankeschön, juhu, hurra, lecker, süß,
        stolz, spaß, lustig, witzig, besten, beste, herrlich, hübsch, krass gut, nicht schlecht, kein problem, mag ich,
        gefällt, glückwunsch, bestanden, geschafft, gewonnen, mega gut, so glücklich, so froh, mega cool, gratuliere"),
    (BLAME, "schlecht, schlimm, ignorierst mich, furchtbar, schrecklich, grauenhaft, mies, kaputt, hässlich, doof, blöd,
        enttäuscht, enttäuschend, nutzlos, schlimmer, schlechter, peinlich, unfair, katastrophe"),
    (Marks::ANGER, "hasse, hass, nervt, nervig, genervt, wütend, sauer, verdammt, idiotisch, scheiße, ärgert, ärgerlich,
        dumm, blödsinn, kotzt, wut, frustriert, frustrierend, unverschämt, halt die klappe, reicht mir"),
    (Marks::SORROW, "traurig, weine, weinen, geweint, heule, einsam, ganz allein, krank, mache mir sorgen, so traurig, schluss gemacht, mach mir sorgen, so allein, bin am ende, deprimiert, verzweifelt, hoffnungslos,
        unglücklich, vermisse, gestorben, trauer, trauere, tut weh, verletzt, ängstlich, besorgt, tränen,
        heimweh, beerdigung, erschöpft, überfordert"),
    (Marks::NEGATION, "nicht, nich, kein, keine, keinen, keiner, keinem, keines, nie, niemals, ohne, kaum, niemand, nichts"),
    (Marks::LAUGHTER, "hihi, höhö, lachen, lustig, witzig, witz, witze, totgelacht, lache"),
    (Marks::WOW, "boah, krass, wahnsinn, hammer, geil, heftig, der hammer"),
    (Marks::BORED, "langweilig, langeweile, langweile, gelangweilt, nichts zu tun, öde"),
    (Marks::REGRET, "leider, sorry, tut mir leid, entschuldigung, verzeihung, beileid, schade"),
    // Spanish
    (PRAISE, "genial, bueno, buena, bien, gracias, encanta, feliz, increíble, perfecto, maravilloso, divertido, guapo,
        jaja, jajaja, jajajaja, contento, contenta, qué bueno"),
    (BLAME, "malo, mala, terrible, horrible, feo, roto, peor, fatal"),
    (Marks::ANGER, "odio, enojado, enojada, enfadado, enfadada, estúpido, estúpida, molesto, harto, harta"),
    (Marks::SORROW, "triste, llorar, llorando, lloro, deprimido, deprimida, extraño a, murió, duele, agotado, agotada"),
    (Marks::NEGATION, "nunca, jamás, nada, tampoco, ningún, ninguna"),
    (Marks::LAUGHTER, "jaja, jajaja, jajajaja, chiste, gracioso"),
    (Marks::BORED, "aburrido, aburrida, me aburro"),
    (Marks::REGRET, "lo siento, desgraciadamente, lástima"),
    // French
    (PRAISE, "bien, bon, bonne, merci, adore, génial, géniale, super, parfait, heureux, heureuse, magnifique, bravo,
        cool, content, contente, trop bien, mdr, ptdr"),
    (BLAME, "mauvais, mauvaise, nul, nulle, affreux, moche, cassé, pire"),
    (Marks::ANGER, "déteste, énervé, énervée, énervant, stupide, colère, marre, saoule"),
    (Marks::SORROW, "triste, pleure, pleurer, seul, seule, déprimé, déprimée, malheureux, malheureuse, décédé, épuisé, épuisée"),
    (Marks::NEGATION, "pas, jamais, sans, aucun, aucune, rien"),
    (Marks::LAUGHTER, "mdr, ptdr, rire, drôle, blague"),
    (Marks::BORED, "ennuie, ennui"),
    (Marks::REGRET, "désolé, désolée, malheureusement, dommage"),
    // Pictures
    (PRAISE, "😂, 🤣, 😀, 😁, 😃, 😄, 😆, 😊, 😍, 🥰, 😎, 🤩, 🥳, 🎉, 👍, ❤, 💖, 💕, 💛, 💚, 💙, 💜, ✨, 🔥, 🙌, 👏, 😻, 🤗,
        :), :-), :d, =), <3, ^^, ;), :3"),
    (Marks::LAUGHTER, "😂, 🤣, 😆, 😹, 💀"),
    (BLAME, "👎, 😬, 🙄, 😒, :/, :-/, 🤮, 🤢"),
    (Marks::ANGER, "😠, 😡, 🤬, 😤, 💢"),
    (Marks::SORROW, "😢, 😭, 😞, 😔, 😥, 😿, 💔, 🥺, ☹, 🙁, :(, :-(, :'("),
    (Marks::WOW, "😮, 🤯, 😲, 😱"),
    (Marks::BORED, "🥱"),
    (Marks::WONDER, "🤔"),
];
