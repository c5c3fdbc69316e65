//! Documents of every kind, whole and broken, uploaded and in a folder that changes.

use std::{fs, path::Path};

use domain::memory::{Detail, Draft, Reach};
use lopdf::{Document as Pdf, Object, Stream, dictionary};
use store::{Documents as _, Vectors as _, memory::MemoryStore};
use tempfile::TempDir;

use super::*;

const GUILD: GuildId = GuildId(123_456_789_012_345_678);

/// Long after every file was written.
const LATER: Timestamp = Timestamp(4_102_444_800_000);

struct Shop {
    store: Arc<MemoryStore>,
    folder: TempDir,
    knowledge: Knowledge,
}

impl Shop {
    fn new() -> Self {
        let (store, folder) = (Arc::new(MemoryStore::new()), tempfile::tempdir().unwrap());
        let place = Folder { path: folder.path().to_owned(), required: true };
        Self { knowledge: Knowledge::new(store.clone(), Some(place)), store, folder }
    }

    /// As after a restart.
    fn anew(self) -> Self {
        let place = Folder { path: self.folder.path().to_owned(), required: true };
        Self { knowledge: Knowledge::new(self.store.clone(), Some(place)), ..self }
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    async fn scan(&self) -> Scanned {
        self.knowledge.scan(None, LATER, &Steps::default()).await.unwrap()
    }

    async fn add(&self, name: &str, bytes: impl Into<Vec<u8>>) -> Result<Added, NotKept> {
        self.knowledge.add(upload(name, bytes), &Steps::default()).await
    }

    async fn why_not(&self, name: &str, bytes: impl Into<Vec<u8>>) -> String {
        match self.add(name, bytes).await {
            Err(NotKept::Refused(why)) => why,
            other => panic!("{name}: {other:?}"),
        }
    }

    /// Everything that is known, in the order in which it came.
    async fn known(&self) -> Vec<Draft> {
        let items = self.store.without_vector("none", 1_000_000).await.unwrap();
        items.into_iter().map(|item| item.draft).collect()
    }

    async fn texts(&self) -> Vec<String> {
        let mut texts: Vec<_> = self.known().await.into_iter().map(|draft| draft.text.into_raw()).collect();
        texts.sort();
        texts
    }

    /// Names and numbers of what is kept, by name; a number changes with every new version.
    async fn kept(&self) -> Vec<(String, u64)> {
        let all = self.store.documents_from(Origin::Folder).await.unwrap();
        let mut kept: Vec<_> = all.into_iter().map(|kept| (kept.document.name, kept.id)).collect();
        kept.sort();
        kept
    }
}

fn upload(name: &str, bytes: impl Into<Vec<u8>>) -> Upload {
    Upload {
        guild: GUILD,
        character: None,
        category: String::new(),
        name: name.to_owned(),
        bytes: bytes.into(),
        by: UserId(7),
        at: Timestamp(1),
    }
}

fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut document = Pdf::with_version("1.5");
    let tree = document.new_object_id();
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier", "Encoding" => "WinAnsiEncoding",
    });
    let resources = document.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
    let mut kids: Vec<Object> = Vec::new();
    for page in pages {
        let content = format!("BT /F1 12 Tf 50 700 Td ({page}) Tj ET");
        let content = document.add_object(Stream::new(dictionary! {}, content.into_bytes()));
        let page = dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content, "Resources" => resources };
        kids.push(document.add_object(page).into());
    }
    let count = kids.len() as i64;
    document.objects.insert(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count }.into());
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn every_kind_is_read() {
    let shop = Shop::new();
    shop.add("rules.md", "# Rules\n\n## Trading\n\nPay first.").await.unwrap();
    shop.add("Notes.TXT", "The harbour opens at six.").await.unwrap();
    shop.add("page.html", "<h1>Prices</h1><p>Two coins.</p><script>no()</script>").await.unwrap();
    shop.add("law.pdf", pdf(&["No fishing.", "No singing."])).await.unwrap();
    let utf16: Vec<u8> = "\u{FEFF}Wide words.".encode_utf16().flat_map(u16::to_le_bytes).collect();
    shop.add("wide.txt", utf16).await.unwrap();
    let known = shop.known().await;
    let told: Vec<_> = known
        .iter()
        .map(|draft| {
            let Detail::Passage { heading, .. } = &draft.detail else { panic!("no passage") };
            (draft.who.raw(), heading.as_str(), draft.text.raw())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("rules.md", "Rules › Trading", "Pay first."),
            ("Notes.TXT", "", "The harbour opens at six."),
            ("page.html", "Prices", "Two coins."),
            ("law.pdf", "", "No fishing.\n\nNo singing."),
            ("wide.txt", "", "Wide words."),
        ]
    );
    assert!(known.iter().all(|draft| draft.reach == Reach::Guild(GUILD) && draft.character.is_none()));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_a_reason() {
    let shop = Shop::new();
    let whole = pdf(&["No fishing."]);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty.txt", Vec::new(), "is empty"),
        ("blank.md", b" \n\t\n".to_vec(), "holds no text"),
        ("dots.md", b"---\n\n***\n".to_vec(), "holds no text"),
        ("nothing.html", b"<script>a()</script>".to_vec(), "holds no text"),
        ("pictures.pdf", pdf(&[""]), "pictures of pages"),
        ("cut.pdf", whole[..whole.len() / 2].to_vec(), "is damaged"),
        ("no.pdf", b"plain text".to_vec(), "is damaged"),
        ("zip.txt", b"PK\x03\x04 and more".to_vec(), "is an archive"),
        ("binary.txt", (0..=255).cycle().take(4_000).collect(), "holds no text that can be read"),
        ("deep.html", "<div>".repeat(50_000).into_bytes(), "nested too deeply"),
        ("song.mp3", b"la".to_vec(), "is none of the kinds"),
        ("none", b"la".to_vec(), "is none of the kinds"),
        ("long.html", vec![b'x'; limits::DOCUMENT_PAGE_BYTES + 1], "is larger than 8 MB"),
    ];
    for (name, bytes, part) in cases {
        let why = shop.why_not(name, bytes).await;
        assert!(why.contains(part), "{name}: {why}");
    }
    assert_eq!(shop.known().await, []);
    assert_eq!(shop.knowledge.of(Some(GUILD)).await.unwrap(), []);
}

