//! A pattern of Java's SimpleDateFormat, a text and a time: read and written, through the transform that does both. What
//! is written with a pattern can be read with it, or is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_api::{
    Props, Record, RecordMut, SourceOffset, SourcePartition, SourceRecord, Transform, Value,
};
use windlass_transforms::transforms;

fuzz_target!(|data: (&str, &str, i64)| {
    let (pattern, text, millis) = data;
    if let (Some(mut read), Some(mut write)) = (to("Timestamp", pattern), to("string", pattern)) {
        let _ = convert(read.as_mut(), text.into());
        if let Some(written) = convert(write.as_mut(), Value::Date(millis)) {
            let _ = convert(read.as_mut(), written);
        }
    }
});

fn to(target: &str, pattern: &str) -> Option<Box<dyn Transform>> {
    let class = "org.apache.kafka.connect.transforms.TimestampConverter$Value";
    let found = transforms().iter().find(|t| t.class == class);
    let mut transform = (found.unwrap().new)();
    let props = [("target.type", target), ("format", pattern)];
    let props: Props = props
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
        .collect();
    transform.configure(&props).ok()?;
    Some(transform)
}

fn convert(transform: &mut dyn Transform, value: Value) -> Option<Value> {
    let mut record = SourceRecord {
        record: Record::new("t"),
        source_partition: SourcePartition::default(),
        source_offset: SourceOffset::None,
    };
    record.value = value;
    transform.apply(&mut RecordMut::Source(&mut record)).ok()?;
    Some(record.record.value)
}
