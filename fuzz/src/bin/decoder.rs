//! `hangup_fuzz::decoder` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hangup_fuzz::decoder(data));
