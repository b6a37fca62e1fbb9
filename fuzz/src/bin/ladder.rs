//! `hangup_fuzz::ladder` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hangup_fuzz::ladder(data));
