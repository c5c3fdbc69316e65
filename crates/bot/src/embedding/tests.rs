//! With a scripted server for vectors.

use testkit::{Reply, ScriptedModel};

use super::*;
use crate::config::{Sources, load};

fn from(settings: &[(&str, &str)]) -> anyhow::Result<Embedding> {
    let env = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Embedding::new(&load(&Sources { file: None, env }).unwrap(), &Lifecycle::default())
}

fn at(server: &ScriptedModel) -> Embedding {
    let base = server.base_openai();
    from(&[("ACORE_MODEL_BASE_URL", base.as_str()), ("ACORE_EMBEDDING_MODEL", "vectors")]).unwrap()
}

#[test]
fn cosines_are_those_of_directions() {
    let between = |one: &[f32], other: &[f32]| cosine(&unit(one.to_vec()), &unit(other.to_vec()));
    assert!((between(&[2.0, 0.0], &[7.0, 0.0]) - 1.0).abs() < 1e-6);
    assert!((between(&[1.0, 0.0], &[1.0, 1.0]) - 0.5_f32.sqrt()).abs() < 1e-6);
    assert!((between(&[1.0, 0.0], &[-3.0, 0.0]) + 1.0).abs() < 1e-6);
    assert!((between(&[f32::MAX, 0.0], &[f32::MAX, 0.0]) - 1.0).abs() < 1e-6);
    for nothing in [between(&[0.0, 0.0], &[0.0, 0.0]), between(&[1.0], &[1.0, 1.0])] {
        assert!(nothing.abs() < 1e-6);
    }
}

#[tokio::test]
async fn what_was_asked_once_is_known() {
    let server = ScriptedModel::start().await.unwrap();
    let embedding = at(&server);
    assert_eq!(embedding.model().as_deref(), Some("vectors"));
    assert_eq!(embedding.ready().await.as_deref(), Some("vectors"));
    let kelp = embedding.query("kelp is cut").await.unwrap();
    assert!((cosine(&kelp, &kelp) - 1.0).abs() < 1e-5, "its length is one");
    assert_eq!(embedding.query("kelp is cut").await.unwrap(), kelp);
    assert_eq!(server.embedding_requests().len(), 1);
    let both = embedding.documents_in_time(&["ships", "kelp is cut", "ships"]).await.unwrap();
    assert_eq!((both[0].clone(), both[1].clone()), (both[2].clone(), kelp.clone()));
    assert_eq!(server.embedding_requests()[1].json()["input"], serde_json::json!(["ships", "kelp is cut"]));
    // What is only to be found later is asked for each time: whoever asks keeps it.
    let later = embedding.documents(&["kelp is cut".to_owned()]).await.unwrap();
    assert_eq!(later, [kelp.to_vec()]);
    assert_eq!(embedding.documents_in_time(&[]).await, Some(Vec::new()));
    assert!(embedding.reranker().is_none());
}

#[tokio::test]
async fn who_fails_has_a_rest_and_is_asked_again() {
    let server = ScriptedModel::start().await.unwrap();
    let embedding = at(&server);
    server.script_embeddings([Reply::status(500)]);
    for _ in 0..3 {
        assert_eq!(embedding.query("kelp").await, None);
        assert_eq!(server.embedding_requests().len(), 1);
    }
    // The rest is over.
    embedding.0.as_ref().unwrap().lock().rests_until = Some(Instant::now());
    assert!(embedding.query("kelp").await.is_some());
    assert_eq!(server.embedding_requests().len(), 2);
}

#[tokio::test]
async fn nobody_waits_for_who_never_answers() {
    // Takes connections and says nothing.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", mute.local_addr().unwrap());
    let settings = [("ACORE_EMBEDDING_BASE_URL", base.as_str()), ("ACORE_EMBEDDING_MODEL", "vectors")];
    assert_eq!(from(&settings).unwrap().query("kelp").await, None);
}

#[tokio::test]
async fn a_key_goes_nowhere_but_where_it_belongs() {
    let (chat, other) = (ScriptedModel::start().await.unwrap(), ScriptedModel::start().await.unwrap());
    let (chat_base, other_base) = (chat.base_openai(), other.base_openai());
    let own = [
        ("ACORE_MODEL_BASE_URL", chat_base.as_str()),
        ("ACORE_MODEL_API_KEY", "sk-chat"),
        ("ACORE_EMBEDDING_MODEL", "vectors"),
    ];
    let elsewhere = ("ACORE_EMBEDDING_BASE_URL", other_base.as_str());
    let same = ("ACORE_EMBEDDING_BASE_URL", chat_base.as_str());
    let key = ("ACORE_EMBEDDING_API_KEY", "sk-vectors");
    for (server, settings, wanted) in [
        (&chat, &[][..], Some("sk-chat")),
        (&chat, &[same][..], Some("sk-chat")),
        (&chat, &[key][..], Some("sk-vectors")),
        (&other, &[elsewhere][..], None),
        (&other, &[elsewhere, key][..], Some("sk-vectors")),
    ] {
        let embedding = from(&[&own, settings].concat()).unwrap();
        assert!(embedding.query("kelp").await.is_some());
        assert_eq!(server.embedding_requests().last().unwrap().key(), wanted, "{settings:?}");
    }
}

