//! What workers ask each other over HTTP, answered from the simulated network.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use turmoil::net::TcpListener;
use windlass_api::Props;
use windlass_engine::herder::{Herder, Signed};
use windlass_engine::peer::{AUTHORIZATION, SIGNATURE_ALGORITHM};

/// Answers for a worker until the listener fails.
pub(crate) async fn serve(listener: &TcpListener, herder: &Herder) {
    while let Ok((stream, _)) = listener.accept().await {
        let herder = herder.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, herder.clone()));
            // A connection that breaks is what the simulation is about.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    herder: Herder,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let header = |name: &str| Some(head.headers.get(name)?.to_str().ok()?.to_owned());
    let body = body.collect().await.map(|body| body.to_bytes());
    let signed = Signed {
        body: body.unwrap_or_default(),
        authorization: header(AUTHORIZATION),
        algorithm: header(SIGNATURE_ALGORITHM),
    };
    let segments: Vec<_> = head.uri.path().split('/').collect();
    let result = match segments[..] {
        ["", "connectors", name, "tasks"] => match tasks(&signed.body) {
            Some(tasks) => herder.put_task_configs(name, tasks, signed).await,
            None => {
                return Ok(response(
                    400,
                    "expected an array of configurations".to_owned(),
                ));
            }
        },
        ["", "connectors", name, "fence"] => herder.fence_zombies(name, signed).await,
        _ => return Ok(response(404, format!("nothing is at {}", head.uri))),
    };
    Ok(match result {
        Ok(()) => response(204, String::new()),
        Err(error) => response(error.http_status(), error.to_string()),
    })
}

fn tasks(body: &[u8]) -> Option<Vec<Props>> {
    let json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let task = |task: &serde_json::Value| {
        let members = task.as_object()?.iter();
        Some(
            members
                .map(|(key, value)| (key.clone(), value.as_str().map(str::to_owned)))
                .collect(),
        )
    };
    json.as_array()?.iter().map(task).collect()
}

fn response(status: u16, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}