#[tokio::test]
async fn broken_pdfs_neither_hang_nor_kill() {
    let shop = Shop::new();
    let whole = pdf(&["The lamp is lit."]);
    let mut dice = fastrand::Rng::with_seed(5);
    for round in 0..60 {
        let mut bytes = whole[..dice.usize(9..=whole.len())].to_vec();
        for _ in 0..dice.usize(0..6) {
            let at = dice.usize(5..bytes.len());
            bytes[at] = dice.u8(..);
        }
        if let Err(error) = shop.add(&format!("{round}.pdf"), bytes).await {
            assert!(matches!(error, NotKept::Refused(_)), "{error}");
        }
    }
}

#[tokio::test]
async fn an_upload_takes_the_place_of_the_one_of_its_name() {
    let shop = Shop::new();
    assert_eq!(shop.add("rules.md", "Old words.").await.unwrap().how, How::New);
    assert_eq!(shop.add("rules.md", "Old words.").await.unwrap().how, How::Unchanged);
    assert_eq!(shop.add("a/b\\rules.md", "New words.").await.unwrap().how, How::Replaced);
    assert_eq!(shop.texts().await, ["New words."]);
    // Another category is a change; what one character knows is another document.
    let filed = Upload { category: " The  LAW ".to_owned(), ..upload("rules.md", "New words.") };
    let added = shop.knowledge.add(filed, &Steps::default()).await.unwrap();
    assert_eq!((added.how, added.category.as_str()), (How::Replaced, "the law"));
    let mira = CharacterId::new("mira").unwrap();
    let hers = Upload { character: Some(mira.clone()), ..upload("rules.md", "Her words.") };
    assert_eq!(shop.knowledge.add(hers, &Steps::default()).await.unwrap().how, How::New);
    let known = shop.known().await;
    assert_eq!(known.iter().map(|draft| draft.character.clone()).collect::<Vec<_>>(), [None, Some(mira)]);
    // Nobody elsewhere can remove it.
    let [first, _] = &shop.knowledge.of(Some(GUILD)).await.unwrap()[..] else { panic!("not two") };
    assert_eq!(shop.knowledge.remove(GuildId(1), first.id).await.unwrap(), None);
    assert!(shop.knowledge.remove(GUILD, first.id).await.unwrap().is_some());
    assert_eq!(shop.knowledge.remove(GUILD, first.id).await.unwrap(), None);
    assert_eq!(shop.texts().await, ["Her words."]);
}

