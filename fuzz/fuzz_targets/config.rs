#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| devika_fuzz::config(bytes));
