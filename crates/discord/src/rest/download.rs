//! Files that hang on messages: from Discord's own hosts, and never more than was asked for.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::{Response, Url};

use super::{Rest, describe, is_loopback};
use crate::error::FileError;

/// Where Discord keeps attachments, avatars, and its copies of pictures from elsewhere.
const HOSTS: [&str; 4] = [
    "cdn.discordapp.com",
    "media.discordapp.net",
    "images-ext-1.discordapp.net",
    "images-ext-2.discordapp.net",
];
/// How long a whole download may take.
const TIMEOUT: Duration = Duration::from_secs(20);

impl Rest {
    /// Fetches a file of at most `most` bytes, without the bot's token. See [`crate::Speaker::fetch_file`].
    pub(crate) async fn download(&self, address: &str, most: usize) -> Result<Bytes, FileError> {
        let url = allowed(&self.base, address)?;
        let fetched = async {
            let response = self.client.get(url).send().await.map_err(|error| failed(&error))?;
            let status = response.status().as_u16();
            match status {
                200 => read(response, most).await,
                300..400 => Err(FileError::Redirected),
                // An attachment's address is signed and good for about a day.
                403 | 404 | 410 => Err(FileError::Gone),
                _ => Err(FileError::Refused { status }),
            }
        };
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => Err(FileError::ShuttingDown),
            fetched = tokio::time::timeout(TIMEOUT, fetched) => fetched.unwrap_or(Err(FileError::TooSlow)),
        }
    }
}

/// Checks that an address leads to one of Discord's own hosts, or to where the REST API lives.
fn allowed(base: &str, address: &str) -> Result<Url, FileError> {
    let url = Url::parse(address).map_err(|_| FileError::BadAddress)?;
    let base = Url::parse(base).map_err(|_| FileError::BadAddress)?;
    let host = url.host_str().ok_or(FileError::BadAddress)?;
    let own = base.host_str() == Some(host) && base.port_or_known_default() == url.port_or_known_default();
    let discord = HOSTS.contains(&host) && url.port().is_none();
    if !own && !discord {
        return Err(FileError::Foreign { host: host.chars().take(100).collect() });
    }
    let scheme = url.scheme() == "https" || (own && url.scheme() == "http" && is_loopback(host));
    if !scheme || !url.username().is_empty() || url.password().is_some() {
        return Err(FileError::BadAddress);
    }
    Ok(url)
}

async fn read(mut response: Response, most: usize) -> Result<Bytes, FileError> {
    let announced = response.content_length();
    if announced.is_some_and(|length| length > most as u64) {
        return Err(FileError::TooLarge { most });
    }
    let room = announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let mut whole = BytesMut::with_capacity(room);
    // The announced length is only a promise.
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if whole.len() + chunk.len() > most {
            return Err(FileError::TooLarge { most });
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

fn failed(error: &reqwest::Error) -> FileError {
    if error.is_timeout() {
        return FileError::TooSlow;
    }
    FileError::Unreachable { cause: describe(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(base: &str, address: &str) -> Result<(), FileError> {
        allowed(base, address).map(drop)
    }

    #[test]
    fn only_discord_s_own_hosts_are_asked() {
        let real = crate::API_BASE;
        for good in [
            "https://cdn.discordapp.com/attachments/1/2/cat.png?ex=a&is=b&hm=c",
            "https://media.discordapp.net/attachments/1/2/cat.png",
            "https://images-ext-1.discordapp.net/external/x/https/example.org/a.png",
            "https://IMAGES-EXT-2.discordapp.net/external/x",
            "https://discord.com/assets/x.png",
        ] {
            assert_eq!(checked(real, good), Ok(()), "{good}");
        }
        for (bad, error) in [
            ("https://example.org/cat.png", "example.org"),
            ("https://cdn.discordapp.com.example.org/a", "cdn.discordapp.com.example.org"),
            ("https://cdn.discordapp.com:8443/a", "cdn.discordapp.com"),
            ("https://cdn.discordapp.com@example.org/a", "example.org"),
            ("https://169.254.169.254/latest/meta-data", "169.254.169.254"),
            ("http://127.0.0.1:9/a", "127.0.0.1"),
        ] {
            assert_eq!(checked(real, bad), Err(FileError::Foreign { host: error.into() }), "{bad}");
        }
        for bad in [
            "http://cdn.discordapp.com/a",
            "ftp://cdn.discordapp.com/a",
            "https://user:pass@cdn.discordapp.com/a",
            "cat.png",
            "file:///etc/passwd",
            "data:image/png;base64,AAAA",
        ] {
            assert_eq!(checked(real, bad), Err(FileError::BadAddress), "{bad}");
        }
    }

    #[test]
    fn the_local_discord_counts_as_discord_at_its_own_port_and_needs_no_tls_on_this_machine() {
        let local = "http://127.0.0.1:4000/api/v10";
        assert_eq!(checked(local, "http://127.0.0.1:4000/attachments/1/2/a.png"), Ok(()));
        assert!(matches!(checked(local, "http://127.0.0.1:4001/a"), Err(FileError::Foreign { .. })));
        assert!(matches!(checked(local, "http://localhost:4000/a"), Err(FileError::Foreign { .. })));
        assert_eq!(checked("http://10.0.0.5:80/api", "http://10.0.0.5/a"), Err(FileError::BadAddress));
    }
}
