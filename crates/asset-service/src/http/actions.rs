//! What companies did to their shares.

use api::asset::{ActionType, CorporateAction, CorporateActions, HistoryStatus};
use axum::extract::State;
use axum::response::Response;
use domain::Ticker;
use jiff::civil::Date;
use service_kit::contract::{AnyRoute, SignedIn, WithQuery};
use service_kit::{Params, Result};

use super::problems::NoSuchInstrument;
use super::range::{self, WithDays};
use super::{Cached, NO_SUCH_INSTRUMENT, Subject, answer};
use crate::AssetService;
use crate::history::Reason;
use crate::history::series::status;
use crate::source::Action;
use crate::store::own;

/// List the dividends and splits of one instrument
///
/// By ex-date. `segments` are the days for which the sources tell; where they know the closes but
/// do not tell, `status` is not `ok` and the reason is `ACTIONS_UNKNOWN`.
#[utoipa::path(
    get,
    path = "/v1/instruments/{ticker_symbol}/actions",
    tag = "history",
    operation_id = "list_actions",
    params(
        ("ticker_symbol" = String, Path, description = "A ticker symbol, in either case.",
            min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]*$", example = "AAPL"),
        WithDays,
    ),
    responses(
        (status = 200, description = "The actions, oldest first.", body = CorporateActions),
        AnyRoute, SignedIn, NoSuchInstrument, WithQuery,
    ),
    security((), ("bearer" = [])),
)]
pub(crate) async fn list_actions(
    State(service): State<AssetService>,
    subject: Subject,
    mut params: Params,
) -> Result<Response> {
    let history = &service.history;
    let (from, to) = range::days(&mut params, history.clock());
    params.finish()?;

    let ticker = match subject {
        Subject::Market(ticker) => ticker,
        Subject::Own(owner, ticker) => {
            own::load(&service.table, owner, &ticker).await?;
            return answer(&no_actions(&ticker, from, to), Cached::NotByOthers);
        }
    };
    let known = history.read(&ticker, from, to).await;
    if known.missing == Some(Reason::UnknownSymbol) && known.years.is_empty() {
        return Err(NO_SUCH_INSTRUMENT);
    }
    let segments = known.segments(from, to, |span| span.tells_actions);
    let untold = (!known.tells_actions(from, to)).then_some(Reason::ActionsUnknown);
    let reason = known.reason(from, to).or(untold);
    let in_range = |action: &&Action| (from..=to).contains(&action.ex_date());
    let items = known.actions().filter(in_range).map(shown);
    let body = CorporateActions {
        ticker_symbol: ticker.to_string(),
        from,
        to,
        items: items.collect(),
        status: status(reason, segments.is_empty()),
        segments,
        reason: reason.map(|reason| reason.word().to_owned()),
    };
    answer(&body, Cached::Never)
}

/// A customer's own instrument pays no dividends and splits no shares.
fn no_actions(ticker: &Ticker, from: Date, to: Date) -> CorporateActions {
    CorporateActions {
        ticker_symbol: ticker.to_string(),
        from,
        to,
        items: Vec::new(),
        segments: Vec::new(),
        status: HistoryStatus::Ok,
        reason: None,
    }
}

fn shown(action: &Action) -> CorporateAction {
    let of = |kind: ActionType, ex_date: Date| CorporateAction {
        kind,
        ex_date,
        amount: None,
        currency: None,
        split_new: None,
        split_old: None,
    };
    match action {
        Action::Dividend {
            ex_date,
            amount,
            currency,
        } => CorporateAction {
            amount: Some(amount.value().into()),
            currency: Some(currency.to_string()),
            ..of(ActionType::Dividend, *ex_date)
        },
        Action::Split { ex_date, new, old } => CorporateAction {
            split_new: Some(new.value().into()),
            split_old: Some(old.value().into()),
            ..of(ActionType::Split, *ex_date)
        },
    }
}
