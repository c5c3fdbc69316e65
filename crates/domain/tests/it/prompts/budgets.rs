//! No prompt has more tokens than it may, whoever counts them.

use domain::{
    MessageId, UserId,
    character::{LoreEntry, LorePosition, Lorebook},
    chat::{Picture, PictureFormat},
    prompt::{
        Attached, AttachedPicture, AttachedText, Known, Occasion, Profile, Refused, Stage, StateNote,
        assemble_knowing,
    },
    scene::Line,
    tokens::{Counter, estimate},
};
use proptest::prelude::*;

use super::{FULL, SMALL, mira};
use crate::stage::{cast, message, person, scene, spoken};

/// Counters of every temper, and how much more than the estimate they count, roughly.
fn counters() -> Vec<(Counter, u32)> {
    vec![
        (Counter::ESTIMATE, 1),
        (Counter::new("bytes", |text| text.len() as u32), 5),
        (Counter::new("double characters", |text| 2 * text.chars().count() as u32), 8),
        (Counter::new("words", |text| text.split_whitespace().count() as u32), 1),
        (Counter::new("steps of seven", |text| (text.len() as u32).div_ceil(7) * 3), 3),
        (Counter::new("half again", |text| estimate(text) * 3 / 2), 2),
        // Counts a whole higher than its parts.
        (Counter::new("growing", |text| estimate(text) + (estimate(text) / 64).pow(2) / 8), 3),
    ]
}

fn book(entries: usize, words: usize) -> Lorebook {
    let entry = |n: usize| LoreEntry {
        label: format!("entry {n}"),
        keys: vec![["wreck", "lamp", "hill"][n % 3].into()],
        content: "Lore of it. ".repeat(1 + words * (n % 5)),
        enabled: true,
        constant: n.is_multiple_of(4),
        position: match n % 5 {
            0 => LorePosition::BeforeChar,
            1 => LorePosition::AtDepth { depth: n as u32 % 4, role: domain::chat::Role::System },
            2 => LorePosition::BeforeExamples,
            3 => LorePosition::Scenario,
            _ => LorePosition::AfterChar,
        },
        ..LoreEntry::default()
    };
    Lorebook { entries: (0..entries).map(entry).collect(), ..Lorebook::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_prompt_exceeds_its_budget(
        which in 0_usize..7,
        context in 1_500_u32..5_000,
        lines in 0_usize..40,
        length in 0_usize..300,
        description in 0_usize..400,
        last in 0_usize..2_000,
        turn in 0_usize..6,
        notes in 0_usize..6,
        lore in 0_usize..20,
        files in 0_usize..3,
        sides in prop::collection::vec(20_u32..1_024, 0..4),
    ) {
        let (counter, factor) = counters().swap_remove(which);
        let mut mira = mira();
        mira.description = "Words about her. ".repeat(description);
        mira.mes_example = "<START>\n{{user}}: hi\n{{char}}: hm\n".repeat(description / 5);
        mira.small.description = "Short words. ".repeat(description / 4);
        mira.book = Some(book(lore, length / 10));
        let mut history: Vec<Line> = (0..lines)
            .map(|n| match n % 3 {
                0 => spoken("mira", &"ja ".repeat(length)),
                1 => spoken("old-tom", &"the wreck, né? ".repeat(length / 4)),
                _ => person(10 + n as u64 % 5, "bob", &"née 狐 ".repeat(length)),
            })
            .collect();
        for (number, line) in (900..).zip(&mut history) {
            line.message = Some(MessageId(number));
        }
        let mut question = message(&format!("the lamp? {}", "x ".repeat(last)));
        question.id = MessageId(900 + lines as u64 / 2);
        let topic = "the wreck ".repeat(last / 10).into();
        let direction = "Say it. ".repeat(last / 20);
        let occasion = match turn {
            0 | 1 => Occasion::Message(&question),
            2 => Occasion::Too(&question),
            3 => Occasion::Scene { topic: &topic, asked_by: Some(UserId(12)), stage: Stage::Middle },
            4 => Occasion::Remark { direction: &direction },
            _ => Occasion::GoOn { message: MessageId(900 + lines as u64) },
        };
        let long = "in a mood ".repeat(length / 5);
        let state = vec![StateNote { label: "mood", text: &long }; notes];
        let picture = |side: &u32| Picture {
            format: PictureFormat::Jpeg, width: *side, height: 300, bytes: Vec::new().into(),
        };
        let attached = Attached {
            pictures: sides
                .iter()
                .map(|side| AttachedPicture { name: "p.png".into(), picture: Some(picture(side)) })
                .collect(),
            texts: (0..files)
                .map(|n| AttachedText {
                    name: format!("{n}.txt").into(), text: "A line.\n".repeat(length * n).into(), cut_chars: 0,
                })
                .collect(),
            refused: (0..files).map(|_| Refused { name: "r.zip".into(), why: "is no text".into() }).collect(),
        };
        let known = Known { state: &state, attached: Some(&attached), ..Known::default() };
        let mut cast = cast(&[("Old Tom", &[])]);
        cast.insert(0, std::sync::Arc::new(mira.clone()));
        let scene = scene(&cast, &history);
        for shape in [FULL, SMALL] {
            let profile = Profile {
                context_tokens: context * factor, vision: true, counter: counter.clone(), ..shape
            };
            let (request, receipt, _) = assemble_knowing(&mira, &scene, occasion, &profile, 7, &known);
            prop_assert!(receipt.prompt_tokens <= receipt.budget, "{}", receipt);
            prop_assert!(receipt.budget + request.max_tokens <= profile.context_tokens);
            let texts: u32 = request.messages.iter().map(|message| counter.count(&message.content)).sum();
            let pictures: u32 =
                request.messages.iter().flat_map(|message| &message.pictures).map(Picture::tokens).sum();
            if counter.name() != "growing" {
                prop_assert!(texts + pictures <= receipt.prompt_tokens, "{} + {}: {}", texts, pictures, receipt);
            }
            prop_assert_eq!(&receipt.counted_with, counter.name());
            if occasion.message().is_some() {
                prop_assert!(request.messages.iter().any(|message| message.content.contains("the lamp?")));
            }
            // The same arguments, the same prompt.
            let again = assemble_knowing(&mira, &scene, occasion, &profile, 7, &known);
            prop_assert_eq!(again.0, request);
        }
    }
}
