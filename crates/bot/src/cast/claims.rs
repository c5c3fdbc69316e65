//! Which names somebody may bring: a character answers wherever one of its names stands, so a name is also a claim on
//! what everybody else says.

use domain::{character::Character, names};

use super::Cast;

/// Letters of a name that a member may bring; ideographs and syllables count twice.
const LETTERS: usize = 3;

/// Words that stand in so many messages, in the most spoken languages of Discord, that whoever had one for a name
/// would answer everybody. Far from whole: it keeps jokers out, and a manager has the last word.
const COMMON: &str = "\
    a about after again all also always am an and any anybody anyone anything are as at away back bad be because been \
    before being best bot bots but by bye can cannot come could day did do does doing done dont down even ever every \
    everybody everyone everything few fine first for from game get give go god going gonna good got great guys had \
    haha has have having he hello help hello her here hers hey hi him his how i if im in into is it its just keep kind \
    know last later let like little lmao lol long look lot made make man many may maybe me message mine more most much \
    must my name need never new next nice no nobody nope not nothing now of off oh ok okay old on once one only or \
    other our out over own people play please question read really right said same saw say see she should so some \
    somebody someone something soon sorry still stop such sure take tell than thank thanks that the their them then \
    there these they thing things think this those thx time to today together told tomorrow tonight too try two under \
    until up us use very wait want was way we welcome well went were what when where which while who whom whose why \
    will with without word work would wow wtf yeah year yep yes yesterday yet you your yours admin mod server channel \
    discord chat \
    aber alle alles als also am auch auf aus bei bin bis bist bitte da danke dann das dass dein dem den denn der des \
    die dir doch du ein eine einen einer er es euch für gut guten gute habe haben hallo hast hat hier ich ihr ihm im \
    in ist ja jetzt kann kein keine leute mal man mehr mein mich mir mit morgen nach nein nicht noch nun nur oder ohne \
    schon sehr sein sich sie sind so tag tschüss über um und uns vom von vor war warum was weil wenn wer wie wir wird \
    wo zu zum zur \
    ahora algo alguien aquí así bien buenas buenos como cómo con cual cuando de del después día dónde donde el él ella \
    ellos en eres es esa ese eso esta está este esto gracias hay hola hoy la las le les lo los más me mi muy nada ni \
    no nos nosotros nunca para pero poco por porque puede que qué quien quién se ser si sí siempre sin sobre solo son \
    soy su también te tengo tiene todo todos tu tú un una uno usted vamos y ya yo \
    ai alors après au aussi avec avoir beaucoup bien bon bonjour bonsoir ça ce cela ces cest cette comme comment dans \
    de des donc du elle elles en encore est et être eux fait faire il ils je jour la le les leur lui ma mais merci mes \
    moi mon ne non nos notre nous on ou où oui par pas peu plus pour pourquoi quand que quel qui quoi sa salut sans se \
    ses si son sont suis sur ta tes toi ton tous tout très tu un une va vais votre vous \
    agora ainda aqui até bem boa bom com como da das dele dia do dos e ela ele eles em então era essa esse está eu foi \
    fazer gente isso isto já mais mas meu minha muito na não nada nos nós o obrigado oi olá onde os ou para pela pelo \
    por porque pra quando quem quero sabe são se sem seu sim só sua também te tem ter tudo um uma vai você vocês \
    allora anche ancora che chi ciao come con cosa così da dei del della di dove e ed era essere fa fare gli grazie ho \
    il io la le lei loro lui ma mi mio molto nel niente noi non ogni perché però più poi qualcosa quando quello questo \
    qui se sei sempre sono sta sto su suo sul tanto ti tu tutti tutto un una va vero voi \
    а без благодаря больше бы был была были было быть в вам вас все всё всем вы где да даже для до его ее её если есть \
    еще ещё же за здесь и из или им их к как кто ли мне может можно мой мы на надо нас не него нее нет ни но ну о он \
    она они от очень по пока потом потому почему привет просто с сам себя сейчас сказал со спасибо так также там тебе \
    тебя теперь то тоже только тот ты у уже хорошо хочу чего человек чем что чтобы это этого этот я \
    het een niet van jij wij ook maar naar hoe wat wie dit dat hij zijn hebben heb heeft dank hoi ja nee goed \
    nie tak jest się czy jak ale mnie ten tego już tylko cześć dzięki dobrze proszę może \
    bir bu ben sen biz siz ve ile için ama çok var yok evet hayır merhaba nasıl neden \
    我们 你们 他们 什么 怎么 这个 那个 今天 明天 谢谢 你好 为什么 可以 没有 现在 知道 大家 \
    です ます した して ない それ これ あれ から まで だけ でも さん こと もの ありがとう こんにちは \
    안녕 감사 그리고 나는 너는 우리 이거 그거 뭐야 지금 오늘 \
    من في على هذا هذه ما لا نعم كيف أنا أنت هو هي شكرا مرحبا";

/// Why somebody may not bring a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Somebody else is called that.
    Taken {
        /// What.
        name: String,
        /// Who.
        by: String,
    },
    /// It is too short, or people say it all the time.
    Common(String),
    /// It has several lines, or marks that nobody sees and that turn what stands beside them.
    Unseen(String),
}

