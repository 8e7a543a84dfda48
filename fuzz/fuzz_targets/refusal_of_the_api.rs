#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gcapi_fuzz::refusal_of_the_api(data));
