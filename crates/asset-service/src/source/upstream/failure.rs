//! How a call can fail, and for how long a source asks to be left alone.

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Response, StatusCode, header};

/// How a call can fail. The words are part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    Timeout,
    /// No connection came about.
    Connect,
    /// The connection broke.
    Broken,
    ServerError,
    TooManyRequests,
    Unreadable,
    /// Neither a 200 nor what the client of the source understands.
    UnexpectedStatus,
}

impl Failure {
    pub fn word(self) -> &'static str {
        match self {
            Self::Timeout => "TIMEOUT",
            Self::Connect | Self::Broken => "CONNECTION",
            Self::ServerError => "HTTP_5XX",
            Self::TooManyRequests => "TOO_MANY_REQUESTS",
            Self::Unreadable => "UNREADABLE",
            Self::UnexpectedStatus => "UNEXPECTED_STATUS",
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Timeout => "it took too long",
            Self::Connect => "it cannot be reached",
            Self::Broken => "the connection broke",
            Self::ServerError => "it had an error",
            Self::TooManyRequests => "it asks for fewer requests",
            Self::Unreadable => "its answer cannot be read",
            Self::UnexpectedStatus => "it answered something else",
        }
    }
}

/// A failure, and the pause that came with it.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) failure: Failure,
    pub(super) retry_after: Option<SignedDuration>,
}

impl Failed {
    pub(super) fn of(response: &Response, now: Timestamp) -> Option<Self> {
        let failure = match response.status() {
            StatusCode::TOO_MANY_REQUESTS => Failure::TooManyRequests,
            status if status.is_server_error() => Failure::ServerError,
            _ => return None,
        };
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok());
        Some(Self {
            failure,
            retry_after: retry_after.and_then(|text| asked_for(text, now)),
        })
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            retry_after: None,
        }
    }
}

impl From<reqwest::Error> for Failed {
    fn from(error: reqwest::Error) -> Self {
        let failure = if error.is_connect() {
            Failure::Connect
        } else if error.is_timeout() {
            Failure::Timeout
        } else {
            Failure::Broken
        };
        let why = failure.text();
        let error = &error.without_url() as &(dyn std::error::Error + 'static);
        tracing::debug!(error, why);
        failure.into()
    }
}

/// `Retry-After` is a number of seconds or a date (RFC 9110, section 10.2.3).
fn asked_for(text: &str, now: Timestamp) -> Option<SignedDuration> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return Some(SignedDuration::from_secs(seconds.into()));
    }
    let until = DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(until.duration_since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date() {
        let now = "2026-03-10T15:00:00Z".parse().unwrap();
        for (text, seconds) in [
            ("120", Some(120)),
            ("Tue, 10 Mar 2026 15:01:00 GMT", Some(60)),
            ("Tue, 10 Mar 2026 14:59:00 GMT", Some(-60)),
            ("soon", None),
            ("-5", None),
        ] {
            let asked = asked_for(text, now).map(|asked| asked.as_secs());
            assert_eq!(asked, seconds, "{text}");
        }
    }
}