#[tokio::test]
async fn a_server_has_room_for_so_much() {
    let shop = Shop::new();
    let page = "word ".repeat(200) + "\n\n";
    let large = page.repeat(20 * 1024);
    for n in 0..3 {
        shop.add(&format!("{n}.txt"), large.as_bytes()).await.unwrap();
    }
    let why = shop.why_not("3.txt", large.clone()).await;
    assert!(why.contains("64 MB together"), "{why}");
    // In the place of one of them there is.
    shop.add("2.txt", large + "more").await.unwrap();
}

#[tokio::test]
async fn only_what_changed_is_read_again() {
    let shop = Shop::new();
    shop.put("rules.md", "Pay first.");
    shop.put("maps/coast.txt", "The coast is long.");
    shop.put("@mira/diary.md", "I saw the sea.");
    shop.put(&format!("{GUILD}/@nox/law.txt"), "No singing.");
    shop.put("picture.png", "none of ours");
    let scanned = shop.scan().await;
    assert_eq!((scanned.read, scanned.passages, scanned.refused.len()), (4, 4, 0), "{scanned:?}");
    let reach: Vec<_> = shop
        .known()
        .await
        .into_iter()
        .map(|draft| (draft.text.into_raw(), draft.reach, draft.character.map(String::from)))
        .collect();
    assert_eq!(
        reach,
        [
            ("No singing.".to_owned(), Reach::Guild(GUILD), Some("nox".to_owned())),
            ("I saw the sea.".to_owned(), Reach::Everyone, Some("mira".to_owned())),
            ("The coast is long.".to_owned(), Reach::Everyone, None),
            ("Pay first.".to_owned(), Reach::Everyone, None),
        ]
    );
    let before = shop.kept().await;
    assert_eq!(shop.scan().await, Scanned { unchanged: 4, ..Scanned::default() });

    shop.put("rules.md", "Pay last.");
    let scanned = shop.scan().await;
    assert_eq!((scanned.read, scanned.unchanged, scanned.removed), (1, 3, 0));
    let after = shop.kept().await;
    let changed: Vec<_> =
        before.iter().zip(&after).filter(|(a, b)| a != b).map(|(a, _)| a.0.as_str()).collect();
    assert_eq!(changed, ["rules.md"]);

    // Another name, the same words: the old one goes.
    fs::rename(shop.folder.path().join("maps/coast.txt"), shop.folder.path().join("maps/shore.txt")).unwrap();
    fs::remove_file(shop.folder.path().join("@mira/diary.md")).unwrap();
    let scanned = shop.scan().await;
    assert_eq!((scanned.read, scanned.removed), (1, 2));
    assert_eq!(shop.texts().await, ["No singing.", "Pay last.", "The coast is long."]);

    // After a restart nothing is read again.
    let (kept, shop) = (shop.kept().await, shop.anew());
    assert_eq!(shop.scan().await, Scanned { unchanged: 3, ..Scanned::default() });
    assert_eq!(shop.kept().await, kept);
}

