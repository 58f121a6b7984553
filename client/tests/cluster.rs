//! The cluster handle against a real Kafka.

mod common;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use common::kafka;
use kafka_protocol::messages::ListGroupsRequest;
use windlass_broker::{Broker, BrokerConfig};
use windlass_client::config::ClientConfig;
use windlass_client::{ClientError, Cluster, Coordinator, Env, Lane, Topics};

fn cluster() -> Cluster {
    Cluster::new(
        &ClientConfig::for_servers(&kafka()).unwrap(),
        Env::default(),
    )
}

#[tokio::test]
async fn bootstraps_and_finds_brokers_controller_and_coordinator() {
    let cluster = cluster();
    let metadata = cluster.refresh(Topics::None).await.unwrap();
    assert!(!metadata.brokers.is_empty());
    assert!(metadata.cluster_id.is_some());
    let controller = cluster.controller().await.unwrap();
    assert!(metadata.brokers.contains_key(&controller));
    let group = Coordinator::Group("net-nobody".into());
    let node = cluster.coordinator(&group).await.unwrap();
    let answer = cluster
        .send(Lane::Shared, node, &ListGroupsRequest::default())
        .await
        .unwrap();
    assert_eq!(answer.error_code, 0);
}

#[tokio::test]
async fn a_topic_that_does_not_exist_is_named() {
    let name: Arc<str> = "net-there-is-no-such-topic".into();
    let error = cluster()
        .topic(&name, false, Duration::from_millis(300))
        .await
        .unwrap_err();
    assert!(matches!(&error, ClientError::Broker { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "topic net-there-is-no-such-topic: UNKNOWN_TOPIC_OR_PARTITION"
    );
}

#[tokio::test]
async fn an_unreachable_cluster_says_what_was_tried() {
    let config = ClientConfig::for_servers("127.0.0.1:1,127.0.0.1:2").unwrap();
    let error = Cluster::new(&config, Env::default())
        .refresh(Topics::None)
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(
            "no broker reachable at 127.0.0.1:1,127.0.0.1:2: connection to 127.0.0.1:"
        ),
        "{text}"
    );
    assert!(text.contains("refused"), "{text}");
}

#[tokio::test]
async fn an_asker_that_nobody_polls_holds_nobody_up() {
    let broker = Broker::start(BrokerConfig::default()).await.unwrap();
    let config = ClientConfig::for_servers(&broker.address().to_string()).unwrap();
    let cluster = Cluster::new(&config, Env::default());
    let mut idle = Box::pin(cluster.refresh(Topics::None));
    poll_fn(|context| {
        assert!(idle.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    let other = cluster.refresh(Topics::None);
    let answer = tokio::time::timeout(Duration::from_secs(20), other).await;
    answer.expect("it waits for nobody").unwrap();
    drop(idle);
}
