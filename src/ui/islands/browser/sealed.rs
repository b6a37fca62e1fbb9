//! Sealing: AES-GCM by the browser's own WebCrypto, with a key that never leaves the browser but in a
//! link's fragment, which browsers do not send.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use js_sys::{Array, Object, Reflect, Uint8Array};
use leptos::prelude::{document, window};
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{CryptoKey, SubtleCrypto};

use super::live::post;

/// Bytes of the key: AES-256.
const KEY_BYTES: usize = 32;
/// Bytes of the nonce, as GCM wants it; drawn anew for every text, and each text has its own key.
const NONCE_BYTES: usize = 12;

/// How sealing ended.
pub enum SealEnd {
    /// Saved; the browser moves on to the link.
    Saved,
    /// This browser cannot, or only over https.
    CannotEncrypt,
    /// The server did not take it: its sentence, where it said one.
    Refused(Option<String>),
}

/// Encrypts `text`, keeps it at the server until `lives` seconds from now, and moves on to its link.
/// `draft` names a text of the same diagnosis that the server then forgets.
pub fn seal(
    text: String,
    lives: u64,
    draft: Option<String>,
    ended: impl FnOnce(SealEnd) + 'static,
) {
    spawn_local(async move {
        let Some((sealed, key)) = encrypt(text.as_bytes()).await else {
            return ended(SealEnd::CannotEncrypt);
        };
        let body = json!({ "sealed": sealed, "expires_in_seconds": lives, "draft": draft });
        let answer = post("/api/v1/sealed", &body.to_string()).await;
        let word =
            |name: &str| answer.as_ref().and_then(|a| a.get(name)?.as_str().map(str::to_owned));
        let Some(token) = word("view_token") else {
            return ended(SealEnd::Refused(word("detail")));
        };
        ended(SealEnd::Saved);
        let manage = word("manage").unwrap_or_default();
        let _ = window().location().assign(&format!("/d/{token}#{key}&{manage}"));
    });
}

/// Decrypts `sealed` with the key in the address, and hands on the JSON; nothing where there is no key
/// or it does not fit. The second is the link that ends it, for the browser that has just saved it.
pub fn unseal(sealed: String, opened: impl FnOnce(Option<Value>, String) + 'static) {
    let hash = window().location().hash().unwrap_or_default();
    let hash = hash.trim_start_matches('#').to_owned();
    let (key, manage) = hash.split_once('&').map_or((hash.as_str(), ""), |(key, rest)| (key, rest));
    let (key, manage) = (key.to_owned(), manage.to_owned());
    if !manage.is_empty() {
        // Whoever copies the address must not hand on the power to delete.
        super::mark_run(&format!("#{key}"));
    }
    keep_in_other_language(&key);
    spawn_local(async move {
        let plain = decrypt(&sealed, &key).await;
        opened(plain.and_then(|plain| serde_json::from_slice(&plain).ok()), manage);
    });
}

/// Puts the key on the link to the page in the other language: the server that wrote it has never seen the key.
fn keep_in_other_language(key: &str) {
    let link = document().query_selector("header a.language").ok().flatten();
    if let Some(link) = link.filter(|_| !key.is_empty())
        && let Some(address) = link.get_attribute("href")
    {
        let _ = link.set_attribute("href", &format!("{address}#{key}"));
    }
}

/// The whole address with the key.
pub fn whole_address() -> String {
    window().location().href().unwrap_or_default()
}

fn subtle() -> Option<SubtleCrypto> {
    // Absent, against its type, where the page did not come by https or from this very machine.
    let crypto = Reflect::get(&window(), &"crypto".into()).ok()?;
    Reflect::get(&crypto, &"subtle".into()).ok()?.dyn_into().ok()
}

fn algorithm(nonce: Option<&[u8]>) -> Option<Object> {
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"AES-GCM".into()).ok()?;
    if let Some(nonce) = nonce {
        Reflect::set(&algorithm, &"iv".into(), &Uint8Array::from(nonce)).ok()?;
    }
    Some(algorithm)
}

async fn import(subtle: &SubtleCrypto, key: &[u8], usage: &str) -> Option<CryptoKey> {
    let usages = Array::of1(&JsValue::from_str(usage));
    let key: Object = Uint8Array::from(key).into();
    let importing = subtle.import_key_with_object("raw", &key, &algorithm(None)?, false, &usages);
    JsFuture::from(importing.ok()?).await.ok()?.dyn_into().ok()
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    window().crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes)
}

async fn encrypt(plain: &[u8]) -> Option<(String, String)> {
    let subtle = subtle()?;
    let (key, nonce) = (random::<KEY_BYTES>()?, random::<NONCE_BYTES>()?);
    let imported = import(&subtle, &key, "encrypt").await?;
    let with = algorithm(Some(&nonce))?;
    let working = subtle.encrypt_with_object_and_u8_array(&with, &imported, plain).ok()?;
    let cipher = Uint8Array::new(&JsFuture::from(working).await.ok()?).to_vec();
    let sealed = [nonce.as_slice(), &cipher].concat();
    Some((URL_SAFE_NO_PAD.encode(sealed), URL_SAFE_NO_PAD.encode(key)))
}

async fn decrypt(sealed: &str, key: &str) -> Option<Vec<u8>> {
    let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let key = URL_SAFE_NO_PAD.decode(key).ok().filter(|key| key.len() == KEY_BYTES)?;
    let (nonce, cipher) = sealed.split_at_checked(NONCE_BYTES)?;
    let subtle = subtle()?;
    let imported = import(&subtle, &key, "decrypt").await?;
    let with = algorithm(Some(nonce))?;
    let working = subtle.decrypt_with_object_and_u8_array(&with, &imported, cipher).ok()?;
    Some(Uint8Array::new(&JsFuture::from(working).await.ok()?).to_vec())
}
