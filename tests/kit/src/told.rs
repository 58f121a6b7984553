//! What Kafka's Verifiable connectors tell of their records on standard output.

use std::collections::BTreeMap;

use serde_json::Value;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What happened to the record.
    pub kind: Kind,
    /// The number of the source task.
    pub task: i64,
    /// The record's number among those of its source task.
    pub seqno: i64,
}

/// What happens to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The source task made it.
    Sent,
    /// The source task was told that Kafka has it.
    Committed,
    /// The sink task got it.
    Received,
    /// The sink task's offset after it is committed next.
    Flushed,
}

/// The lines about a connector in a worker's log. A line that was cut off by a kill is passed over.
pub fn told(log: &str, connector: &str) -> Vec<Told> {
    let lines = log.lines().filter(|line| line.starts_with('{'));
    let parsed = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    parsed
        .filter(|line| line["name"] == connector)
        .filter_map(|line| {
            let is = |member: &str| line[member] == true;
            let kind = match line.get("sinkTask") {
                Some(_) if is("flushed") => Kind::Flushed,
                Some(_) => Kind::Received,
                None if is("committed") => Kind::Committed,
                None => Kind::Sent,
            };
            let (task, seqno) = (line["task"].as_i64()?, line["seqno"].as_i64()?);
            Some(Told { kind, task, seqno })
        })
        .collect()
}

/// How often each number of each task occurred.
#[derive(Clone, Debug, Default)]
pub struct Seqnos(BTreeMap<i64, BTreeMap<i64, u64>>);

impl Seqnos {
    /// Those of one kind.
    pub fn of(lines: &[Told], kind: Kind) -> Self {
        let mut all = Seqnos::default();
        for line in lines.iter().filter(|line| line.kind == kind) {
            let times = all.0.entry(line.task).or_default();
            *times.entry(line.seqno).or_default() += 1;
        }
        all
    }

    /// The largest number of each task.
    pub fn largest(&self) -> BTreeMap<i64, i64> {
        let largest = self.0.iter().filter_map(|(task, seqnos)| {
            let (last, _) = seqnos.last_key_value()?;
            Some((*task, *last))
        });
        largest.collect()
    }

    /// How many different numbers there are in all.
    pub fn len(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many are missing below the largest of their task.
    pub fn missing(&self) -> i64 {
        let largest = self.largest();
        let missing = |(task, last): (&i64, &i64)| {
            let found = self.0.get(task).map_or(0, BTreeMap::len);
            last + 1 - i64::try_from(found).unwrap_or(i64::MAX)
        };
        largest.iter().map(missing).sum()
    }

    /// How many occurred again.
    pub fn repeated(&self) -> u64 {
        let times = self.0.values().flat_map(BTreeMap::values);
        times.map(|times| times - 1).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_came_twice_is_counted() {
        let log = "\
            2026 INFO something\n\
            {\"task\":0,\"seqno\":0,\"time_ms\":1,\"name\":\"v\",\"topic\":\"t\"}\n\
            {\"task\":0,\"seqno\":2,\"time_ms\":1,\"name\":\"v\",\"topic\":\"t\"}\n\
            {\"task\":0,\"seqno\":2,\"time_ms\":1,\"name\":\"v\",\"topic\":\"t\"}\n\
            {\"committed\":true,\"task\":0,\"seqno\":0,\"time_ms\":1,\"name\":\"v\",\"topic\":\"t\"}\n\
            {\"task\":0,\"seqno\":0,\"offset\":0,\"time_ms\":1,\"name\":\"other\",\"topic\":\"t\",\"sinkTask\":0}\n\
            {\"task\":0,\"seq";
        let lines = told(log, "v");
        let sent = Seqnos::of(&lines, Kind::Sent);
        assert_eq!((sent.missing(), sent.repeated(), sent.len()), (1, 1, 2));
        assert_eq!(
            Seqnos::of(&lines, Kind::Committed).largest(),
            [(0, 0)].into()
        );
        assert_eq!(told(log, "other")[0].kind, Kind::Received);
    }
}
