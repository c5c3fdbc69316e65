//! What a file claims to be, and what it is.

/// Kinds of files, as far as they matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Picture,
    Text,
    Pdf,
    /// With an article.
    Other(&'static str),
}

/// Endings of names of text files, in any capitals.
const TEXT_ENDINGS: &[&str] = &[
    "txt", "md", "markdown", "rst", "adoc", "org", "tex", "log", "csv", "tsv", "json", "jsonl", "toml",
    "yaml", "yml", "ini", "cfg", "conf", "env", "xml", "html", "htm", "css", "srt", "vtt", "diff", "patch",
    "rs", "py", "js", "mjs", "ts", "jsx", "tsx", "c", "h", "cpp", "hpp", "cs", "java", "kt", "go", "rb",
    "php", "lua", "sh", "bat", "ps1", "sql", "swift", "zig", "hs", "ml", "gd",
];
const PICTURE_ENDINGS: &[&str] = &["png", "jpg", "jpeg", "jfif", "gif", "webp"];
const OTHER_ENDINGS: &[(&[&str], &str)] = &[
    (&["svg"], "a drawing in SVG"),
    (&["bmp", "tif", "tiff", "heic", "heif", "avif", "ico", "psd"], "a picture in a rare format"),
    (&["mp3", "ogg", "opus", "wav", "flac", "m4a", "aac"], "a sound"),
    (&["mp4", "mov", "webm", "mkv", "avi"], "a film"),
    (&["zip", "7z", "rar", "gz", "tar", "xz", "zst", "jar"], "an archive"),
    (&["exe", "dll", "msi", "apk", "bin", "iso", "dmg"], "a program"),
    (
        &["doc", "docx", "odt", "rtf", "xls", "xlsx", "ods", "ppt", "pptx", "odp", "epub"],
        "an office document",
    ),
];

impl Kind {
    /// By name and type, which decide what is fetched at all.
    pub(crate) fn claimed(name: &str, content_type: Option<&str>) -> Self {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        let ending = ending.as_str();
        if PICTURE_ENDINGS.contains(&ending) {
            return Self::Picture;
        }
        if ending == "pdf" {
            return Self::Pdf;
        }
        if TEXT_ENDINGS.contains(&ending) {
            return Self::Text;
        }
        if let Some((_, what)) = OTHER_ENDINGS.iter().find(|(endings, _)| endings.contains(&ending)) {
            return Self::Other(what);
        }
        let essence = content_type.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        match essence.split_once('/').unwrap_or((essence, "")) {
            ("image", "svg+xml") => Self::Other("a drawing in SVG"),
            ("image", "png" | "jpeg" | "gif" | "webp") => Self::Picture,
            ("image", _) => Self::Other("a picture in a rare format"),
            ("text", _) | ("application", "json" | "xml" | "toml" | "yaml") => Self::Text,
            ("application", "pdf") => Self::Pdf,
            ("audio", _) => Self::Other("a sound"),
            ("video", _) => Self::Other("a film"),
            _ => Self::Other("a kind of file"),
        }
    }

    /// By the first bytes, which cannot lie about what will be done with the rest.
    pub(crate) fn found(bytes: &[u8]) -> Self {
        let starts = |magic: &[u8]| bytes.starts_with(magic);
        if starts(b"\x89PNG\r\n\x1A\n")
            || starts(b"\xFF\xD8\xFF")
            || starts(b"GIF87a")
            || starts(b"GIF89a")
            || (starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"))
        {
            return Self::Picture;
        }
        // Readers accept some rubbish before the mark.
        if bytes.get(..bytes.len().min(1_024)).is_some_and(|head| head.windows(5).any(|at| at == b"%PDF-")) {
            return Self::Pdf;
        }
        if starts(b"PK\x03\x04") || starts(b"\x1F\x8B") || starts(b"7z\xBC\xAF\x27\x1C") || starts(b"Rar!") {
            return Self::Other("an archive");
        }
        if starts(b"\x7FELF") || starts(b"MZ\x90") {
            return Self::Other("a program");
        }
        let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(512)).unwrap_or_default());
        let head = head.trim_start_matches(['\u{FEFF}', ' ', '\n', '\r', '\t']);
        if head.starts_with("<svg") || (head.starts_with("<?xml") && head.contains("<svg")) {
            return Self::Other("a drawing in SVG");
        }
        Self::Text
    }
}
