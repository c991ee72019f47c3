#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rolecall_fuzz::state(bytes));
