//! Many small values in one binary attribute: JSON, compressed with LZ4.
//!
//! Ten thousand entries as items of their own would be ten thousand writes and
//! a read of five megabytes; packed they are about one. JSON inside, so that a
//! field added later is as easy to read as in any other record.
//!
//! Invariant: bytes that cannot be read are an error, never a panic and never
//! more memory than [`MOST_UNPACKED`].

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use service_kit::{Error, Result};

/// The first byte, so that another form can be told from this one.
const JSON_LZ4: u8 = 1;
const MOST_UNPACKED: usize = 64 << 20;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Packed<T> {
    bytes: ByteBuf,
    #[serde(skip)]
    holds: PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> Packed<T> {
    pub(super) fn of(value: &T) -> Result<Self> {
        let json = serde_json::to_vec(value).map_err(Error::internal)?;
        let mut bytes = vec![JSON_LZ4];
        bytes.extend(lz4_flex::compress_prepend_size(&json));
        Ok(Self {
            bytes: bytes.into(),
            holds: PhantomData,
        })
    }

    pub(super) fn unpack(&self) -> Result<T> {
        let json = match self.bytes.split_first() {
            Some((&JSON_LZ4, packed)) => unpacked(packed)?,
            _ => return Err(Error::internal("a stored page of an unknown form")),
        };
        serde_json::from_slice(&json).map_err(Error::internal)
    }

    /// What it takes in its item.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }
}

fn unpacked(packed: &[u8]) -> Result<Vec<u8>> {
    let (size, _) = lz4_flex::block::uncompressed_size(packed).map_err(Error::internal)?;
    if size > MOST_UNPACKED {
        return Err(Error::internal("a stored page too large to be read"));
    }
    lz4_flex::decompress_size_prepended(packed).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(bytes: Vec<u8>) -> Packed<Vec<String>> {
        Packed {
            bytes: bytes.into(),
            holds: PhantomData,
        }
    }

    #[test]
    fn what_was_packed_is_read_back_and_takes_less() {
        let words = vec!["a word that comes again".to_owned(); 1000];
        let packed = Packed::of(&words).unwrap();
        assert_eq!(packed.unpack().unwrap(), words);
        assert!(packed.size() < 500, "{}", packed.size());
    }

    #[test]
    fn bytes_that_are_none_of_ours_are_an_error() {
        let whole = Packed::of(&vec!["word".to_owned(); 100]).unwrap();
        let cut_off = whole.bytes[..whole.size() - 3].to_vec();
        let claims_a_lot = [&[JSON_LZ4, 255, 255, 255, 255][..], &[0; 20]].concat();
        for bytes in [vec![], vec![9, 1, 2], cut_off, claims_a_lot, vec![JSON_LZ4]] {
            assert!(broken(bytes.clone()).unpack().is_err(), "{bytes:?}");
        }
    }
}
