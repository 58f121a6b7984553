//! A stream of frames, arriving in two parts, each with a request's header.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use windlass_wire::frame::{FrameDecoder, RequestHead, response_body};

fuzz_target!(|data: &[u8]| {
    let decoder = FrameDecoder::new(1 << 16);
    let (first, second) = data.split_at(data.len() / 2);
    let mut buffer = BytesMut::from(first);
    for part in [second, &[]] {
        while let Ok(Some(frame)) = decoder.decode(&mut buffer) {
            if let Ok((head, _)) = RequestHead::parse(frame.clone()) {
                let _ = response_body(head.api, head.version, frame);
            }
        }
        buffer.extend_from_slice(part);
    }
});
