//! The browser bundle and the style sheet, embedded by the build script.

/// One file below the hashed folder.
pub(crate) struct Asset {
    /// File name, without the folder.
    pub(crate) name: &'static str,
    /// `Content-Type`.
    pub(crate) content_type: &'static str,
    /// The file.
    pub(crate) bytes: &'static [u8],
    /// The file, brotli-compressed (RFC 7932).
    pub(crate) brotli: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The asset of that name.
pub(crate) fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}