impl Cast {
    /// The first name of a character that only somebody who looks after the server may bring. Names that whoever has
    /// the id here now goes by already were looked at when they came.
    pub(crate) fn claim(&self, character: &Character) -> Option<Claim> {
        let before: Vec<String> =
            self.by_id(&character.id).map(|now| now.names().map(key).collect()).unwrap_or_default();
        let mut new = character.names().filter(|name| !before.contains(&key(name)));
        new.find_map(|name| {
            if name.chars().any(is_unseen) {
                return Some(Claim::Unseen(name.to_owned()));
            }
            if is_common(name) {
                return Some(Claim::Common(name.to_owned()));
            }
            let others = self.characters.iter().filter(|other| other.id != character.id);
            let mut taken = others.filter(|other| {
                let ids = std::iter::once(other.id.as_str());
                other.names().chain(ids).any(|theirs| calls(name, theirs))
            });
            let by = taken.next()?.name.clone();
            Some(Claim::Taken { name: name.to_owned(), by })
        })
    }
}

/// Whether two names are the same to whoever reads them, whatever the case, punctuation and what cannot be seen.
pub(super) fn are_same(one: &str, other: &str) -> bool {
    let one = key(one);
    !one.is_empty() && one == key(other)
}

/// Whether a call for `theirs` is one for `name`, too: the same name, or one with nothing of its own beside it, such as
/// "hey Ebba".
fn calls(name: &str, theirs: &str) -> bool {
    if are_same(name, theirs) {
        return true;
    }
    let Some(found) = names::find(name, theirs) else { return false };
    let beside = [&name[..found.start], &name[found.end..]];
    beside.iter().flat_map(|text| words(text)).all(|word| weight(&word) < LETTERS || has_common(&word))
}

fn is_common(name: &str) -> bool {
    let words = words(name);
    weight(name) < LETTERS
        || !name.chars().any(char::is_alphabetic)
        || words.iter().all(|word| has_common(word))
}

fn has_common(word: &str) -> bool {
    COMMON.split_whitespace().any(|common| common == word)
}

/// Letters and digits; scripts that write syllables or words have one for two.
fn weight(name: &str) -> usize {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.map(|c| 1 + usize::from(matches!(c, '\u{1100}'..='\u{11FF}' | '\u{3040}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}'))).sum()
}

/// A name's words in small letters, without anything that is none.
fn words(name: &str) -> Vec<String> {
    let letters: String = name
        .to_lowercase()
        .chars()
        .filter(|c| !matches!(c, '\'' | '’' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}'))
        .collect();
    letters.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What has no business in a name. The joiners that some scripts need are not among it.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}')
}

fn key(name: &str) -> String {
    words(name).join(" ")
}

#[cfg(test)]
mod tests {
    use domain::card;

    use super::*;
    use crate::config::CharactersConfig;

    fn cast() -> Cast {
        Cast::load(&CharactersConfig { folder: None, enabled: Vec::new() }).unwrap()
    }

    fn named(name: &str, alias: &str) -> Character {
        let json = serde_json::json!({"spec": "chara_card_v2", "spec_version": "2.0", "data": {
            "name": name, "description": "x", "extensions": {"acore": {"aliases": [alias]}}}});
        card::parse(json.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn what_everybody_says_is_nobodys_name() {
        for common in [
            "the",
            "You",
            "LOL",
            "a",
            "hm",
            "what?",
            "oh no",
            "I'm",
            "Danke",
            "привет",
            "100",
            "!!",
            "好",
            "什么",
            "😂",
        ] {
            let claim = cast().claim(&named("Quill", common));
            assert_eq!(claim, Some(Claim::Common(common.to_owned())), "{common}");
        }
    }

    #[test]
    fn another_ones_names_are_taken_and_so_are_calls_for_it() {
        for taken in ["Ebba", "old ebba", "EBBA!", "hey Ebba", "Ebba's", "ok, ebba"] {
            let claim = cast().claim(&named("Quill", taken));
            assert!(matches!(&claim, Some(Claim::Taken { by, .. }) if by == "Ebba"), "{taken}: {claim:?}");
        }
        assert!(matches!(cast().claim(&named("Miss Reed", "Quill")), Some(Claim::Taken { .. })));
    }

    #[test]
    fn nobody_hides_in_a_name() {
        for unseen in ["E\u{200B}bba", "Quill\n**Mira**", "\u{202E}lliuQ", "Qu\u{2029}ill"] {
            let claim = cast().claim(&named("Feder", unseen));
            assert!(matches!(claim, Some(Claim::Unseen(_))), "{unseen:?}: {claim:?}");
        }
    }

    #[test]
    fn names_that_are_names_may_come() {
        for name in [
            "Quill",
            "Ebba Lund",
            "R2D2",
            "小雪",
            "Мира",
            "Zoë",
            "The Doctor",
            "Bob",
            "Ann-Lou",
            "민서",
            "द्\u{200D}विज",
        ] {
            assert_eq!(cast().claim(&named(name, "Feder")), None, "{name}");
        }
    }

    #[test]
    fn who_has_a_name_already_keeps_it() {
        let mut cast = cast();
        let bo = named("Bo", "Bobo");
        assert!(cast.claim(&bo).is_some());
        cast.put(bo.clone(), None, super::super::Origin::BuiltIn);
        assert_eq!(cast.claim(&bo), None);
        assert!(cast.claim(&named("Bo", "you")).is_some());
    }
}
