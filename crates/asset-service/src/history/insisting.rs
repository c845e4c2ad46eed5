//! Sources that go on contradicting what is stored: believed alone after a day.
//!
//! What is told differs from the stored closes by a factor, or in its currency. It is the same
//! again if it differs in the same way, whatever days it is about. Nobody who can be asked may
//! contradict it, nor may a quote of these days.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::doubt::Evidence;
use super::inquiry::{Found, Inquiry};
use crate::source::{Refusal, SourceError, SourceHistory};
use crate::store::disputes::{self, Dispute};

/// How long after the first time it must be told again.
const INSISTS_FOR: SignedDuration = SignedDuration::from_hours(24);

impl Inquiry<'_> {
    /// Whether the same was told a day ago or earlier. What is told for the first time is noted.
    pub(super) async fn insists(&self, history: &SourceHistory) -> bool {
        let Some(dispute) = self.evidence.dispute_with(history, self.ask.now) else {
            return false;
        };
        match &self.evidence.disputed {
            Some(before) if is_alike(before, &dispute) => {
                self.ask.now.duration_since(before.since) >= INSISTS_FOR
            }
            _ => {
                self.note(Some(&dispute)).await;
                false
            }
        }
    }

    /// What was told against the stored closes is forgotten, now that somebody bears them out.
    pub(super) async fn borne_out(&self, history: &SourceHistory) {
        let now = self.ask.now;
        if self.evidence.disputed.is_some() && self.evidence.dispute_with(history, now).is_some() {
            self.note(None).await;
        }
    }

    /// Counts what was stored as refused, unless a quote of these days speaks for it after all.
    ///
    /// # Errors
    ///
    /// `Refused` where it does.
    pub(super) async fn overrule(&self, found: &Found, why: Refusal) -> Result<(), SourceError> {
        let chain = &self.shared.chain;
        if self.evidence.is_denied_by_quote(&found.value, self.ask.now) {
            let detail = "a history that the last quote contradicts, however often told".to_owned();
            chain.refuse(self.ticker, &found.source, why, &detail);
            return Err(SourceError::refused(why, detail));
        }
        let since = self.evidence.disputed.as_ref().map(|before| before.since);
        let since = since.unwrap_or(self.ask.now);
        let detail = format!(
            "what was stored is replaced by what {} tells; it has been told since {since}",
            found.source
        );
        for stored in self.evidence.sources() {
            chain.refuse(self.ticker, stored, why, &detail);
        }
        self.note(None).await;
        Ok(())
    }

    async fn note(&self, dispute: Option<&Dispute>) {
        let kept = disputes::keep(&self.shared.table, self.ticker, dispute).await;
        if let Err(error) = kept {
            let error = &error as &(dyn std::error::Error + 'static);
            tracing::warn!(error, ticker = %self.ticker, "a dispute could not be stored");
        }
    }
}

impl Evidence {
    /// The last day about which both the answer and what is stored say something.
    fn dispute_with(&self, history: &SourceHistory, now: Timestamp) -> Option<Dispute> {
        let (date, told, stored) = self.last_in_common(history)?;
        Some(Dispute {
            date,
            stored,
            told,
            currency: history.currency,
            since: now,
        })
    }
}

/// Whether both differ from what is stored in the same way, within ten per cent.
fn is_alike(left: &Dispute, right: &Dispute) -> bool {
    let product = |told: &Dispute, stored: &Dispute| {
        let (told, stored) = (told.told.value(), stored.stored.value());
        told.checked_mul(stored)
    };
    let is_close = |left: Decimal, right: Decimal| {
        let limit = left.min(right).checked_mul(Decimal::new(11, 1));
        limit.is_some_and(|limit| left.max(right) <= limit)
    };
    let products = product(left, right).zip(product(right, left));
    left.currency == right.currency && products.is_some_and(|(left, right)| is_close(left, right))
}