#[tokio::test]
async fn a_file_that_is_touched_is_not_a_file_that_changed() {
    let shop = Shop::new();
    shop.put("rules.md", "Pay first.");
    shop.scan().await;
    let kept = shop.kept().await;
    let file = fs::File::open(shop.folder.path().join("rules.md")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000)).unwrap();
    assert_eq!(shop.scan().await, Scanned { unchanged: 1, ..Scanned::default() });
    assert_eq!(shop.kept().await, kept);
}

#[tokio::test]
async fn a_file_that_breaks_says_nothing_any_more_and_is_told() {
    let shop = Shop::new();
    shop.put("law.pdf", pdf(&["No singing."]));
    shop.put("empty.md", "");
    let scanned = shop.scan().await;
    assert_eq!(scanned.refused, [("empty.md".to_owned(), "is empty".to_owned())]);
    shop.put("law.pdf", "%PDF-1.5 broken");
    let scanned = shop.scan().await;
    assert_eq!(scanned.refused, [("law.pdf".to_owned(), "is damaged".to_owned())]);
    assert_eq!(shop.known().await, []);
    let listed = shop.knowledge.of(None).await.unwrap();
    let trouble: Vec<_> = listed.iter().map(|shelf| shelf.document.trouble.as_deref()).collect();
    assert_eq!(trouble, [Some("is empty"), Some("is damaged")]);
    // It is not read every minute.
    assert_eq!(shop.scan().await, Scanned { unchanged: 2, ..Scanned::default() });
    shop.put("law.pdf", pdf(&["Sing!"]));
    assert_eq!(shop.scan().await.read, 1);
    assert_eq!(shop.texts().await, ["Sing!"]);
}

#[tokio::test]
async fn a_folder_that_is_away_is_not_an_empty_one() {
    let shop = Shop::new();
    shop.put("rules.md", "Pay first.");
    shop.scan().await;
    let aside = shop.folder.path().with_extension("aside");
    fs::rename(shop.folder.path(), &aside).unwrap();
    let away = shop.knowledge.scan(None, LATER, &Steps::default()).await;
    fs::rename(&aside, shop.folder.path()).unwrap();
    assert!(matches!(away, Err(Unscanned::Folder { .. })), "{away:?}");
    assert_eq!(shop.texts().await, ["Pay first."]);
    // The one in the data folder is ours: it is gone when it is gone.
    let usual = Folder { path: shop.folder.path().join("no"), required: false };
    let knowledge = Knowledge::new(shop.store.clone(), Some(usual));
    assert!(!knowledge.has_folder());
    assert_eq!(knowledge.scan(None, LATER, &Steps::default()).await.unwrap().removed, 1);
}

#[tokio::test]
async fn a_server_reloads_what_is_its_own() {
    let shop = Shop::new();
    shop.put("rules.md", "Pay first.");
    shop.put(&format!("{GUILD}/law.txt"), "No singing.");
    let scanned = shop.knowledge.scan(Some(GUILD), LATER, &Steps::default()).await.unwrap();
    assert_eq!((scanned.read, scanned.unchanged), (1, 0));
    assert_eq!(shop.texts().await, ["No singing."]);
    shop.scan().await;
    fs::remove_file(shop.folder.path().join("rules.md")).unwrap();
    let scanned = shop.knowledge.scan(Some(GUILD), LATER, &Steps::default()).await.unwrap();
    assert_eq!(scanned, Scanned { unchanged: 1, ..Scanned::default() });
}

