//! The key of this instance: what has to lie on the disk and names a link is sealed with it.
//!
//! It lies beside the database, in a file of its own that only the server's user can read, and is in no
//! backup: whoever gets the database, or a copy of it, gets no link. Whoever gets both files gets both.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// Name of the file in the data directory.
const FILE: &str = "instance.key";
/// Bytes of a key of AES-256.
const KEY_BYTES: usize = 32;

/// Seals and opens; cheap to share.
pub struct InstanceKey(LessSafeKey);

impl InstanceKey {
    /// The key in `data_dir`; a new one where there is none yet. An error is one sentence.
    pub fn open(data_dir: &Path) -> Result<Self, String> {
        let path = data_dir.join(FILE);
        let failed = |what: &str, error: &dyn std::fmt::Display| {
            format!("cannot {what} the instance's key `{}`: {error}", path.display())
        };
        match fs::read(&path) {
            Ok(bytes) => Self::of(&bytes).ok_or_else(|| {
                let many = bytes.len();
                failed(
                    "use",
                    &format!(
                        "it has {many} bytes and must have {KEY_BYTES}; delete it to get a new one"
                    ),
                )
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let bytes = random::<KEY_BYTES>()
                    .ok_or_else(|| failed("make", &"the system gives no random bytes"))?;
                let mut options = OpenOptions::new();
                let file = options.write(true).create_new(true).mode(0o600).open(&path);
                let written = file.and_then(|mut file| {
                    file.write_all(&bytes)?;
                    file.sync_all()
                });
                written.map_err(|error| failed("write", &error))?;
                Self::of(&bytes).ok_or_else(|| failed("use", &"it is no key"))
            }
            Err(error) => Err(failed("read", &error)),
        }
    }

    /// A key that ends with the process.
    pub fn of_this_process() -> Option<Self> {
        Self::of(&random::<KEY_BYTES>()?)
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        UnboundKey::new(&AES_256_GCM, bytes).ok().map(|key| Self(LessSafeKey::new(key)))
    }

    /// `plain`, sealed for `purpose`; what is sealed for one purpose does not open for another. `None`
    /// where the system gives no random bytes.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Option<Vec<u8>> {
        let nonce = random::<NONCE_LEN>()?;
        let mut sealed = plain.to_vec();
        let aad = Aad::from(purpose.as_bytes());
        let unique = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(unique, aad, &mut sealed).ok()?;
        Some(nonce.into_iter().chain(sealed).collect())
    }

    /// What was sealed for `purpose` with this key; `None` for anything else.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut rest = rest.to_vec();
        let plain = self.0.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut rest).ok()?;
        Some(plain.to_vec())
    }
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_for_the_same_purpose_alone() {
        let key = InstanceKey::of_this_process().unwrap();
        let sealed = key.seal("link 1", b"https://a.example/d/x").unwrap();
        assert!(!sealed.windows(9).any(|part| part == b"a.example"));
        assert_eq!(key.unseal("link 1", &sealed).as_deref(), Some(&b"https://a.example/d/x"[..]));
        assert_eq!(key.unseal("link 2", &sealed), None);
        assert_eq!(InstanceKey::of_this_process().unwrap().unseal("link 1", &sealed), None);
        for end in 0..sealed.len() {
            assert_eq!(key.unseal("link 1", &sealed[..end]), None);
        }
    }

    #[test]
    fn the_key_stays_and_nobody_else_can_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let sealed = InstanceKey::open(dir.path()).unwrap().seal("x", b"y").unwrap();
        assert!(InstanceKey::open(dir.path()).unwrap().unseal("x", &sealed).is_some());
        let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(dir.path().join(FILE), b"short").unwrap();
        assert!(InstanceKey::open(dir.path()).err().unwrap().contains("5 bytes"));
    }
}
