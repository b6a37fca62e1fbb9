//! `hangup_fuzz::case` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hangup_fuzz::case(data));
