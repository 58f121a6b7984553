//! Runs the embedded broker by itself until Ctrl-C: `cargo run -p windlass-broker --example broker -- 127.0.0.1:9092 DIRECTORY`
//!
//! Without a directory records are kept in memory; without an address the port is any that is free.

use windlass_broker::{Broker, BrokerConfig, Storage};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut config = BrokerConfig::default();
    if let Some(listen) = arguments.next() {
        config.listen = listen.parse()?;
    }
    if let Some(directory) = arguments.next() {
        config.storage = Storage::Directory(directory.into());
    }
    let broker = Broker::start(config).await?;
    println!("bootstrap.servers={}", broker.address());
    tokio::signal::ctrl_c().await?;
    broker.stop().await?;
    Ok(())
}
