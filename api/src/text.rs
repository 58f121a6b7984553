//! Text as a slice of the buffer it came in.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::{Deref, Range};
use std::str::Utf8Error;

use bytes::{Buf, Bytes};

/// Immutable UTF-8 text that shares the buffer it was read from.
///
/// Cloning and slicing are a reference count, never a copy. UTF-8 is checked once, when the text is made.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Bytes);

impl Text {
    /// The empty text.
    pub const EMPTY: Text = Text(Bytes::new());

    /// Text in static memory; free to clone.
    pub const fn from_static(text: &'static str) -> Self {
        Text(Bytes::from_static(text.as_bytes()))
    }

    /// Takes the bytes as text without copying them.
    ///
    /// # Errors
    /// When the bytes are not valid UTF-8.
    pub fn from_utf8(bytes: Bytes) -> Result<Self, Utf8Error> {
        std::str::from_utf8(&bytes)?;
        Ok(Text(bytes))
    }

    /// Takes the bytes as text without copying them, or gives them back when they are not valid UTF-8.
    ///
    /// # Errors
    /// The bytes, untouched.
    pub fn try_new(bytes: Bytes) -> Result<Self, Bytes> {
        match std::str::from_utf8(&bytes) {
            Ok(_) => Ok(Text(bytes)),
            Err(_) => Err(bytes),
        }
    }

    /// As [`try_new`](Self::try_new), of a part of the bytes, which must lie inside; the rest is let go.
    ///
    /// # Errors
    /// The bytes, untouched, when the part is not valid UTF-8.
    ///
    /// # Panics
    /// When the part does not lie inside.
    pub fn try_from_part(mut bytes: Bytes, part: Range<usize>) -> Result<Self, Bytes> {
        if std::str::from_utf8(&bytes[part.clone()]).is_err() {
            return Err(bytes);
        }
        bytes.truncate(part.end);
        bytes.advance(part.start);
        Ok(Text(bytes))
    }

    /// The part of `bytes` that `part` points to, sharing the buffer.
    ///
    /// # Panics
    /// When `part` does not lie inside the bytes.
    pub fn shared(bytes: &Bytes, part: &str) -> Self {
        Text(bytes.slice_ref(part.as_bytes()))
    }

    /// The text as `str`.
    pub fn as_str(&self) -> &str {
        // The constructors admit nothing but UTF-8; checking again would cost every access.
        debug_assert!(std::str::from_utf8(&self.0).is_ok());
        // SAFETY: every way to make a `Text` starts from a `str`, a `String` or checked bytes, the field is
        // private and `Bytes` is immutable, so the bytes are valid UTF-8 for as long as the value lives.
        #[allow(unsafe_code)]
        unsafe {
            std::str::from_utf8_unchecked(&self.0)
        }
    }

    /// The UTF-8 bytes, sharing the buffer.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The UTF-8 bytes, sharing the buffer.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// The part of the text that `part` points to, sharing the buffer.
    ///
    /// # Panics
    /// When `part` does not lie inside this text.
    #[must_use]
    pub fn slice_ref(&self, part: &str) -> Self {
        Text(self.0.slice_ref(part.as_bytes()))
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

// `Hash`, `Eq` and `Ord` of the bytes agree with those of `str` for equality and order; `Borrow<[u8]>` is what
// the derived `Hash` matches.
impl Borrow<[u8]> for Text {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Text(Bytes::from(text))
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.as_str().to_owned()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// The beginning of a text for a message; what is cut off is shown as `...`.
pub(crate) fn excerpt(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_EXCERPT) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}...", &text[..at])),
    }
}

const MAX_EXCERPT: usize = 100;
