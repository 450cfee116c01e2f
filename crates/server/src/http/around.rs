//! What is done before and after every request, whoever answers it. One piece with an order, where a layer for each would cost every
//! request a few dozen allocations more.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{App, account, observe::Observed, problem, rate, security};

pub(super) async fn around(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let observed = Observed::begin(&mut request);
    let answer = match rate::check(&app, &request) {
        Err(refusal) => refusal.into_response(),
        Ok(()) => {
            let device = account::signing_device(request.headers());
            let mut answer = next.run(request).await;
            account::bring_nonce(&app, device, answer.headers_mut());
            answer
        }
    };
    let mut answer = problem::tell(observed.id(), answer);
    security::put_headers(&app, answer.headers_mut());
    observed.end(&mut answer);
    answer
}
