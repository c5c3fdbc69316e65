//! Frames on the wire: plain text, one zlib or zstd stream per connection, or zlib per payload.
//! <https://docs.discord.com/developers/events/gateway#encoding-and-compression>

use axum::extract::ws::Message;
use flate2::{Compress, Compression, FlushCompress};
use zstd_safe::zstd_sys::ZSTD_EndDirective;
use zstd_safe::{CCtx, CParameter, InBuffer, OutBuffer};

/// Payload compression is only used from this size on, bytes.
const PAYLOAD_COMPRESSION_FROM: usize = 1_024;
/// A small window: the context lives as long as the connection.
const ZSTD_WINDOW_LOG: u32 = 17;

/// How a client wants its transport compressed: the query parameter `compress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Plain,
    ZlibStream,
    ZstdStream,
}

impl Transport {
    /// `None` for a value that Discord does not know.
    pub(crate) fn parse(value: Option<&str>) -> Option<Self> {
        match value {
            None | Some("") => Some(Self::Plain),
            Some("zlib-stream") => Some(Self::ZlibStream),
            Some("zstd-stream") => Some(Self::ZstdStream),
            Some(_) => None,
        }
    }
}

/// A frame could not be compressed; the connection is lost, as its stream is broken.
#[derive(Debug, thiserror::Error)]
#[error("the compressor failed: {0}")]
pub(crate) struct CompressorFailed(String);

/// Turns payloads into websocket messages. One per connection: it keeps the stream's context.
pub(crate) enum Encoder {
    Plain,
    /// Each large payload is a zlib stream of its own (`compress` in IDENTIFY).
    Payload,
    /// One deflate stream; each message ends with a sync flush (`00 00 ff ff`).
    Zlib(Box<Compress>),
    /// One zstd frame; each message ends with a flushed block.
    Zstd(CCtx<'static>),
}

impl Encoder {
    pub(crate) fn new(transport: Transport) -> Result<Self, CompressorFailed> {
        match transport {
            Transport::Plain => Ok(Self::Plain),
            Transport::ZlibStream => Ok(Self::Zlib(Box::new(Compress::new(Compression::fast(), true)))),
            Transport::ZstdStream => {
                let mut context =
                    CCtx::try_create().ok_or_else(|| CompressorFailed("out of memory".into()))?;
                for parameter in [CParameter::CompressionLevel(1), CParameter::WindowLog(ZSTD_WINDOW_LOG)] {
                    context.set_parameter(parameter).map_err(zstd_failed)?;
                }
                Ok(Self::Zstd(context))
            }
        }
    }

    /// Payload compression, if the transport is not compressed already.
    pub(crate) fn compress_payloads(&mut self) {
        if matches!(self, Self::Plain) {
            *self = Self::Payload;
        }
    }

    /// The message for a payload.
    pub(crate) fn encode(&mut self, payload: &str) -> Result<Message, CompressorFailed> {
        match self {
            Self::Payload if payload.len() >= PAYLOAD_COMPRESSION_FROM => {
                let mut once = Compress::new(Compression::fast(), true);
                deflate(&mut once, payload.as_bytes(), FlushCompress::Finish).map(binary)
            }
            Self::Plain | Self::Payload => Ok(Message::text(payload)),
            Self::Zlib(stream) => deflate(stream, payload.as_bytes(), FlushCompress::Sync).map(binary),
            Self::Zstd(context) => zstd(context, payload.as_bytes()).map(binary),
        }
    }
}

fn binary(bytes: Vec<u8>) -> Message {
    Message::binary(bytes)
}

fn deflate(stream: &mut Compress, input: &[u8], flush: FlushCompress) -> Result<Vec<u8>, CompressorFailed> {
    let mut out = Vec::with_capacity(input.len() / 2 + 128);
    let start = stream.total_in();
    loop {
        let done = usize::try_from(stream.total_in() - start).unwrap_or(input.len());
        stream
            .compress_vec(&input[done..], &mut out, flush)
            .map_err(|error| CompressorFailed(error.to_string()))?;
        let consumed = stream.total_in() - start == input.len() as u64;
        // Room left over means that nothing waits inside the compressor any more.
        if consumed && out.len() < out.capacity() {
            return Ok(out);
        }
        out.reserve(out.capacity().max(256));
    }
}

fn zstd(context: &mut CCtx<'static>, input: &[u8]) -> Result<Vec<u8>, CompressorFailed> {
    let mut out = vec![0; CCtx::out_size().min(input.len() + 512)];
    let mut written = 0;
    let mut source = InBuffer::around(input);
    loop {
        let mut target = OutBuffer::around_pos(&mut out[..], written);
        let left = context
            .compress_stream2(&mut target, &mut source, ZSTD_EndDirective::ZSTD_e_flush)
            .map_err(zstd_failed)?;
        written = target.pos();
        if left == 0 {
            out.truncate(written);
            return Ok(out);
        }
        let more = left.max(out.len());
        out.resize(out.len() + more, 0);
    }
}

fn zstd_failed(code: usize) -> CompressorFailed {
    CompressorFailed(zstd_safe::get_error_name(code).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payloads() -> Vec<String> {
        let noise: String = (0..40_000_u64).map(|i| char::from(32 + (i * i * 31 % 91) as u8)).collect();
        vec![String::from("{}"), "x".repeat(3), noise, String::from("{\"op\":11}")]
    }

    #[test]
    fn a_zlib_stream_can_be_read_message_by_message() {
        let mut encoder = Encoder::new(Transport::ZlibStream).expect("encoder");
        let mut reader = flate2::Decompress::new(true);
        for payload in payloads() {
            let Ok(Message::Binary(bytes)) = encoder.encode(&payload) else { panic!("binary") };
            assert!(bytes.ends_with(&[0, 0, 0xff, 0xff]));
            let mut text = Vec::with_capacity(payload.len() + 1_024);
            reader.decompress_vec(&bytes, &mut text, flate2::FlushDecompress::Sync).expect("inflates");
            assert_eq!(text, payload.as_bytes());
        }
    }

    #[test]
    fn a_zstd_stream_can_be_read_message_by_message() {
        let mut encoder = Encoder::new(Transport::ZstdStream).expect("encoder");
        let mut reader = zstd_safe::DCtx::create();
        for payload in payloads() {
            let Ok(Message::Binary(bytes)) = encoder.encode(&payload) else { panic!("binary") };
            let mut text = vec![0; payload.len() + 1_024];
            let (mut source, mut target) = (InBuffer::around(&bytes), OutBuffer::around(&mut text[..]));
            while source.pos() < bytes.len() {
                reader.decompress_stream(&mut target, &mut source).expect("inflates");
            }
            let length = target.pos();
            assert_eq!(&text[..length], payload.as_bytes());
        }
    }

    #[test]
    fn payload_compression_leaves_small_payloads_alone() {
        let mut encoder = Encoder::new(Transport::Plain).expect("encoder");
        encoder.compress_payloads();
        assert!(matches!(encoder.encode("{}"), Ok(Message::Text(_))));
        let large = "y".repeat(5_000);
        let Ok(Message::Binary(bytes)) = encoder.encode(&large) else { panic!("binary") };
        let mut text = Vec::with_capacity(6_000);
        let mut reader = flate2::Decompress::new(true);
        reader.decompress_vec(&bytes, &mut text, flate2::FlushDecompress::Finish).expect("inflates");
        assert_eq!(text, large.as_bytes());
    }
}
