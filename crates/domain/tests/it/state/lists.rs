//! Words and subjects: whole words, several languages.

use domain::state::{Topic, topics_in};

#[test]
fn subjects_are_found_in_english_and_german() {
    for (text, topic) in [
        ("I finally beat that boss fight, great game", Topic::Gaming),
        ("Hast du gestern noch gezockt?", Topic::Gaming),
        ("my laptop needs new software", Topic::Technology),
        ("Ich programmiere gerade an einer Datenbank", Topic::Technology),
        ("the season finale was a mess", Topic::Movies),
        ("Wir gehen heute ins Kino", Topic::Movies),
        ("new album, and the guitar on it!", Topic::Music),
        ("das Lied läuft auf jedem Konzert", Topic::Music),
        ("the goalkeeper had no chance", Topic::Sports),
        ("Fussball im Regen", Topic::Sports),
        ("who has a recipe for soup", Topic::Food),
        ("Ich koche heute Nudeln", Topic::Food),
        ("our flight leaves the airport at six", Topic::Travel),
        ("Endlich Urlaub!", Topic::Travel),
        ("my boss moved the deadline", Topic::Work),
        ("Meine Kollegen sind im Büro", Topic::Work),
        ("homework until midnight", Topic::School),
        ("morgen ist die Prüfung", Topic::School),
        ("the doctor said it is a fever", Topic::Health),
        ("Ich habe Kopfschmerzen und muss zum Arzt", Topic::Health),
        ("my sister is getting married", Topic::Relationships),
        ("Meine Eltern und meine Freundin kommen", Topic::Relationships),
        ("rent is so expensive", Topic::Money),
        ("Die Miete frisst mein Geld", Topic::Money),
        ("thunderstorm tonight says the forecast", Topic::Weather),
        ("Es regnet schon wieder", Topic::Weather),
        ("the kitten sleeps on my dog", Topic::Pets),
        ("unsere Katze ist weg", Topic::Pets),
        ("I am at the last chapter of the novel", Topic::Books),
        ("Welches Buch liest du, ein Roman?", Topic::Books),
        ("will you vote in the election", Topic::Politics),
        ("die Regierung nach der Wahl", Topic::Politics),
        ("the church bells", Topic::Religion),
        ("in der Kirche", Topic::Religion),
    ] {
        assert!(topics_in(text).contains(&topic), "{text}: {:?}", topics_in(text));
    }
}

#[test]
fn parts_of_words_are_no_subjects() {
    for text in [
        "the gamete divides",
        "I was bookish",
        "concatenate the strings",
        "a dogma of sorts",
        "training a carpet",
        "she appears happy",
        "das Kartell",
        "eine Tierra del Fuego Sache ohne Leerzeichen: Tierchenzeug",
        "rental",
        "vetoed",
    ] {
        let found = topics_in(text);
        let allowed = |topic: &Topic| text.contains("training") && *topic == Topic::Sports;
        assert!(found.iter().all(allowed), "{text}: {found:?}");
    }
}

#[test]
fn what_others_said_and_links_and_code_are_no_subjects() {
    for text in [
        "> my dog ate the homework",
        "https://example.org/dog/pizza",
        "<:dog:123456789012345678> <@1234>",
        "```\nlet dog = pizza;\n```",
        "",
    ] {
        assert!(topics_in(text).is_empty(), "{text}: {:?}", topics_in(text));
    }
    assert_eq!(topics_in("> my dog ate the homework\nwhat a pizza"), [Topic::Food]);
}