#[tokio::test]
async fn settings_that_cannot_work_are_said_to() {
    for (settings, wanted) in [
        (&[("ACORE_EMBEDDING_MODEL", "vectors")][..], "ACORE_EMBEDDING_BASE_URL"),
        (&[("ACORE_EMBEDDING_PROVIDER", "ollama")][..], "ACORE_EMBEDDING_MODEL"),
    ] {
        let error = from(settings).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    let built_in = from(&[("ACORE_EMBEDDING_PROVIDER", "built-in"), ("ACORE_EMBEDDING_FOLDER", "/nowhere")]);
    if cfg!(feature = "recall") {
        // Its files are only to be fetched yet.
        assert_eq!(built_in.unwrap().model(), None);
    } else {
        let error = built_in.unwrap_err().to_string();
        assert!(error.contains("`recall`"), "{error}");
        assert_eq!(from(&[]).unwrap().ready().await, None, "nobody waits for what never comes");
    }
    for nobody in [from(&[("ACORE_EMBEDDING_PROVIDER", "none")]).unwrap(), Embedding::none()] {
        assert_eq!((nobody.model(), nobody.ready().await, nobody.query("kelp").await), (None, None, None));
        assert!(nobody.documents(&["kelp".to_owned()]).await.is_err());
    }
}

/// The built-in models' folder, if it is here: tests fetch nothing.
#[cfg(feature = "recall")]
fn built_in() -> Option<Embedding> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/models");
    let found = weights::RECALL.is_whole(&folder);
    assert!(found || std::env::var_os("CI").is_none(), "the built-in models are missing");
    if !found {
        println!("skipped: the built-in models are not here (`script/test` fetches them)");
        return None;
    }
    Some(from(&[("ACORE_EMBEDDING_FOLDER", &folder.display().to_string())]).unwrap())
}

/// What is said, lore that is meant by it, and lore that is not: the usual likeness lies between.
#[cfg(feature = "recall")]
#[tokio::test]
async fn the_usual_likeness_tells_what_belongs_together() {
    let Some(embedding) = built_in() else { return };
    let lore = LORE.map(|(text, _)| text.to_owned());
    let documents = embedding.documents(&lore).await.unwrap();
    let (mut found, mut wrong) = (0, 0);
    for (place, (_, said)) in LORE.iter().enumerate() {
        // A busy machine may take longer than an answer waits; the next one finds it.
        let said = loop {
            if let Some(vector) = embedding.query(said).await {
                break vector;
            }
        };
        for (other, document) in documents.iter().enumerate() {
            let likeness = cosine(document, &said);
            let like = likeness >= embedding.least_likeness();
            found += usize::from(like && other == place);
            wrong += usize::from(like && other != place);
        }
    }
    // Not a word in common, most of them. Of 182 pairs that do not belong together hardly one is taken for alike.
    assert!(found >= 9 && wrong <= 3, "{found} found, {wrong} wrong");
}

#[cfg(feature = "recall")]
const LORE: [(&str, &str); 14] = [
    (
        "Kelp is cut at new moon, when the water is lowest, and hung on the racks for nine days.",
        "When do your people bring in the seaweed?",
    ),
    (
        "The harbour bell rings three times when a ship is lost at sea.",
        "What was that tolling last night? Did somebody drown?",
    ),
    (
        "Captain Orsolya lost her left hand to a winch and steers with a hook of whalebone.",
        "Who is the woman with the hook who commands that vessel?",
    ),
    (
        "The Gilded Heron is an inn on the quay; its cellar connects to the smugglers' tunnels.",
        "Is there a tavern near the docks where I could sleep?",
    ),
    (
        "Magic costs memories: whoever casts a spell forgets a day of childhood.",
        "What is the price of using sorcery here?",
    ),
    (
        "The king died without an heir, and his three sisters divided the realm among them.",
        "Who rules this country now?",
    ),
    (
        "Dragons of the north do not breathe fire but frost, and sleep through the summer.",
        "Are there any giant lizards up in the cold mountains?",
    ),
    (
        "Bread is baked with salt from tears on the day of the dead.",
        "What do you eat when you mourn your ancestors?",
    ),
    ("Strangers must give up their weapons at the northern gate.", "May I carry my sword into the city?"),
    (
        "The old lighthouse keeper speaks only to gulls since his wife left.",
        "Why does the man in the tower never talk to anyone?",
    ),
    ("A green lantern in a window means that a healer lives there.", "I am hurt, where can I find a doctor?"),
    (
        "The railway to the capital runs once a week, on market day.",
        "How do I travel to the big city from here by train?",
    ),
    ("Iven is afraid of horses since one kicked him as a boy.", "Shall we ride to the farm, Iven?"),
    (
        "The library closes at dusk because lamps are forbidden near the scrolls.",
        "Can I still go and read some books this evening?",
    ),
];

/// After a change to a server's model, whose vectors are still to be made.
#[cfg(feature = "recall")]
#[tokio::test]
async fn the_built_in_model_serves_until_a_servers_model_has_made_its_vectors() {
    if built_in().is_none() {
        return;
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/models");
    let folder = folder.display().to_string();
    let server = ScriptedModel::start().await.unwrap();
    let base = server.base_openai();
    let settings = [
        ("ACORE_MODEL_BASE_URL", base.as_str()),
        ("ACORE_EMBEDDING_MODEL", "vectors"),
        ("ACORE_EMBEDDING_FOLDER", folder.as_str()),
    ];
    let embedding = from(&settings).unwrap();
    // A busy machine may take longer than an answer waits.
    let asked = |embedding: Embedding| async move {
        loop {
            if let Some((model, _)) = embedding.probe("kelp is cut").await {
                break model;
            }
        }
    };
    assert_eq!(asked(embedding.clone()).await, "vectors");
    embedding.falls_behind(true);
    assert_eq!(Some(asked(embedding.clone()).await.as_str()), embedding.previous());
    embedding.falls_behind(false);
    assert_eq!(asked(embedding).await, "vectors");
    // Nobody else's vectors are there to serve.
    let alone = at(&server);
    alone.falls_behind(true);
    assert_eq!(alone.probe("kelp is cut").await.unwrap().0, "vectors");
}