/// A text with many short passages.
fn long(passages: usize, word: &str) -> String {
    (0..passages).map(|n| format!("# {n}\n\n{word} {n}.\n\n")).collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn a_long_document_is_kept_in_parts_and_seen_as_one() {
    let shop = Shop::new();
    let most = limits::DOCUMENT_PASSAGES;
    shop.put("long.md", long(2 * most + 7, "old"));
    let steps = Steps::default();
    let scanned = shop.knowledge.scan(None, LATER, &steps).await.unwrap();
    assert_eq!((scanned.read, scanned.passages), (1, 2 * most as u64 + 7));
    let step = steps.borrow().clone();
    assert_eq!((step.number, step.of, step.what.as_str()), (2, 3, "long.md"), "parts are told, too");
    let [shelf] = &shop.knowledge.of(None).await.unwrap()[..] else { panic!("not one") };
    assert_eq!((shelf.document.name.as_str(), shelf.passages), ("long.md", 2 * most as u64 + 7));
    // A shorter one leaves nothing of it behind.
    shop.put("long.md", long(most + 1, "new"));
    shop.scan().await;
    let texts = shop.texts().await;
    assert!(texts.len() == most + 1 && texts.iter().all(|text| text.starts_with("new")));
    fs::remove_file(shop.folder.path().join("long.md")).unwrap();
    assert_eq!(shop.scan().await.removed, 1);
    assert_eq!((shop.known().await, shop.kept().await), (vec![], vec![]));
    let why = shop.why_not("long.md", long(most * limits::DOCUMENT_PARTS + 1, "x")).await;
    assert!(why.contains("split it"), "{why}");
}

/// The program is killed between two parts: what is there is one version, whole.
#[tokio::test]
async fn parts_of_another_version_are_cleared_away() {
    let shop = Shop::new();
    let most = limits::DOCUMENT_PASSAGES;
    shop.add("long.md", long(most + 3, "old")).await.unwrap();
    let all = shop.store.documents_from(Origin::Command).await.unwrap();
    let [first, rest] = &all[..] else { panic!("not two parts") };
    // Killed before the first part of the new version was put …
    let newer = Document {
        name: first.document.name.clone() + "\u{1F}newer\u{1F}2",
        sha256: "newer".to_owned(),
        ..rest.document.clone()
    };
    let passages = [Draft { text: "new".into(), ..shop.known().await[0].clone() }];
    shop.store.put_document(&newer, &passages).await.unwrap();
    let shop = shop.anew();
    shop.scan().await;
    let texts = shop.texts().await;
    assert!(texts.len() == most + 3 && texts.iter().all(|text| text.starts_with("old")));
    // … or right after it.
    let newest = Document { sha256: "newest".to_owned(), ..first.document.clone() };
    shop.store.put_document(&newest, &passages).await.unwrap();
    let shop = shop.anew();
    shop.scan().await;
    assert_eq!(shop.texts().await, ["new"]);
}

#[tokio::test]
async fn fifty_megabytes_of_text_are_read() {
    let shop = Shop::new();
    let line =
        "The keeper of the light counts ships, and the ships do not count her at all. ".repeat(12) + "\n\n";
    let text = line.repeat((50 << 20) / line.len() + 1);
    shop.put("logs/all.txt", &text);
    let scanned = shop.scan().await;
    assert!(scanned.read == 1 && scanned.passages > 40_000, "{scanned:?}");
    let known = shop.known().await;
    assert_eq!(known.len() as u64, scanned.passages);
    let words = known.iter().map(|draft| draft.text.raw().matches("keeper").count()).sum::<usize>();
    assert_eq!(words, text.matches("keeper").count(), "nothing is lost");
    shop.put("logs/all.txt", vec![b'x'; limits::DOCUMENT_TEXT_BYTES + 1]);
    assert_eq!(shop.scan().await.refused, [("logs/all.txt".to_owned(), "is larger than 64 MB".to_owned())]);
    assert_eq!(shop.known().await, []);
}

#[test]
fn names_and_categories_are_plain() {
    assert_eq!(name_of("C:\\docs\\My\u{202E} rules .MD"), "My rules .MD");
    assert_eq!(name_of(".md"), "document.md");
    assert_eq!(name_of(&format!("{}.txt", "ä".repeat(500))).chars().count(), 104);
    assert_eq!(category("  House\nRULES "), "house rules");
    assert_eq!(category(""), "general");
    assert!(Path::new(&name_of("../../etc/passwd.txt")).components().count() == 1);
}
