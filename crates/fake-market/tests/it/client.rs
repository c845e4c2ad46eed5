//! One request, one answer, as text.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use fake_market::FakeMarket;

pub(crate) const NOW: &str = "2026-03-10T15:00:00Z";

/// A Tuesday on which the American markets are open.
pub(crate) async fn market() -> FakeMarket {
    let market = FakeMarket::start().await.unwrap();
    market.set_now(Some(NOW.parse().unwrap()));
    market
}

/// For the whole of an answer.
const PATIENCE: Duration = Duration::from_millis(500);

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) async fn get(market: &FakeMarket, path: &str) -> Answer {
    try_get(market, path, "").await.unwrap()
}

pub(crate) async fn post(market: &FakeMarket, path: &str, body: &str) -> Answer {
    let body = format!(
        "content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    send(market, format!("POST {path}"), body).await.unwrap()
}

/// `header` is a whole line, or nothing.
pub(crate) async fn try_get(market: &FakeMarket, path: &str, header: &str) -> io::Result<Answer> {
    let header = if header.is_empty() {
        "\r\n".to_owned()
    } else {
        format!("{header}\r\n\r\n")
    };
    send(market, format!("GET {path}"), header).await
}

async fn send(market: &FakeMarket, what: String, rest: String) -> io::Result<Answer> {
    let address = market.url().replace("http://", "");
    let sent = tokio::task::spawn_blocking(move || -> io::Result<String> {
        let mut stream = TcpStream::connect(&address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let head = format!("{what} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
        stream.write_all(format!("{head}{rest}").as_bytes())?;
        read(&mut stream)
    });
    let text = sent.await.unwrap()?;
    let (headers, body) = text.split_once("\r\n\r\n").unwrap();
    Ok(Answer {
        status: headers.split(' ').nth(1).unwrap().parse().unwrap(),
        headers: headers.to_owned(),
        body: body.to_owned(),
    })
}

fn read(stream: &mut TcpStream) -> io::Result<String> {
    let started = Instant::now();
    let (mut text, mut buffer) = (Vec::new(), vec![0; 65_536]);
    loop {
        let length = stream.read(&mut buffer)?;
        if length == 0 {
            return String::from_utf8(text).map_err(io::Error::other);
        }
        if started.elapsed() > PATIENCE {
            return Err(io::ErrorKind::TimedOut.into());
        }
        text.extend_from_slice(&buffer[..length]);
    }
}
